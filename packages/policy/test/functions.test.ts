import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PolicyEngine, type PolicyFunctions, type Verdict } from '../src/index.js'
import { noDeadline, peer, service } from './support/peers.js'

const ada = peer(1n)
const web = service('web')

/** A policy whose four functions do what `answer` does, whatever its type. */
function policyOf(answer: () => unknown): PolicyFunctions {
  return { mayLink: answer, mayDial: answer, mayOffer: answer, mayForward: answer } as PolicyFunctions
}

async function askAll(policy: PolicyFunctions): Promise<Verdict[]> {
  const engine = new PolicyEngine(policy)
  return [
    await engine.mayLink(ada, noDeadline()),
    engine.mayDial(ada, web),
    engine.mayOffer(ada, web),
    engine.mayForward(ada, ada),
  ]
}

test('without a policy all is allowed', async () => {
  const engine = new PolicyEngine()
  const verdict = { allowed: true, rule: 'no policy' }
  expect(await engine.mayLink(ada, noDeadline())).toEqual(verdict)
  expect(engine.mayDial(ada, web)).toEqual(verdict)
  expect(engine.mayOffer(ada, web)).toEqual(verdict)
  expect(engine.mayForward(ada, ada)).toEqual(verdict)
  expect(await engine.explain({ action: 'link', peer: ada })).toEqual({ ...verdict, steps: [] })
})

test('functions are called with the policy as this, and with what is asked', async () => {
  const calls: unknown[][] = []
  class Guard {
    #calls = calls
    mayLink(...parts: unknown[]): boolean {
      return this.#calls.push(parts) > 0
    }
    mayDial(...parts: unknown[]): boolean {
      return this.#calls.push(parts) > 0
    }
    mayOffer(...parts: unknown[]): boolean {
      return this.#calls.push(parts) > 0
    }
    mayForward(...parts: unknown[]): boolean {
      return this.#calls.push(parts) > 0
    }
  }
  const engine = new PolicyEngine(new Guard())
  const signal = noDeadline()
  expect(await engine.mayLink(ada, signal)).toEqual({ allowed: true, rule: 'mayLink' })
  expect(engine.mayDial(ada, web)).toEqual({ allowed: true, rule: 'mayDial' })
  expect(engine.mayOffer(ada, web)).toEqual({ allowed: true, rule: 'mayOffer' })
  expect(engine.mayForward(ada, peer(2n))).toEqual({ allowed: true, rule: 'mayForward' })
  expect(calls).toEqual([
    [ada, signal],
    [ada, web],
    [ada, web],
    [ada, peer(2n)],
  ])
})

test.each([
  ['true', true, { allowed: true }],
  ['false', false, { allowed: false }],
  ['a decision with a rule', { allowed: true, rule: 'on call' }, { allowed: true, rule: 'on call' }],
  ['a decision without a rule', { allowed: false }, { allowed: false }],
  ['a decision with an empty rule', { allowed: false, rule: '' }, { allowed: false }],
  [
    'a decision with a long rule',
    { allowed: false, rule: 'x'.repeat(500) },
    { allowed: false, rule: 'x'.repeat(128) },
  ],
])('%s is taken as it is', async (_, answer, verdict) => {
  const names = ['mayLink', 'mayDial', 'mayOffer', 'mayForward']
  expect(await askAll(policyOf(() => answer))).toEqual(names.map((rule) => ({ rule, ...verdict })))
})

test('mayLink may answer later', async () => {
  const policy: PolicyFunctions = { mayLink: () => Promise.resolve({ allowed: true, rule: 'directory' }) }
  expect(await new PolicyEngine(policy).mayLink(ada, noDeadline())).toEqual({
    allowed: true,
    rule: 'directory',
  })
})

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a number', 1],
  ['a text', 'allow'],
  ['a list', [true]],
  ['an object without allowed', {}],
  ['allowed that is no boolean', { allowed: 'yes' }],
  ['a rule that is no text', { allowed: true, rule: 5 }],
  ['a function', () => true],
])('%s is no decision, so it is a no', async (_, answer) => {
  for (const { allowed, rule } of await askAll(policyOf(() => answer))) {
    expect(allowed).toBe(false)
    expect(rule).toMatch(/^may\w+ answered with no decision$/)
  }
  const later = policyOf(() => Promise.resolve(answer))
  expect(await new PolicyEngine(later).mayLink(ada, noDeadline())).toEqual({
    allowed: false,
    rule: 'mayLink answered with no decision',
  })
})

