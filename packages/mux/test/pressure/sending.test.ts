import { describe, expect, it } from 'vitest'
import { connectedPair } from '../support/pair.js'

const MEBIBYTE = 1_048_576
const PIECE = new Uint8Array(16_384)

describe('what is written and not yet sent', () => {
  it('makes write say no at the high-water mark of the stream, and not before', () => {
    const pair = connectedPair({ client: { sendHighWaterMarkBytes: 100_000 } })
    const stream = pair.client.open()
    expect(stream.write(new Uint8Array(99_999))).toBe(true)
    expect(stream.write(new Uint8Array(1))).toBe(false)
    expect(pair.client.open().write(new Uint8Array(1))).toBe(true)
  })

  it('makes write say no at the limit of the session, on every stream, and goes on when it was sent', () => {
    const pair = connectedPair({ client: { maxSendBufferBytes: 4 * MEBIBYTE } })
    const { client, server } = pair
    const perStream = MEBIBYTE
    let received = 0
    let ended = 0
    server.onStream = (stream) =>
      stream.handle({
        onData: (_, { length }) => void (received += length),
        onEnd: () => void (ended += 1),
      })
    client.isBlocked = true
    client.core.gather(pair.now)
    const streams = Array.from({ length: 100 }, () => client.open())
    let most = 0
    for (const stream of streams) {
      let left = perStream
      const write = (): void => {
        while (left > 0) {
          left -= PIECE.length
          const isTaken = stream.write(PIECE)
          most = Math.max(most, client.core.sendBufferedBytes)
          if (!isTaken) break
        }
        if (left === 0) stream.end()
      }
      stream.handle({ onData: () => {}, onEnd: () => {}, onWritable: write })
      write()
    }
    // Each writer finds out by a write of its own, which is taken all the same.
    const bound = 4 * MEBIBYTE + streams.length * PIECE.length
    expect(most).toBeGreaterThanOrEqual(4 * MEBIBYTE)
    expect(most).toBeLessThanOrEqual(bound)
    client.isBlocked = false
    client.core.accepted(pair.now)
    pair.run()
    expect([received, ended]).toEqual([streams.length * perStream, streams.length])
    expect(most).toBeLessThanOrEqual(bound)
    expect(client.core.sendBufferedBytes).toBe(0)
  })
})
