import { VirtualClock, simLink } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../../src/index.js'
import { pump } from './virtual-sessions.js'

const bytesPerSecond = 10_000_000

describe('streams that begin while others fill the path', () => {
  it.each([
    { delayMs: 10, count: 2 },
    { delayMs: 10, count: 10 },
    { delayMs: 1, count: 10 },
    { delayMs: 50, count: 10 },
  ])('$count streams', ({ delayMs, count }) => {
    const clock = new VirtualClock()
    const link = simLink(clock, { delayMs, bytesPerSecond, bufferBytes: 8_388_608 })
    const received: number[] = []
    const random = (): number => 0.5
    const sender = new Session(link.a, { role: 'client', clock, random })
    new Session(link.b, {
      role: 'server',
      clock,
      random,
      handler: {
        onStream: (stream) => {
          const index = received.push(0) - 1
          stream.handle({ onData: (_, { length }) => void (received[index] = (received[index] ?? 0) + length), onEnd: () => {} })
        },
      },
    })
    clock.advance(1000)
    for (let i = 0; i < count; i++) {
      pump(sender.tryOpenStream() as Stream)
      clock.advance(700)
    }
    for (let second = 0; second < 8; second++) {
      const before = [...received]
      clock.advance(1_000)
      const bytes = received.map((each, i) => each - (before[i] ?? 0))
      const sum = bytes.reduce((a, b) => a + b, 0)
      console.log((sum / 1e6).toFixed(1), bytes.map((each) => ((each * count) / sum).toFixed(2)).join(' '))
    }
    expect(received).toHaveLength(count)
  })
})