test('a policy that throws has not allowed anything, and what it threw is not in the text for the peer', async () => {
  const error = new Error('password of the directory is hunter2')
  const verdicts = await askAll(
    policyOf(() => {
      throw error
    }),
  )
  expect(verdicts).toEqual(
    ['mayLink', 'mayDial', 'mayOffer', 'mayForward'].map((name) => ({
      allowed: false,
      rule: `${name} threw an error`,
      cause: error,
    })),
  )
})

test('a policy that rejects has not allowed anything', async () => {
  const error = new Error('no directory')
  const engine = new PolicyEngine({ mayLink: () => Promise.reject(error) })
  expect(await engine.mayLink(ada, noDeadline())).toEqual({
    allowed: false,
    rule: 'mayLink rejected',
    cause: error,
  })
})

test('a policy that never answers has not allowed anything when the signal aborts', async () => {
  const controller = new AbortController()
  const engine = new PolicyEngine({ mayLink: () => new Promise(() => undefined) })
  const verdict = engine.mayLink(ada, controller.signal)
  const reason = new Error('the handshake took too long')
  controller.abort(reason)
  expect(await verdict).toEqual({ allowed: false, rule: 'mayLink did not answer in time', cause: reason })
})

test('a signal that is aborted already asks nothing', async () => {
  let calls = 0
  const engine = new PolicyEngine({ mayLink: () => ++calls > 0 })
  expect(await engine.mayLink(ada, AbortSignal.abort())).toMatchObject({ allowed: false })
  expect(calls).toBe(0)
})

