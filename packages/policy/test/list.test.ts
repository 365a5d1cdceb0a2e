import { expect, test } from 'vitest'
import { PolicyEngine, ServicePatterns, type PolicyRule } from '../src/index.js'
import { keyText, noDeadline, peer, service } from './support/peers.js'

const ada = peer(1n, { key: 7 })
const bob = peer(2n, { key: 8 })
const deny = 'no rule matches, default deny'

function dialRule(services: PolicyRule['services']): PolicyRule {
  return { name: 'dial', action: 'dial', services, effect: 'allow' }
}

test('the first rule that matches decides', () => {
  const block: PolicyRule = { name: 'block', action: 'dial', peers: 'naaaaaaaaaaaab', effect: 'deny' }
  const all: PolicyRule = { name: 'all', action: 'dial', effect: 'allow' }
  const web = service('web')
  expect(new PolicyEngine({ rules: [block, all] }).mayDial(ada, web)).toEqual({
    allowed: false,
    rule: 'block',
  })
  expect(new PolicyEngine({ rules: [block, all] }).mayDial(bob, web)).toEqual({ allowed: true, rule: 'all' })
  expect(new PolicyEngine({ rules: [all, block] }).mayDial(ada, web)).toEqual({ allowed: true, rule: 'all' })
})

test('a list denies what no rule matches, unless its default allows', async () => {
  expect(await new PolicyEngine({ rules: [] }).mayLink(ada, noDeadline())).toEqual({
    allowed: false,
    rule: deny,
  })
  expect(await new PolicyEngine({ rules: [], default: 'allow' }).mayLink(ada, noDeadline())).toEqual({
    allowed: true,
    rule: 'no rule matches, default allow',
  })
})

test('a list does not wait, so an aborted signal changes nothing', async () => {
  const engine = new PolicyEngine({ rules: [], default: 'allow' })
  expect((await engine.mayLink(ada, AbortSignal.abort())).allowed).toBe(true)
})

test.each<[string, string, boolean]>([
  ['web', 'web', true],
  ['web', 'staging/web', true],
  ['web', 'Web', false],
  ['web', 'web2', false],
  ['*', 'web', true],
  ['*', 'staging/web', true],
  ['/web', 'web', true],
  ['/web', 'staging/web', false],
  ['staging/web', 'staging/web', true],
  ['staging/web', 'web', false],
  ['staging/*', 'staging/web', true],
  ['staging*/web', 'staging.blue/web', true],
  ['*/web', 'web', true],
  ['we*b', 'web', true],
  ['a/b/web', 'a/b/web', true],
  ['a/b/web', 'a.b/web', false],
  ['a/b/web', 'b/web', false],
  ['a/b/web', 'a/web', false],
  ['a/b/web', 'a/b/c/web', false],
  ['a/web', 'a/b/web', false],
  ['a/*/web', 'a/b/web', true],
  ['a/*/web', 'a/b/c/web', true],
  ['a/*/web', 'a/web', false],
  ['a*/web', 'a/b/web', true],
  ['web', 'a/b/web', true],
  ['/web', 'a/b/web', false],
  ['w*e*b', 'w-e-b', true],
  ['ab*ba', 'aba', false],
  ['*a*a*', 'a', false],
  ['a*bc*cd', 'axbcd', false],
])('the pattern %s of services and %s: %s', (pattern, text, isMatch) => {
  const slash = text.lastIndexOf('/')
  const asked = service(text.slice(slash + 1), slash === -1 ? '' : text.slice(0, slash))
  expect(new PolicyEngine({ rules: [dialRule(pattern)] }).mayDial(ada, asked).allowed).toBe(isMatch)
  expect(new ServicePatterns(['other', pattern]).matches(asked)).toBe(isMatch)
})

test('a slash in the name or environment that a peer sends opens nothing', () => {
  const engine = new PolicyEngine({ rules: [dialRule(['staging/web', '/api'])] })
  for (const [name, environment] of [
    ['staging/web', ''],
    ['web', 'staging/'],
    ['web', '/staging'],
    ['/api', ''],
    ['api', '/'],
  ] as const) {
    expect(engine.mayDial(ada, service(name, environment)).allowed).toBe(false)
  }
})

test('a port without a name is no service with a name', () => {
  expect(new PolicyEngine({ rules: [dialRule('web')] }).mayDial(ada, service('')).allowed).toBe(false)
  expect(new PolicyEngine({ rules: [dialRule('*')] }).mayDial(ada, service('')).allowed).toBe(true)
  expect(new PolicyEngine({ rules: [dialRule(undefined)] }).mayDial(ada, service('')).allowed).toBe(true)
})

test.each<[string, boolean]>([
  ['*', true],
  ['naaaaaaaaaaaab', true],
  ['NAAAAAAAAAAAAB', true],
  ['naaaaaaaaaaaac', false],
  ['naaaa*', true],
  ['n*ab', true],
  ['n*b*c', false],
  [keyText(ada.publicKey), true],
  [keyText(bob.publicKey), false],
  [`key:${keyText(ada.publicKey)}`, true],
  ['key:BwcH*', true],
  ['key:bwcH*', false],
  ['role:admin', true],
  ['role:adm*', true],
  ['role:guest', true],
  ['role:ops', false],
])('the pattern %s of peers: %s', async (pattern, isMatch) => {
  const engine = new PolicyEngine({
    roles: { admin: ['naaaaaaaaaaaab'], guest: [], ops: ['naaaaaaaaaaaac'] },
    rules: [{ name: 'link', action: 'link', peers: pattern, effect: 'allow' }],
  })
  const guest = { ...ada, roles: ['guest'] }
  expect((await engine.mayLink(guest, noDeadline())).allowed).toBe(isMatch)
})

