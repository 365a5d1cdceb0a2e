import { simLink, VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../src/index.js'
import { FlushSize } from '../src/proto/send/flush-size.js'

describe('the size of a flush', () => {
  it('doubles to 512 KiB while the connection takes all at once', () => {
    const size = new FlushSize()
    expect(size.bytes).toBe(32_768)
    for (let i = 0; i < 6; i++) {
      size.gathered(size.bytes, i)
      size.accepted(i)
    }
    expect(size.bytes).toBe(524_288)
  })

  it('halves to 16 KiB while each takes more than a second, and stays where it takes less', () => {
    const size = new FlushSize()
    for (let i = 0; i < 5; i++) {
      size.gathered(size.bytes, 0)
      size.accepted(1_001)
    }
    expect(size.bytes).toBe(16_384)
    size.gathered(size.bytes, 0)
    size.accepted(500)
    expect(size.bytes).toBe(16_384)
  })

  it('does not grow by small flushes', () => {
    const size = new FlushSize()
    size.gathered(100, 0)
    size.accepted(0)
    expect(size.bytes).toBe(32_768)
  })
})

it('a link of 5 kB/s that is full for minutes is not taken for a dead peer, whatever the peer says meanwhile', () => {
  const clock = new VirtualClock()
  const link = simLink(clock, { bytesPerSecond: 5_000, bufferBytes: 1_000, maxPieceBytes: 100 })
  const opened: Stream[] = []
  // Nobody reads and nobody asks: the peer has nothing to send.
  const server = new Session(link.b, {
    role: 'server',
    clock,
    keepAliveIntervalMs: 0,
    handler: { onStream: (stream) => void opened.push(stream) },
  })
  const client = new Session(link.a, { role: 'client', clock })
  clock.advance(1_000)
  for (let i = 0; i < 40; i++) client.tryOpenStream()?.write(new Uint8Array(16_000))
  clock.advance(300_000)
  expect([client.isClosing, server.isClosing]).toEqual([false, false])
  expect(opened.reduce((sum, { unreadBytes }) => sum + unreadBytes, 0)).toBe(640_000)
})
