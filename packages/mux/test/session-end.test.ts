import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../src/proto/receive/memory-budget.js'
import type { Stream } from '../src/proto/stream/stream.js'
import { connectedPair, Pair, type Side } from './support/pair.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

/** What the driver does once a session is over: tells all streams. */
function tellAll(side: Side): void {
  while (side.core.streams.failSome(2));
  side.core.handedOver()
}

describe('the end of a session', () => {
  it('lets a stream deliver whose end has arrived, and fails all others', () => {
    const pair = connectedPair()
    const complete = pair.client.open()
    complete.write(bytesOf('whole'))
    complete.end()
    const partial = pair.client.open()
    partial.write(bytesOf('ha'))
    pair.run()
    const [b1, b2] = pair.server.accepted as [Stream, Stream]
    const r2 = new Recorder(b2)
    pair.server.core.connectionClosed(new Error('cable cut'), 0)
    expect(pair.server.core.isClosing).toBe(true)
    tellAll(pair.server)
    expect(r2.events).toEqual(['data', 'stop', 'reset', 'close'])
    expect(r2.closeError).toMatchObject({ code: 'ECONNRESET' })
    expect(r2.closeError?.message).toContain('cable cut')
    const r1 = new Recorder(b1)
    pair.server.core.handedOver()
    expect(r1.text).toBe('whole')
    expect(r1.events).toEqual(['stop', 'data', 'end', 'close'])
    expect(r1.closeError).toMatchObject({ code: 'ECONNRESET' })
    expect(pair.server.core.streams.size).toBe(0)
  })

  it('is no error for a stream that had ended its own side and whose end has arrived', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    a.end()
    pair.run()
    const b = pair.server.accepted[0] as Stream
    b.write(bytesOf('reply'))
    b.end()
    a.pause()
    pair.run()
    pair.disconnect(new Error('later'))
    const recorder = new Recorder(a)
    pair.client.core.handedOver()
    expect(recorder.events).toEqual(['data', 'end', 'close'])
    expect(recorder.closeError).toBe(undefined)
  })

  it('tells a handler that comes after it', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    pair.run()
    pair.disconnect(new Error('gone'))
    const late = new Recorder(a)
    pair.client.core.handedOver()
    expect(late.events).toEqual(['stop', 'reset', 'close'])
    expect(late.resetError).toMatchObject({ code: 'ECONNRESET' })
    expect(new Recorder(a).events).toEqual(['stop', 'reset', 'close'])
  })

  it('lets what waits be given up', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    a.write(pattern(1_000))
    a.end()
    pair.run()
    const b = pair.server.accepted[0] as Stream
    const recorder = new Recorder()
    b.handle(recorder)
    const c = pair.client.open()
    c.write(pattern(1_000))
    c.end()
    pair.run()
    const unread = pair.server.accepted[1] as Stream
    pair.disconnect()
    unread.destroy()
    pair.server.core.handedOver()
    expect(unread.isClosed).toBe(true)
    expect(pair.server.core.streams.size).toBe(0)
  })

  it('gives its memory back to the budget exactly once', () => {
    const memoryBudget = new MemoryBudget(1 << 24)
    const pair = connectedPair({ server: { memoryBudget } })
    for (let i = 0; i < 5; i++) {
      const a = pair.client.open()
      a.write(pattern(1_500))
      if (i % 2 === 0) a.end()
    }
    pair.run()
    pair.disconnect()
    expect(memoryBudget.reservedBytes).toBe(0)
    for (const stream of pair.server.accepted) new Recorder(stream)
    for (const stream of pair.server.accepted) stream.destroy()
    expect(memoryBudget.reservedBytes).toBe(0)
  })

  it('gives referenced bytes back, last of all', () => {
    const pair = connectedPair()
    const a = pair.client.open()
    const recorder = new Recorder(a)
    pair.client.isBlocked = true
    a.writeReferenced(pattern(100_000))
    pair.run()
    pair.server.core.close(0, '')
    pair.client.core.close(0, '')
    tellAll(pair.client)
    expect(recorder.events).toEqual(['stop', 'reset'])
    pair.client.core.connectionClosed(undefined, 0)
    pair.client.core.handedOver()
    expect(recorder.events).toEqual(['stop', 'reset', 'flushed', 'close'])
  })

  it('is the same for both sides when one closes with a code and a reason', () => {
    const pair = connectedPair()
    const recorder = new Recorder(pair.server.open())
    pair.run()
    pair.client.core.close(42, 'enough for today')
    expect(pair.client.core.closeReason).toBe(undefined)
    pair.run()
    expect(pair.server.core.closeReason).toMatchObject({
      code: 'ASTRA_ERR_SESSION_CLOSED_BY_PEER',
      isApplication: true,
      isFromPeer: true,
      closeCode: 42,
      reason: 'enough for today',
    })
    expect(pair.server.core.closeReason?.message).toBe(
      'the peer closed the session with application code 42: enough for today',
    )
    tellAll(pair.server)
    expect(recorder.closeError).toMatchObject({ code: 'ECONNRESET' })
    expect([pair.client.hasEnded, pair.server.hasEnded]).toEqual([true, true])
    expect(pair.server.events.filter((event) => event === 'over')).toHaveLength(1)
  })

  it('comes behind what was written, ended and reset before the close', () => {
    const pair = connectedPair()
    const ended = pair.client.open()
    const reset = pair.client.open()
    pair.run()
    const [far, farReset] = pair.server.accepted as [Stream, Stream]
    const recorders = [new Recorder(far), new Recorder(farReset)] as const
    ended.write(bytesOf('goodbye'))
    ended.end()
    reset.reset(7)
    pair.client.core.close(0, '')
    pair.run()
    expect(recorders[0].text).toBe('goodbye')
    expect(recorders[0].events.slice(0, 2)).toEqual(['data', 'end'])
    expect(recorders[1].resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 7 })
  })

  it('with code 0 is no fault when no stream is open, and cuts those that are', () => {
    const idle = connectedPair()
    idle.client.core.close(0, '')
    idle.run()
    expect(idle.server.core.isClosing).toBe(true)
    expect(idle.server.core.closeReason).toBe(undefined)
    const busy = connectedPair()
    const recorder = new Recorder(busy.server.open())
    busy.run()
    busy.client.core.close(0, '')
    busy.run()
    expect(busy.server.core.closeReason).toMatchObject({ code: 'ASTRA_ERR_SESSION_CLOSED_BY_PEER' })
    tellAll(busy.server)
    expect(recorder.events).toEqual(['stop', 'reset', 'close'])
  })

  it('comes when the peer ends the connection, with or without open streams', () => {
    const idle = connectedPair()
    idle.server.core.receiveEnd(0)
    expect(idle.server.core.closeReason).toBe(undefined)
    expect(idle.server.core.isEndDue).toBe(true)
    const busy = connectedPair()
    busy.server.open()
    busy.server.core.receiveEnd(0)
    expect(busy.server.core.closeReason).toMatchObject({ code: 'ASTRA_ERR_CONNECTION_LOST' })
  })

  it('frees settled streams also while the connection takes nothing', () => {
    const pair = connectedPair()
    const a = pair.client.open(true)
    a.write(bytesOf('x'))
    a.end()
    pair.run()
    pair.server.isBlocked = true
    pair.server.open().write(pattern(10))
    pair.run()
    const recorder = new Recorder(pair.server.accepted[0])
    pair.run()
    expect(recorder.events).toEqual(['data', 'end', 'close'])
  })

  it('follows when a dead peer is found, by a ping that nobody answers', () => {
    const pair = connectedPair()
    pair.server.isBlocked = true
    pair.advance(15_500)
    expect(pair.client.core.closeReason).toMatchObject({ code: 'ASTRA_ERR_PEER_DEAD' })
    expect(pair.client.core.closeReason?.message).toContain('10000 ms')
  })

  it('does not follow from a long idle time with a peer that answers', () => {
    const pair = connectedPair()
    pair.advance(3_600_000)
    expect(pair.client.core.isClosing || pair.server.core.isClosing).toBe(false)
    expect(pair.client.pongs.length).toBeGreaterThan(300)
  })

  it('follows the idle timeout that both agreed on, without a frame', () => {
    const limits = { keepAliveIntervalMs: 0, deadPeerTimeoutMs: 0 }
    const pair = new Pair({
      client: { ...limits, idleTimeoutMs: 9_000 },
      server: { ...limits, idleTimeoutMs: 5_000 },
    })
    pair.run()
    pair.advance(4_999)
    expect(pair.client.core.isClosing).toBe(false)
    pair.advance(1)
    for (const { core } of [pair.client, pair.server]) {
      expect(core.closeReason).toMatchObject({ code: 'ASTRA_ERR_IDLE_TIMEOUT' })
      expect(core.end.frame).toBe(undefined)
    }
  })
})
