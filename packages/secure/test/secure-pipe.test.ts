import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { Probe, synchronousPair, turns } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeCrypto, webCrypto, type CryptoProvider } from '../src/index.js'
import { PIPELINED_RECORD_BYTES } from '../src/io/pipelined-outbound.js'
import { MAX_RECORD_BYTES } from '../src/proto/records/header.js'
import { utf8 } from './support/bytes.js'
import { by, securePair, tcpPair } from './support/pairs.js'
import { tamperingPipe } from './support/tampering-pipe.js'

/** With how many bytes each fills a record. */
const providers: [name: string, provider: CryptoProvider, recordBytes: number][] = [
  ['node:crypto', nodeCrypto, MAX_RECORD_BYTES],
  ['WebCrypto', webCrypto, PIPELINED_RECORD_BYTES],
]

describe.each(providers)('by %s', (_, provider, recordBytes) => {
  test('a writer waits while nobody handles the other end, so that memory is bounded', async () => {
    const { a, b } = await securePair(synchronousPair(), by(provider), by(provider))
    const writer = Probe.on(a)
    let written = 0
    while (writer.drains === writer.refusals && written < 64 << 20) {
      writer.write(new Uint8Array(65_536))
      written += 65_536
      await turns(5)
    }
    expect(written).toBeLessThan(2 << 20)
    const reader = Probe.on(b)
    await reader.received(written)
    await writer.until('onDrain', () => writer.drains === writer.refusals)
    expect(a.bufferedBytes).toBe(0)
  })

  test('both half-close over a pipe that cannot: the pipe is ended when both have', async () => {
    const pipes = synchronousPair({ halfClose: false })
    const { a, b } = await securePair(pipes, by(provider), by(provider))
    const [left, right] = [Probe.on(a), Probe.on(b)]
    a.end()
    await right.ended()
    await right.send(utf8('still here'))
    await left.received(10)
    expect([left.closes, right.closes]).toEqual([0, 0])
    b.end()
    expect([await left.closed(), await right.closed()]).toEqual([undefined, undefined])
  })

  test('a pipe that closes before this side has ended is ECONNRESET, though the peer has ended', async () => {
    const pipes = synchronousPair({ halfClose: false })
    const { a, b } = await securePair(pipes, by(provider), by(provider))
    const [left, right] = [Probe.on(a), Probe.on(b)]
    a.end()
    await right.ended()
    pipes.a.end()
    expect(await right.closed()).toMatchObject({ code: 'ECONNRESET' })
    expect(await left.closed()).toMatchObject({ code: 'ASTRA_ERR_SECURE_TRUNCATED' })
  })

  test('the error of a pipe that breaks is passed on', async () => {
    const pipes = await tcpPair()
    const { a, b } = await securePair(pipes, by(provider), by(provider))
    const [left, right] = [Probe.on(a), Probe.on(b)]
    await left.send(utf8('x'))
    await right.received(1)
    const reason = new Error('enough')
    pipes.a.abort(reason)
    expect(await left.closed()).toBe(reason)
    expect(await right.closed()).toMatchObject({ code: 'ECONNRESET' })
  })

  test('a pipe that ended while its last bytes wait for a paused user closes when they are taken, or at an abort', async () => {
    for (const isAborted of [true, false]) {
      const { a, b } = await securePair(synchronousPair(), by(provider), by(provider))
      const [left, right] = [Probe.on(a), Probe.on(b)]
      right.onChunk = () => b.pause()
      b.end()
      await left.ended()
      // Two records in one chunk, and the end: the pipe has brought everything when the user pauses.
      left.write(new Uint8Array(recordBytes), new Uint8Array(recordBytes))
      a.end()
      await right.received(recordBytes)
      await turns(10)
      expect(right.closes).toBe(0)
      const reason = new Error('not interested')
      if (isAborted) right.outside(() => b.abort(reason))
      right.onChunk = undefined
      if (!isAborted) b.resume()
      expect(await right.closed()).toBe(isAborted ? reason : undefined)
      expect(right.receivedBytes).toBe(isAborted ? recordBytes : 2 * recordBytes)
    }
  })

  test('what the pipe can do besides is passed on', async () => {
    const calls: string[] = []
    const pipes = synchronousPair()
    let below: ByteDuplexHandler | undefined
    const extended: ByteDuplex = Object.assign(
      tamperingPipe(pipes.a, (chunk) => [chunk]),
      {
        handle: (handler: ByteDuplexHandler) => {
          below = handler
          pipes.a.handle(handler)
        },
        beforeFlush: (callback: () => void) => callback(),
        defer: (callback: () => void) => callback(),
        linger: (ms: number) => void calls.push(`linger ${ms}`),
      },
    )
    const { a, b } = await securePair({ a: extended, b: pipes.b }, by(provider), by(provider))
    a.handle({
      ...({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} } satisfies ByteDuplexHandler),
      onSuspend: () => void calls.push('suspend'),
      onResume: () => void calls.push('resume'),
    })
    a.beforeFlush?.(() => calls.push('before a flush'))
    a.defer?.(() => calls.push('deferred'))
    a.linger?.(7)
    below?.onSuspend?.()
    below?.onResume?.()
    expect(calls).toEqual(['before a flush', 'deferred', 'linger 7', 'suspend', 'resume'])
    expect([b.beforeFlush, b.defer, b.linger]).toEqual([undefined, undefined, undefined])
  })
})

test('at most eight records are sealed at a time, and opened', async () => {
  let [sealing, mostSealing, opening, mostOpening] = [0, 0, 0, 0]
  const provider: CryptoProvider = {
    ...webCrypto,
    crypto: {
      ...webCrypto.crypto,
      aead: async (key) => {
        const aead = await webCrypto.crypto.aead(key)
        return {
          seal: async (...parts) => {
            mostSealing = Math.max(mostSealing, ++sealing)
            return aead.seal(...parts).finally(() => sealing--)
          },
          open: async (...parts) => {
            mostOpening = Math.max(mostOpening, ++opening)
            return aead.open(...parts).finally(() => opening--)
          },
        }
      },
    },
  }
  const { a, b } = await securePair(synchronousPair(), by(provider), by(provider))
  const [left, right] = [Probe.on(a), Probe.on(b)]
  await left.send(new Uint8Array(100 * PIPELINED_RECORD_BYTES))
  await right.received(100 * PIPELINED_RECORD_BYTES)
  expect([mostSealing, mostOpening > 1 && mostOpening <= 8]).toEqual([8, true])
})

test.each(['seal', 'open'] as const)(
  'a platform whose %s fails breaks the pipe with its error',
  async (name) => {
    const error = new Error('out of memory')
    let isFailing = false
    const provider: CryptoProvider = {
      ...webCrypto,
      crypto: {
        ...webCrypto.crypto,
        aead: async (key) => {
          const aead = await webCrypto.crypto.aead(key)
          return {
            ...aead,
            [name]: async (...parts: Parameters<typeof aead.seal>) => {
              if (isFailing) throw error
              return aead[name](...parts)
            },
          }
        },
      },
    }
    const { a, b } = await securePair(synchronousPair(), by(provider), by(nodeCrypto))
    const [left, right] = [Probe.on(a), Probe.on(b)]
    isFailing = true
    if (name === 'seal') left.write(utf8('x'))
    else right.write(utf8('x'))
    expect(await left.closed()).toBe(error)
    expect((await right.closed())?.message).toBe('The other end of the pipe aborted it.')
  },
)
