import { systemClock, type ByteDuplex, type ByteDuplexHandler, type PipeSecurity } from '@astranet/interface'
import { byteDuplexSuite, type ByteDuplexSuiteOptions, type TestRunner } from '@astranet/testkit'
import { simLink } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'

/** Runs the suite on links whose ends `spoil` has changed. Returns the names of the tests that fail. */
async function failures(
  spoil: (end: ByteDuplex) => ByteDuplex,
  options: Partial<ByteDuplexSuiteOptions> = {},
): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = []
  const runner: TestRunner = {
    describe: (_name, body) => body(),
    it: (name, body) => void tests.push({ name, body }),
  }
  const createPair = () => {
    const { a, b } = simLink(systemClock)
    return { a: spoil(a), b: spoil(b) }
  }
  byteDuplexSuite({ name: 'spoiled', createPair, runner, ...options })
  const failed: string[] = []
  for (const { name, body } of tests) await body().catch(() => failed.push(name))
  return failed
}

/** `end` with some of its methods replaced. */
function changed(end: ByteDuplex, change: Partial<ByteDuplex>): ByteDuplex {
  return new Proxy(end, {
    get(target, name) {
      const value: unknown = Reflect.get(change, name) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** `end` whose handlers are wrapped. */
function wrapped(end: ByteDuplex, wrap: (handler: ByteDuplexHandler) => ByteDuplexHandler): ByteDuplex {
  return changed(end, { handle: (handler) => end.handle(wrap(handler)) })
}

const pass = (handler: ByteDuplexHandler): ByteDuplexHandler => ({
  onData: (chunk) => handler.onData(chunk),
  onDrain: () => handler.onDrain(),
  onEnd: () => handler.onEnd(),
  onClose: (reason) => handler.onClose(reason),
})

describe('the byte duplex suite', () => {
  it('passes what keeps the contract', async () => {
    expect(await failures((end) => wrapped(end, pass))).toEqual([])
  })

  it('finds bytes that change', async () => {
    const flip = (handler: ByteDuplexHandler): ByteDuplexHandler => ({
      ...pass(handler),
      onData: (chunk) => handler.onData(chunk.map((byte) => byte ^ 1)),
    })
    expect(await failures((end) => wrapped(end, flip))).toContain('carries many writes of one byte')
  })

  it('finds an onDrain too many', async () => {
    const twice = (handler: ByteDuplexHandler): ByteDuplexHandler => ({
      ...pass(handler),
      onDrain: () => {
        handler.onDrain()
        handler.onDrain()
      },
    })
    expect(await failures((end) => wrapped(end, twice))).not.toEqual([])
  })

  it('finds an onClose too many', async () => {
    const twice = (handler: ByteDuplexHandler): ByteDuplexHandler => ({
      ...pass(handler),
      onClose: (reason) => {
        handler.onClose(reason)
        handler.onClose(reason)
      },
    })
    expect((await failures((end) => wrapped(end, twice))).length).toBeGreaterThan(20)
  })

  it('finds a pause without effect', async () => {
    const found = await failures((end) => changed(end, { pause: () => undefined }))
    expect(found).toContain('delivers nothing while paused, and the rest when resumed')
  })

  it('finds a lack of back-pressure', async () => {
    const found = await failures((end) =>
      changed(end, {
        writev: (chunks) => {
          end.writev(chunks)
          return true
        },
      }),
    )
    expect(found.join()).toMatch(/holds back a writer/)
  })

  const reports = 'reports its security, the same before and after its end'
  const exports = {
    agree: 'exports the same keying material at both ends, other material for each label',
    differ: 'exports other keying material on another pipe',
    end: 'exports no keying material once it has closed',
  }

  it('finds an end that is private and another that is not, and a pipe that should be private', async () => {
    const onlyA = (end: ByteDuplex): ByteDuplex =>
      end.localAddress === 'a' ? changed(end, { security: { isPrivate: true } }) : end
    expect(await failures(onlyA)).toEqual([reports])
    const expected = { isPrivate: true, hasExporter: false }
    const open = { isPrivate: false, hasExporter: false }
    expect(await failures((end) => end, { security: expected })).toEqual([reports])
    expect(await failures(onlyA, { security: [expected, open] })).toEqual([])
  })

  it('finds security that changes', async () => {
    const renewed = (end: ByteDuplex): ByteDuplex =>
      new Proxy(end, {
        get(target, name) {
          if (name === 'security') return { isPrivate: false }
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    expect(await failures(renewed)).toEqual([reports])
  })

  it.each<[string, PipeSecurity['exportKeyingMaterial'], string[]]>([
    ['is always the same', (length) => new Uint8Array(length), [exports.agree, exports.differ, exports.end]],
    [
      'differs at the two ends',
      (length) => crypto.getRandomValues(new Uint8Array(length)),
      [exports.agree, exports.end],
    ],
  ])('finds keying material that %s', async (_, exportKeyingMaterial, expected) => {
    const security = { isPrivate: false, exportKeyingMaterial: exportKeyingMaterial! }
    expect(await failures((end) => changed(end, { security }))).toEqual(expected)
  })

  it('finds an end that is not delivered last', async () => {
    const found = await failures((end) => changed(end, { end: () => end.abort(new Error('end')) }))
    expect(found).toContain('delivers everything written before end')
  })
})
