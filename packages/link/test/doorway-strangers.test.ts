import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { encodePreamble, PREAMBLE_BYTES, type Preamble } from '../src/proto/preamble.js'
import type { RawEnd } from './support/raw-end.js'
import { rawFirst, rawInitiate, rawPreamble } from './support/raw-handshake.js'
import { accepting } from './support/raw-peer.js'
import { Side } from './support/side.js'

// The entry points of the multiplexer and of msgpack, as the link uses them. They work as ever, and are counted.
const calls: string[] = vi.hoisted(() => [])

vi.mock(import('@astranet/mux'), async (original) => {
  const real = await original()
  class Session extends real.Session {
    constructor(...parameters: ConstructorParameters<typeof real.Session>) {
      calls.push('Session')
      super(...parameters)
    }
  }
  return { ...real, Session }
})

vi.mock(import('@astranet/frame/message'), async (original) => {
  const real = await original()
  class MessageDecoder extends real.MessageDecoder {
    constructor(...parameters: ConstructorParameters<typeof real.MessageDecoder>) {
      calls.push('MessageDecoder')
      super(...parameters)
    }
  }
  const encodeMessage: typeof real.encodeMessage = (...parameters) => {
    calls.push('encodeMessage')
    return real.encodeMessage(...parameters)
  }
  return { ...real, MessageDecoder, encodeMessage }
})

const psk = new Uint8Array(32).fill(7)
const guess = new Uint8Array(32).fill(8)
const withSecret: Partial<Preamble> = { hasSecret: true }

/** The longest answer that a stranger gets: a preamble and a refusal. */
const MAX_ANSWER_BYTES = PREAMBLE_BYTES + 3

const sockets: Socket[] = []

afterEach(() => {
  calls.length = 0
  for (const socket of sockets.splice(0)) socket.destroy()
})

describe('a stranger without the secret', () => {
  it.each<[string, (raw: RawEnd) => unknown]>([
    ['sends nothing', () => undefined],
    ['sends its preamble', (raw) => raw.write(encodePreamble({ ...rawPreamble, ...withSecret }))],
    ['says that it has no secret', (raw) => rawFirst(raw)],
    ['guesses the secret', (raw) => rawFirst(raw, { preamble: withSecret, handshake: { psk: guess } })],
    [
      'presents a grant that it has made up',
      (raw) => {
        const preamble = { ...withSecret, keyId: new Uint8Array(16).fill(3) }
        return rawFirst(raw, { preamble, handshake: { psk: guess } })
      },
    ],
    [
      'sends garbage as message 1',
      (raw) => {
        raw.write(encodePreamble({ ...rawPreamble, ...withSecret }))
        raw.send(new Uint8Array(48).fill(1))
        raw.write(new Uint8Array(10_000))
      },
    ],
  ])('that %s makes neither the multiplexer nor msgpack run, and gets a refusal at most', async (_, send) => {
    const { clock, side, raw, pipe } = await accepting({ psk })
    calls.length = 0
    await send(raw)
    // Its own HELLO is encoded by a raw peer.
    calls.length = 0
    await clock.pass(12_000)
    expect(calls).toEqual([])
    expect(side.closes).toHaveLength(1)
    expect(pipe.written.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES)
    expect(clock.timers).toBe(0)
  })

  it('that sends anything at all makes neither run', async () => {
    const preamble = encodePreamble({ ...rawPreamble, ...withSecret })
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 5 })
    const run = fc.asyncProperty(fc.nat(PREAMBLE_BYTES), chunks, async (length, garbage) => {
      const { clock, side, raw, pipe } = await accepting({ psk })
      calls.length = 0
      raw.write(preamble.subarray(0, length), ...garbage)
      await clock.pass(12_000)
      expect(calls).toEqual([])
      expect([side.opened, side.closes.length]).toEqual([[], 1])
      expect(pipe.written.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES)
      expect(clock.timers).toBe(0)
    })
    await fc.assert(run, { numRuns: 300 })
  })
})

it('a member makes both run: what was counted above would have been seen', async () => {
  const { clock, raw } = await accepting({ psk })
  await rawInitiate(raw, clock, { preamble: withSecret, handshake: { psk } })
  calls.length = 0
  await clock.settle()
  expect(new Set(calls)).toContain('Session')
  expect(new Set(calls)).toContain('MessageDecoder')
})

/** Waits until a number has not changed for a hundred turns of the event loop. */
async function untilStill(count: () => number): Promise<void> {
  let before = -1
  for (let turns = 0; turns < 100; turns++) {
    if (count() !== before) turns = 0
    before = count()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('a stranger that floods a socket is not read any further, while its first message waits', async () => {
  let accept!: (side: Side, socket: Socket) => void
  const accepted = new Promise<{ side: Side; socket: Socket }>((resolve) => {
    accept = (side, socket) => resolve({ side, socket })
  })
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    const waiting = (): Promise<Uint8Array> => new Promise(() => undefined)
    const side = new Side(fromNodeDuplex(socket), { id: 1n, role: 'acceptor', psk: waiting })
    side.link.start()
    accept(side, socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  sockets.push(client)
  client.on('error', () => undefined)
  client.write(encodePreamble({ ...rawPreamble, ...withSecret }))
  const { side, socket } = await accepted
  // More than the system holds for a connection. The first writes leave, and then the kernel takes no more.
  while (client.write(new Uint8Array(1_048_576)) || client.writableLength < 33_554_432);
  await untilStill(() => socket.bytesRead)
  expect(socket.bytesRead).toBeLessThan(524_288)
  expect(side.closes).toEqual([])
  const isClosed = new Promise<void>((resolve) => (side.onClose = resolve))
  side.link.close()
  await isClosed
  server.close()
})
