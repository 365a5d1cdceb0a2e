import { describe, expect, it } from 'vitest'
import { Session, type Stream } from '../../src/index.js'
import { frames } from '../conformance/frames.js'
import { socketPair } from '../conformance/sockets.js'
import { Wire } from '../conformance/wire.js'

describe('100,000 opens in one burst', () => {
  it('all succeed against an acceptor that takes one stream after the other', async () => {
    const [a, b] = await socketPair()
    const client = new Session(a, { role: 'client' })
    const server = new Session(b, { role: 'server' })
    const count = 100_000
    const opening = Array.from({ length: count }, () => client.openStream())
    let mostWaiting = 0
    for (let i = 0; i < count; i++) {
      const stream = await server.accept()
      expect(stream.id).toBe(4 * i)
      mostWaiting = Math.max(mostWaiting, server.openStreams - i)
    }
    const ids = (await Promise.all(opening)).map((stream) => stream.id)
    expect(new Set(ids).size).toBe(count)
    expect(mostWaiting).toBeLessThanOrEqual(65_537)
    expect([client.isClosing, server.isClosing]).toEqual([false, false])
    client.close()
    await Promise.all([client.closed, server.closed])
  })

  it('wait for an acceptor that takes nothing: 4,096 get through, none is refused', async () => {
    const [a, b] = await socketPair()
    const client = new Session(a, { role: 'client' })
    const server = new Session(b, { role: 'server' })
    const opened: Stream[] = []
    const opening = Array.from({ length: 100_000 }, async () => opened.push(await client.openStream()))
    await client.ping()
    await client.ping()
    expect(opened).toHaveLength(4_096)
    expect(server.openStreams).toBe(4_096)
    expect([client.isClosing, server.isClosing]).toEqual([false, false])
    client.close()
    const results = await Promise.allSettled(opening)
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(100_000 - 4_096)
    await Promise.all([client.closed, server.closed])
  })
})

describe('a record of 7 bytes', () => {
  it('opens four million streams by implication at the cost of one', () => {
    const wire = new Wire({ maxConcurrentStreams: 2 ** 40 })
    const { peerBidi } = wire.core.limits
    // As if the application had accepted five million before.
    peerBidi.accepted = 5_000_000
    wire.core.wake()
    wire.sent()
    const bytes = Buffer.from('060880f4240061', 'hex')
    expect(bytes).toHaveLength(7)
    wire.receive(bytes)
    expect(wire.core.isClosing).toBe(false)
    expect(peerBidi.opened).toBe(4_000_001)
    expect(wire.core.streams.size).toBe(1)
    expect(wire.streams).toHaveLength(1)
    // Any of them can still be used, once each.
    wire.send(frames.stream(4 * 1_234_567, 0, 'x', true), frames.stream(0, 0, 'y'))
    expect(wire.streams.map(({ id }) => id)).toEqual([16_000_000, 4 * 1_234_567, 0])
  })

  it('cannot open more than MAX_STREAMS, which follows what the application takes', () => {
    const wire = new Wire()
    wire.receive(Buffer.from('060880f4240061', 'hex'))
    wire.expectClosedWith('STREAM_LIMIT_ERROR')
    expect(wire.core.streams.size).toBe(0)
  })
})