test('a forward is decided by both peers', () => {
  const engine = new PolicyEngine({
    rules: [
      { name: 'one way', action: 'forward', peers: 'naaaaaaaaaaaab', to: 'naaaaaaaaaaaac', effect: 'allow' },
    ],
  })
  expect(engine.mayForward(ada, bob)).toEqual({ allowed: true, rule: 'one way' })
  expect(engine.mayForward(bob, ada)).toEqual({ allowed: false, rule: deny })
})

test('roles of a key belong to the key, not to the id', () => {
  const engine = new PolicyEngine({ roles: { admin: [keyText(ada.publicKey)] }, rules: [] })
  expect(engine.rolesOf({ ...ada, roles: ['guest'] })).toEqual(['guest', 'admin'])
  expect(engine.rolesOf({ ...ada, publicKey: bob.publicKey })).toEqual([])
})

test('names that mean something to JavaScript are names like others', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  for (const name of names) {
    const roles = Object.fromEntries([[name, ['naaaaaaaaaaaab']]])
    const engine = new PolicyEngine({
      roles,
      rules: [
        { name, action: 'link', peers: `role:${name}`, effect: 'allow' },
        { name: `${name} 2`, action: 'dial', services: name, effect: 'allow' },
      ],
    })
    expect(await engine.mayLink(ada, noDeadline())).toEqual({ allowed: true, rule: name })
    expect(await engine.mayLink(bob, noDeadline())).toEqual({ allowed: false, rule: deny })
    expect(engine.mayDial(bob, service(name)).allowed).toBe(true)
    expect(engine.mayDial(bob, service('web')).allowed).toBe(false)
  }
})

test('a peer cannot claim a role by a name that the list does not know', () => {
  const engine = new PolicyEngine({
    roles: { admin: [] },
    rules: [{ name: 'admins', action: 'dial', peers: 'role:admin', effect: 'allow' }],
  })
  for (const role of ['Admin', 'admin ', 'admin\n', '*', 'role:admin', '', 5 as never]) {
    expect(engine.mayDial({ ...ada, roles: [role] }, service('web')).allowed).toBe(false)
  }
})

test('names that are too long to be names are refused by lists and functions, without a look at the rules', () => {
  const rule = 'a name is longer than 255 characters'
  for (const policy of [
    { rules: [], default: 'allow' } as const,
    { mayDial: () => true, mayOffer: () => true },
  ]) {
    const engine = new PolicyEngine(policy)
    for (const [name, environment] of [
      ['x'.repeat(256), ''],
      ['web', 'x'.repeat(1_000_000)],
      [5 as never, ''],
    ] as const) {
      expect(engine.mayDial(ada, service(name, environment))).toEqual({ allowed: false, rule })
      expect(engine.mayOffer(ada, service(name, environment))).toEqual({ allowed: false, rule })
    }
    expect(engine.mayDial(ada, service('x'.repeat(255))).allowed).toBe(true)
  }
})

test('what the program changes in a list afterwards has no effect', () => {
  const services = ['web']
  const rules: PolicyRule[] = [{ name: 'web', action: 'dial', services, effect: 'allow' }]
  const engine = new PolicyEngine({ rules })
  services.push('api')
  rules.unshift({ name: 'all', action: 'dial', effect: 'allow' })
  expect(engine.mayDial(ada, service('api')).allowed).toBe(false)
})

test.each<[string, unknown, ErrorConstructor, string]>([
  ['a wrong type', { rules: 'none' }, TypeError, 'policy.rules must be a list, got "none"'],
  [
    'an unknown key',
    { rules: [], deflaut: 'deny' },
    TypeError,
    'policy: unknown key "deflaut", did you mean "default"?',
  ],
  ['a hole', { rules: Array(1) }, TypeError, 'policy.rules[0] must be an object, got undefined'],
  [
    'an action',
    { rules: [{ name: 'a', action: 'dail', effect: 'deny' }] },
    TypeError,
    'policy.rules[0].action must be one of "link", "dial", "offer", "forward", got "dail", did you mean "dial"?',
  ],
  [
    'too many rules',
    { rules: Array(1_025) },
    RangeError,
    'policy.rules must have at most 1,024 items, got 1,025',
  ],
  [
    'too many patterns',
    {
      rules: Array.from({ length: 65 }, (_, index) => ({
        ...dialRule(Array(256).fill('*')),
        name: `${index}`,
      })),
    },
    RangeError,
    'policy.rules must have at most 16,384 patterns, got 16,640',
  ],
])('%s in a list from code is an error that names the argument', (_, list, type, message) => {
  expect(() => new PolicyEngine(list as never)).toThrow(type)
  expect(() => new PolicyEngine(list as never)).toThrow(message)
})

test('a text that is no pattern matches nothing where patterns come from a peer', () => {
  const patterns = new ServicePatterns([
    'a b',
    '',
    '\ud800',
    'x'.repeat(10_000),
    5 as never,
    'a//c',
    '//c',
    'a/',
  ])
  for (const name of ['a b', '', '\ud800', 'c', '/c']) expect(patterns.matches(service(name))).toBe(false)
})

test('a pattern full of stars costs no time against a long name', () => {
  const engine = new PolicyEngine({ rules: [dialRule(Array(256).fill(`${'*a'.repeat(200)}*b`))] })
  const asked = service('a'.repeat(255))
  const start = performance.now()
  for (let i = 0; i < 100; i++) expect(engine.mayDial(ada, asked).allowed).toBe(false)
  expect(performance.now() - start).toBeLessThan(5_000)
})