test('an answer or rejection after the signal changes nothing and is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): unknown => unhandled.push(reason)
  process.on('unhandledRejection', note)
  for (const settle of ['resolve', 'reject'] as const) {
    const controller = new AbortController()
    let settleLate = (): void => undefined
    const engine = new PolicyEngine({
      mayLink: () =>
        new Promise((resolve, reject) => {
          settleLate = settle === 'resolve' ? () => resolve(true) : () => reject(new Error('late'))
        }),
    })
    const verdict = engine.mayLink(ada, controller.signal)
    controller.abort()
    expect(await verdict).toMatchObject({ allowed: false, rule: 'mayLink did not answer in time' })
    settleLate()
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('waiting leaves no listener on the signal', async () => {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  signal.addEventListener = (_: string, listener: unknown) => void listeners.add(listener)
  signal.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener)
  let answer = (_: boolean): void => undefined
  const engine = new PolicyEngine({ mayLink: () => new Promise((resolve) => (answer = resolve)) })
  const verdict = engine.mayLink(ada, signal)
  expect(listeners.size).toBe(1)
  answer(true)
  expect(await verdict).toEqual({ allowed: true, rule: 'mayLink' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(listeners.size).toBe(0)
})

test('a promise where only an answer counts is a no, and its rejection is not unhandled', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): unknown => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const engine = new PolicyEngine(policyOf(() => Promise.reject(new Error('late'))))
  expect(engine.mayDial(ada, web)).toEqual({
    allowed: false,
    rule: 'mayDial answered with a promise, only mayLink may',
  })
  expect(engine.mayOffer(ada, web).allowed).toBe(false)
  expect(engine.mayForward(ada, ada).allowed).toBe(false)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

/** Objects that throw wherever they are touched. */
const hostile: [string, () => unknown][] = [
  [
    'a getter of allowed that throws',
    () => ({
      get allowed(): boolean {
        throw new Error('trap')
      },
    }),
  ],
  [
    'a getter of then that throws',
    () => ({
      get then(): unknown {
        throw new Error('trap')
      },
    }),
  ],
  [
    'a then that throws',
    () => ({
      then: () => {
        throw new Error('trap')
      },
    }),
  ],
  ['a revoked proxy', revokedProxy],
  ['a promise with a constructor that throws', promiseWithTrap],
  ['an object that is thrown and has no text', thrower(Object.create(null))],
  ['a symbol that is thrown', thrower(Symbol('x'))],
  ['undefined that is thrown', thrower(undefined)],
]

function thrower(value: unknown): () => never {
  return () => {
    throw value
  }
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function promiseWithTrap(): unknown {
  const promise = Promise.resolve(true)
  return Object.defineProperty(promise, 'constructor', {
    get: () => {
      throw new Error('trap')
    },
  })
}

test.each(hostile)('%s is a no, never an exception', async (_, answer) => {
  for (const verdict of await askAll(policyOf(answer))) expect(verdict.allowed).toBe(false)
  const engine = new PolicyEngine(policyOf(answer))
  for (const question of [
    { action: 'link', peer: ada },
    { action: 'dial', peer: ada, service: web },
    { action: 'forward', from: ada, to: ada },
  ] as const) {
    expect((await engine.explain(question)).allowed).toBe(false)
  }
})

test('whatever a function answers, nothing throws and only true allows', async () => {
  const property = fc.asyncProperty(fc.anything({ withNullPrototype: true }), async (answer) => {
    const isYes = answer === true || (answer as { allowed?: unknown } | null | undefined)?.allowed === true
    for (const { allowed } of await askAll(policyOf(() => answer))) if (!isYes) expect(allowed).toBe(false)
  })
  await fc.assert(property, { numRuns: 1_000 })
})

test('a question whose function is left out is decided by default', async () => {
  for (const effect of [undefined, 'deny', 'allow'] as const) {
    const engine = new PolicyEngine({ mayDial: () => true, default: effect })
    const rest = { allowed: effect === 'allow' }
    const words = `default ${effect ?? 'deny'}`
    expect(engine.mayDial(ada, web)).toEqual({ allowed: true, rule: 'mayDial' })
    expect(engine.mayOffer(ada, web)).toEqual({ ...rest, rule: `no mayOffer, ${words}` })
    expect(engine.mayForward(ada, ada)).toEqual({ ...rest, rule: `no mayForward, ${words}` })
    expect(await engine.mayLink(ada, noDeadline())).toEqual({ ...rest, rule: `no mayLink, ${words}` })
  }
})

test.each([
  [
    'a slip in a name',
    { mayDail: () => true, mayLink: () => true },
    'unknown key "mayDail", did you mean "mayDial"?',
  ],
  ['a slip in rules', { rule: [] }, 'unknown key "rule", did you mean "rules"?'],
  ['nothing', {}, "The argument 'policy' must have rules, or one of mayLink, mayDial, mayOffer, mayForward"],
  [
    'a function that is none',
    { mayDial: true },
    '"policy.mayDial" property must be of type function. Received type boolean (true)',
  ],
  [
    'another default',
    { mayDial: (): boolean => true, default: 'no' },
    "'policy.default' must be one of: 'allow', 'deny'. Received 'no'",
  ],
  ['rules and functions', { rules: [], mayDial: (): boolean => true }, 'has both mayDial and rules'],
  [
    'a list',
    [],
    '"policy" argument must be an object of functions or a list of rules. Received an instance of Array',
  ],
  ['null', null, '"policy" argument must be an object of functions or a list of rules. Received null'],
  [
    'a text',
    'deny',
    '"policy" argument must be an object of functions or a list of rules. Received type string (\'deny\')',
  ],
])('%s is a TypeError that says so', (_, policy, message) => {
  expect(() => new PolicyEngine(policy as never)).toThrow(TypeError)
  expect(() => new PolicyEngine(policy as never)).toThrow(message)
})

test('a class with a slip in the name of a method is a TypeError, its other members are its own', () => {
  class Base {
    helper = 1
    mayLink(): boolean {
      return true
    }
  }
  class Slip extends Base {
    mayForwrad(): boolean {
      return true
    }
  }
  expect(() => new PolicyEngine(new Base())).not.toThrow()
  expect(() => new PolicyEngine(new Slip())).toThrow('unknown key "mayForwrad", did you mean "mayForward"?')
})
