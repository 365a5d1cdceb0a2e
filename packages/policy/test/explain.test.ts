import { expect, test } from 'vitest'
import { PolicyEngine } from '../src/index.js'
import { peer, service } from './support/peers.js'

const ada = peer(1n)
const engine = new PolicyEngine({
  roles: { admin: ['naaaaaaaaaaaac'], all: ['naaaaaaaaaaaab'] },
  rules: [
    { name: 'links', action: 'link', effect: 'allow' },
    { name: 'admins', action: ['dial', 'offer'], peers: 'role:admin', effect: 'allow' },
    { name: 'staging', action: 'dial', services: 'staging/*', effect: 'deny' },
    { name: 'web', action: 'dial', peers: ['role:all', 'n*'], services: ['api', 'we*'], effect: 'allow' },
    { name: 'forward', action: 'forward', to: 'role:admin', effect: 'allow' },
  ],
})
const adaText = 'peer naaaaaaaaaaaab (key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, roles "all")'

test('the rule that decided is named, and why the earlier ones did not match', async () => {
  expect(await engine.explain({ action: 'dial', peer: ada, service: service('web') })).toEqual({
    allowed: true,
    rule: 'web',
    steps: [
      { rule: 'links', isMatch: false, reason: 'it is about link, not dial' },
      { rule: 'admins', isMatch: false, reason: `${adaText} is none of its peers: "role:admin"` },
      { rule: 'staging', isMatch: false, reason: 'service "web" is none of its services: "staging/*"' },
      { rule: 'web', isMatch: true, reason: `${adaText} is "role:all", service "web" is "we*"` },
    ],
  })
})

test('a rule without patterns matches any peer and any service', async () => {
  const { steps } = await engine.explain({ action: 'link', peer: ada })
  expect(steps).toEqual([{ rule: 'links', isMatch: true, reason: `${adaText} is any peer` }])
})

test('the default decides when no rule matches', async () => {
  const explanation = await engine.explain({ action: 'forward', from: peer(2n), to: ada })
  expect(explanation).toMatchObject({ allowed: false, rule: 'no rule matches, default deny' })
  expect(explanation.steps).toHaveLength(5)
  expect(explanation.steps.at(-1)).toEqual({
    rule: 'forward',
    isMatch: false,
    reason: `the receiving ${adaText} is none of its "to": "role:admin"`,
  })
})

test('names of a peer are quoted on one line', async () => {
  const strange = service('x"\n\u001b[31m', 'a\u0000b')
  const { steps } = await engine.explain({ action: 'dial', peer: ada, service: strange })
  expect(steps.at(-2)?.reason).toBe(
    String.raw`service "x\"\n\u001b[31m" in the environment "a\u0000b" is none of its services: "api", "we*"`,
  )
})

test('long lists are cut', async () => {
  const peers = Array.from({ length: 20 }, () => 'n222*')
  const long = new PolicyEngine({ rules: [{ name: 'a', action: 'link', peers, effect: 'allow' }] })
  const { steps } = await long.explain({ action: 'link', peer: ada })
  expect(steps[0]?.reason).toMatch(/is none of its peers: ("n222\*", ){8}and 12 more$/)
})

test('functions are called, and what they threw is in the reason', async () => {
  const functions = new PolicyEngine({
    mayDial: (): boolean => {
      throw new Error('no directory')
    },
    mayOffer: () => ({ allowed: true, rule: 'on call' }),
    mayForward: () => false,
  })
  const about = { peer: ada, service: service('web') }
  expect(await functions.explain({ action: 'dial', ...about })).toMatchObject({
    allowed: false,
    steps: [{ rule: 'mayDial', isMatch: true, reason: 'mayDial threw an error: no directory' }],
  })
  expect(await functions.explain({ action: 'offer', ...about })).toMatchObject({
    allowed: true,
    steps: [{ rule: 'mayOffer', isMatch: true, reason: 'on call' }],
  })
  expect(await functions.explain({ action: 'forward', from: ada, to: ada })).toMatchObject({
    allowed: false,
    steps: [{ rule: 'mayForward', isMatch: true, reason: 'mayForward answered no' }],
  })
  expect(await functions.explain({ action: 'link', peer: ada })).toMatchObject({
    allowed: false,
    rule: 'no mayLink, default deny',
    steps: [{ rule: 'mayLink', isMatch: false, reason: 'the policy has no mayLink' }],
  })
})

test('what a function threw is safe to print, and not long', async () => {
  const functions = new PolicyEngine({
    mayForward: (): boolean => {
      throw new Error(`no such user: \u001b[2J\n\u202e${'a'.repeat(1_000)}`)
    },
  })
  const { steps } = await functions.explain({ action: 'forward', from: ada, to: ada })
  expect(steps[0]?.reason).toBe(`mayForward threw an error: no such user: ?[2J??${'a'.repeat(179)}…`)
})

test('the signal ends the waiting for mayLink', async () => {
  const functions = new PolicyEngine({ mayLink: () => new Promise(() => undefined) })
  const controller = new AbortController()
  const explanation = functions.explain({ action: 'link', peer: ada }, controller.signal)
  controller.abort(new Error('enough'))
  expect(await explanation).toMatchObject({
    allowed: false,
    steps: [{ reason: 'mayLink did not answer in time: enough' }],
  })
})

test.each([
  [undefined, "'question.action' must be one of: 'link', 'dial', 'offer', 'forward'. Received undefined"],
  [
    { action: 'dail' },
    "'question.action' must be one of: 'link', 'dial', 'offer', 'forward'. Received 'dail'",
  ],
  [{ action: 'constructor' }, "'question.action' must be one of: 'link'"],
  [{ action: 'link' }, '"question.peer" property must be of type object. Received undefined'],
  [{ action: 'dial', peer: ada }, '"question.service" property must be of type object. Received undefined'],
  [
    { action: 'forward', from: ada, to: 1 },
    '"question.to" property must be of type object. Received type number (1)',
  ],
])('what is no question is a TypeError that says what is missing (%#)', async (question, message) => {
  const asked = engine.explain(question as never)
  await expect(asked).rejects.toThrow(TypeError)
  await expect(asked).rejects.toThrow(message)
})
