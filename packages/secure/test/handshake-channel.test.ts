import { duplexPair } from '@astranet/interface/duplex-pair'
import { synchronousPair } from '@astranet/testkit'
import { Probe } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { HandshakeChannel } from '../src/index.js'
import { takeMessage } from '../src/proto/handshake/message-reader.js'
import { utf8 } from './support/bytes.js'
import { codeOf, exchange, side } from './support/handshakes.js'

const pairs: [string, () => ReturnType<typeof duplexPair>][] = [
  ['a pair', () => duplexPair()],
  [
    'a synchronous pair',
    () => {
      const { a, b } = synchronousPair()
      return [a, b]
    },
  ],
]

describe.each(pairs)('a channel over %s', (_, makePair) => {
  test('reads what its callers look for, one after the other, and gives away the rest', async () => {
    const [a, b] = makePair()
    const channel = new HandshakeChannel(a)
    b.handle(silent)
    b.writev([utf8('head'), Uint8Array.of(0, 3), utf8('abcrest')])
    const head = await channel.read((reader) => {
      if (reader.heldBytes < 4) return undefined
      const found = reader.held.slice(0, 4)
      reader.skip(4)
      return found
    })
    expect(head).toEqual(utf8('head'))
    const due = { expectedLengths: { min: 1, max: 9 }, nextMessage: 1 }
    expect(await channel.read((reader) => takeMessage(reader, due))).toEqual(utf8('abc'))
    expect(channel.takeRest()).toEqual({ bytes: utf8('rest'), hasEnded: false, closed: undefined })
  })

  test('rejects what its callers throw, and what they wait for when it fails', async () => {
    const [a, b] = makePair()
    const channel = new HandshakeChannel(a)
    b.handle(silent)
    const nonsense = new Error('nonsense')
    const thrown = channel.read(() => {
      if (channel.heldBytes > 0) throw nonsense
      return undefined
    })
    b.writev([utf8('x')])
    await expect(thrown).rejects.toBe(nonsense)
    const late = new Error('late')
    const waiting = channel.read(() => undefined)
    channel.fail(late)
    await expect(waiting).rejects.toBe(late)
    await expect(channel.read(() => 1)).rejects.toBe(late)
    expect(channel.heldBytes).toBe(0)
  })

  test('reports once that the pipe has closed, and drops what arrives after a failure', async () => {
    const [a, b] = makePair()
    const closes: unknown[] = []
    const closed = new Promise<void>((resolve) => {
      const onClosed = (reason: Error | undefined): void => {
        closes.push(reason)
        resolve()
      }
      const channel = new HandshakeChannel(a, { onClosed })
      channel.fail(new Error('over'))
    })
    const probe = Probe.on(b)
    b.writev([new Uint8Array(300_000)])
    b.end()
    a.end()
    await Promise.all([closed, probe.closed()])
    expect(closes).toEqual([undefined])
  })

  test('ends a pipe that brings more than may be held', async () => {
    const [a, b] = makePair()
    let reason: Error | undefined
    const closed = new Promise<void>((resolve) => {
      const onClosed = (error: Error | undefined): void => {
        reason = error
        resolve()
      }
      const channel = new HandshakeChannel(a, { maxHeldBytes: 100, onClosed })
      channel.read(() => undefined).catch(() => undefined)
    })
    b.handle(silent)
    b.writev([new Uint8Array(101)])
    await closed
    expect(reason).toMatchObject({ code: 'ASTRA_ERR_SECURE_HANDSHAKE' })
  })
})

const silent = { onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} }

describe('a payload that is a function', () => {
  test('is called when its message is written: with the peer for an initiator, with nothing for a responder', async () => {
    const asked: unknown[] = []
    const { initiator, responder } = await exchange(
      side('initiator', {
        payload: (peer) => {
          asked.push(peer?.payload)
          return utf8('third')
        },
      }),
      side('responder', {
        payload: async (peer) => {
          asked.push(peer)
          return utf8('second')
        },
      }),
    )
    expect(asked).toEqual([undefined, utf8('second')])
    expect([initiator.result.peer.payload, responder.result.peer.payload]).toEqual([
      utf8('second'),
      utf8('third'),
    ])
  })

  test('fails the handshake with what it throws, and with a RangeError when it is too large', async () => {
    const wrong = new Error('not you')
    const refusing = side('initiator', {
      payload: () => {
        throw wrong
      },
    })
    await expect(exchange(refusing, side('responder'))).rejects.toBe(wrong)
    expect(refusing.state).toBe('failed')
    const large = exchange(side('initiator', { payload: () => new Uint8Array(65_344) }), side('responder'))
    expect(await codeOf(large)).toBe('ERR_OUT_OF_RANGE')
  })
})
