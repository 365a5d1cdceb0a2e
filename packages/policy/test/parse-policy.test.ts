import { AstraError } from '@astranet/interface'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePolicy } from '../src/file/index.js'
import { PolicyEngine } from '../src/index.js'
import { peer, service } from './support/peers.js'

/** The message for `text`, which is no policy. */
function faultOf(text: string, fileName = 'p.yaml'): string {
  try {
    parsePolicy(text, fileName)
  } catch (error) {
    expect(error).toBeInstanceOf(AstraError)
    expect(error).toMatchObject({ code: 'ASTRA_ERR_POLICY' })
    return (error as Error).message
  }
  throw new Error('it is a policy')
}

/** A policy with one rule, which has these lines. */
function rule(...lines: string[]): string {
  return ['rules:', ...lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`), ''].join('\n')
}

const start = ['name: a', 'action: dial', 'effect: allow'] as const

test.each<[string, string, string]>([
  [
    'an unknown key at the top',
    'rules: []\ndefalt: deny\n',
    '2:1: unknown key "defalt", did you mean "default"?',
  ],
  [
    'an unknown key of a rule',
    rule('name: a', 'action: dial', 'efect: allow'),
    '4:5: rules[0]: unknown key "efect", did you mean "effect"?',
  ],
  [
    'a singular for a plural',
    rule(...start, 'service: web'),
    '5:5: rules[0]: unknown key "service", did you mean "services"?',
  ],
  ['a key like no other', rule(...start, 'condition: web'), '5:5: rules[0]: unknown key "condition"'],
  [
    'a key that means something to JavaScript',
    rule('__proto__: {}', ...start),
    '2:5: rules[0]: unknown key "__proto__"',
  ],
  ['a missing key', rule('name: a', 'action: dial'), '2:5: rules[0]: the key "effect" is missing'],
  ['no rules', 'default: deny\n', '1:1: the key "rules" is missing'],
  ['an empty text', '', '1:1: a policy must be an object, got null'],
  ['comments only', '# nothing\n', '1:1: a policy must be an object, got null'],
  ['a list at the top', '- name: a\n', '1:1: a policy must be an object, got a list'],
  ['a text at the top', 'deny', '1:1: a policy must be an object, got "deny"'],
  ['rules without a value', 'rules:\n', '1:7: rules must be a list, got null'],
  ['a rule that is a text', 'rules:\n  - deny\n', '2:5: rules[0] must be an object, got "deny"'],
  [
    'an unknown effect',
    rule('name: a', 'action: dial', 'effect: alow'),
    '4:13: rules[0].effect must be one of "allow", "deny", got "alow", did you mean "allow"?',
  ],
  [
    'an unknown action',
    rule('name: a', 'action: [dial, ofer]', 'effect: allow'),
    '3:20: rules[0].action[1] must be one of "link", "dial", "offer", "forward", got "ofer", did you mean "offer"?',
  ],
  [
    'an action twice',
    rule('name: a', 'action: [dial, dial]', 'effect: allow'),
    '3:20: rules[0].action[1]: "dial" is there twice',
  ],
  [
    'an empty list',
    rule(...start, 'peers: []'),
    '5:12: rules[0].peers must not be empty: leave the key out for any',
  ],
  [
    'a number as a name',
    rule('name: 404', 'action: dial', 'effect: allow'),
    '2:11: rules[0].name must be a string, got 404: put it in quotes',
  ],
  [
    'a wrong type in a list',
    rule(...start, 'services:', '  - web', '  - { name: web }'),
    '7:9: rules[0].services[1] must be a string, got an object',
  ],
  [
    'a name with a line break',
    rule('name: "a\\nb"', 'action: dial', 'effect: allow'),
    '2:11: rules[0].name must be 1 to 64 characters without control characters, got "a\\nb"',
  ],
  [
    'a name that is there twice',
    `${rule(...start)}  - { name: b, action: link, effect: deny }\n  - { name: a, action: link, effect: deny }\n`,
    '6:13: rules[2].name: "a" is also the name of rules[0]',
  ],
  [
    'services of a link',
    rule('name: a', 'action: [dial, link]', 'effect: deny', 'services: web'),
    '5:5: rules[0]: "services" does not apply to the action "link", only to dial and offer',
  ],
  [
    'a receiver of a dial',
    rule(...start, 'to: role:admin'),
    '5:5: rules[0]: "to" does not apply to the action "dial", only to forward',
  ],
  [
    'a role without its prefix',
    `roles: { admin: [] }\n${rule(...start, 'peers: admin')}`,
    '6:12: rules[0].peers: "admin" is no pattern of peers, did you mean "role:admin"?',
  ],
  [
    'a name that is no peer',
    rule(...start, 'peers: [laptop]'),
    '5:13: rules[0].peers[0]: "laptop" is no pattern of peers: write "*", a node id, a public key in base64url, or "role:" and a name',
  ],
  [
    'a role that nobody has',
    `roles: { admin: [] }\n${rule(...start, 'peers: role:admim')}`,
    '6:12: rules[0].peers: no role of "roles" is "admim", did you mean "admin"?',
  ],
  [
    'a role without roles',
    rule(...start, 'peers: "role:*"'),
    '5:12: rules[0].peers: no role of "roles" is "*": list it in "roles", with [] if only grants give it',
  ],
  [
    'a member that is no peer',
    'roles:\n  admin: [naaaaaaaaaaaab, bob]\nrules: []\n',
    '2:27: roles.admin[1]: "bob" is neither a node id nor a public key in base64url',
  ],
  [
    'a node id beyond 64 bits',
    'roles: { a: [nzaaaaaaaaaaab] }\nrules: []\n',
    '1:14: roles.a[0]: "nzaaaaaaaaaaab" is neither a node id nor a public key in base64url',
  ],
  [
    'members that are no list',
    'roles: { admin: naaaaaaaaaaaab }\nrules: []\n',
    '1:17: roles.admin must be a list, got "naaaaaaaaaaaab"',
  ],
  [
    'a role with a strange name',
    'roles: { "a b": [] }\nrules: []\n',
    '1:10: roles: "a b" is no name of a role: write 1 to 64 letters, digits, ".", "_" and "-"',
  ],
  [
    'a service with white space',
    rule(...start, 'services: a b'),
    '5:15: rules[0].services: "a b" is no pattern of services: write name or environment/name, at most 511 characters without control characters, white space, ":" and "@"',
  ],
  [
    'a default that is none',
    'rules: []\ndefault: no\n',
    '2:10: default must be one of "allow", "deny", got "no"',
  ],
  ['a second document', 'rules: []\n---\nrules: []\n', '2:1: a policy is one document'],
  ['a key that is there twice', 'rules: []\nrules: []\n', '2:1: Map keys must be unique'],
  [
    'a broken list',
    'rules: [\n  {name: a}\n',
    '3:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['a tab', 'rules:\n\t- name: a\n', '2:1: Tabs are not allowed as indentation'],
  [
    'an alias',
    'roles: { a: &x [], b: *x }\nrules: []\n',
    '1:23: roles.b: aliases are not supported; write a pattern that begins with "*" in quotes',
  ],
  [
    'a star without quotes',
    rule(...start, 'services: [*]'),
    '5:16: Alias cannot be an empty string (write a pattern that begins with "*" in quotes)',
  ],
  [
    'a glob without quotes',
    rule(...start, 'services: *-web'),
    '5:15: rules[0].services: aliases are not supported; write a pattern that begins with "*" in quotes',
  ],
  ['a tag', 'rules: !!js/function "x"\n', '1:8: Unresolved tag: tag:yaml.org,2002:js/function'],
  ['a merge', 'rules: []\n"<<": { default: allow }\n', '2:1: unknown key "<<"'],
])('%s is an error with file, line, column and key', (_, text, message) => {
  expect(faultOf(text)).toBe(`p.yaml:${message}`)
})

test('an error in JSON has its line and column too', () => {
  const text = JSON.stringify({ rules: [{ name: 'a', action: 'dial', effekt: 'allow' }] }, undefined, 2)
  expect(faultOf(text, '/etc/astranet/policy.json')).toBe(
    '/etc/astranet/policy.json:6:7: rules[0]: unknown key "effekt", did you mean "effect"?',
  )
})

test('JSON and YAML of the same list are the same list', () => {
  const list = {
    roles: { admin: ['naaaaaaaaaaaab'], 123: [], null: [] },
    rules: [{ name: 'a', action: ['dial', 'offer'], services: ['*/web', 'é'], effect: 'allow' }],
    default: 'allow',
  }
  const yaml = `# comment
roles:
  admin:
    - naaaaaaaaaaaab
  123: []
  null: []
rules:
  - name: a
    action: [dial, offer]
    services: ['*/web', "\\u00e9"]
    effect: allow
default: allow
`
  expect(parsePolicy(yaml, 'p.yaml')).toEqual(list)
  expect(parsePolicy(JSON.stringify(list), 'p.json')).toEqual(list)
  expect(parsePolicy(`\ufeff${JSON.stringify(list, undefined, '\t')}`, 'p.json')).toEqual(list)
  expect(parsePolicy(yaml.replaceAll('\n', '\r\n'), 'p.yaml')).toEqual(list)
})

test('words that are booleans in older YAML are texts', () => {
  const list = parsePolicy(
    rule('name: on', 'action: dial', 'services: [yes, no, off]', 'effect: deny'),
    'p.yaml',
  )
  expect(list.rules[0]).toMatchObject({ name: 'on', services: ['yes', 'no', 'off'] })
})

test('an editor may note the schema', () => {
  expect(parsePolicy('{"$schema": "./policy.schema.json", "rules": []}', 'p.json').rules).toEqual([])
})

test('a role with a name of JavaScript is read as a role, and changes no prototype', () => {
  const text =
    '{"roles": {"__proto__": ["naaaaaaaaaaaab"]}, "rules": [{"name": "a", "action": "dial", "effect": "allow", "peers": "role:__proto__"}]}'
  const list = parsePolicy(text, 'p.json')
  expect(Object.getPrototypeOf(list.roles)).toBe(Object.prototype)
  expect(Object.keys(list.roles ?? {})).toEqual(['__proto__'])
  const engine = new PolicyEngine(list)
  expect(engine.mayDial(peer(1n), service('web')).allowed).toBe(true)
  expect(engine.mayDial(peer(2n), service('web')).allowed).toBe(false)
})

test.each([
  ['1 MiB and a byte', 'x'.repeat(1_048_577)],
  ['1 MiB and more of UTF-8', '€'.repeat(400_000)],
])('a text of %s is refused before it is parsed', (_, text) => {
  expect(faultOf(text)).toBe('p.yaml: a policy has at most 1,048,576 bytes')
})

test.each([
  ['[', '['.repeat(10_000)],
  ['{"a":', '{"a":'.repeat(10_000)],
  ['[]', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['- ', '- '.repeat(10_000)],
  ['? ', '? '.repeat(10_000)],
  ['{? ', '{? '.repeat(10_000)],
  ['indentation', Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
])('thousands of levels of %s are an error, not the end of the process', (_, text) => {
  expect(faultOf(text)).toMatch(/^p\.yaml:\d+:\d+: there are more than 32 levels$/)
})

test('what is too deep is found wherever it is', () => {
  const deep = `${'['.repeat(33)}${']'.repeat(33)}`
  const fits = `${'['.repeat(31)}${']'.repeat(31)}`
  for (const make of [
    (value: string) => `{"rules": [], "a": ${value}}`,
    (value: string) => `rules: []\n? ${value}\n: 1\n`,
    (value: string) => `rules: []\n---\n${value}\n`,
  ]) {
    expect(faultOf(make(deep))).toContain('there are more than 32 levels')
    expect(faultOf(make(fits))).not.toContain('there are more than 32 levels')
  }
})

test('whatever the text, it is a policy or an error with a code', () => {
  const parts = fc.constantFrom(
    'rules',
    'name',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '*',
    '&a',
    '!!str',
    '"',
    "'",
    '#',
    '|',
    '>',
    '\t',
    '---',
    '%YAML 1.1\n',
    'allow',
    '? ',
    ',',
    '\u0000',
    '\ud800',
  )
  const texts = fc.oneof(
    fc.array(parts, { maxLength: 30 }).map((each) => each.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  const property = fc.property(texts, (text) => {
    try {
      parsePolicy(text, 'p.yaml')
    } catch (error) {
      expect(error).toMatchObject({ code: 'ASTRA_ERR_POLICY' })
    }
  })
  fc.assert(property, { numRuns: 5_000 })
})

test.each([
  [5, 'p.yaml', '"text" argument must be of type string. Received type number (5)'],
  ['rules: []', undefined, '"fileName" argument must be of type string. Received undefined'],
])('a wrong argument is a TypeError', (text, fileName, message) => {
  expect(() => parsePolicy(text as never, fileName as never)).toThrow(TypeError)
  expect(() => parsePolicy(text as never, fileName as never)).toThrow(message)
})
