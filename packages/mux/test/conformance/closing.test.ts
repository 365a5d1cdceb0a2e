import type { Socket } from 'node:net'
import { systemClock, type Clock } from '@astranet/interface'
import type { ConnectionClose } from '@astranet/frame'
import { describe, expect, it } from 'vitest'
import { MemoryBudget, Session, type SessionOptions } from '../../src/index.js'
import { frames, hello, record } from './frames.js'
import { Log } from './log.js'
import { socketPair } from './sockets.js'
import { names, Wire } from './wire.js'

const { stream, close, ping, raw } = frames

describe('the idle timeout', () => {
  it('is the smaller of what both sides declare, and none when neither does', () => {
    for (const [own, peer, expected] of [
      [30_000, 10_000, 10_000],
      [10_000, 30_000, 10_000],
      [10_000, 0, 10_000],
      [0, 10_000, 10_000],
      [0, 0, 0],
    ] as const) {
      const wire = new Wire({ idleTimeoutMs: own, peer: { maxIdleTimeoutMs: peer } })
      expect(wire.core.liveness.idleTimeoutMs).toBe(expected)
    }
  })

  it('starts again with each whole record that comes or goes, and with nothing less', () => {
    const wire = new Wire({ idleTimeoutMs: 10_000, deadPeerTimeoutMs: 0, recordTimeoutMs: 0 })
    wire.now = 9_000
    wire.send(stream(0, 0, 'x'))
    wire.now = 18_000
    wire.streams[0]!.write(Buffer.from('y'))
    wire.sent()
    wire.now = 27_000
    const whole = record(stream(0, 1, 'abc'))
    wire.receive(whole.subarray(0, 3))
    wire.core.timeout(27_999)
    expect(wire.core.isClosing).toBe(false)
    wire.core.timeout(28_000)
    expect(wire.core.closeReason).toMatchObject({ code: 'ASTRA_ERR_IDLE_TIMEOUT' })
  })

  it('ends the sending side without sending any frame', () => {
    const wire = new Wire({ idleTimeoutMs: 10_000, deadPeerTimeoutMs: 0 })
    wire.open().write(Buffer.from('never sent'))
    wire.core.timeout(10_000)
    expect(wire.core.isEndDue).toBe(true)
    expect(wire.sent()).toEqual([])
  })
})

describe('closing a session', () => {
  it('sends what was written and one CONNECTION_CLOSE of the application, then ends, and answers nothing any more', () => {
    const wire = new Wire()
    wire.open().write(Buffer.from('goodbye'))
    wire.core.close(77, 'done')
    expect(wire.core.isEndDue).toBe(false)
    const [last, farewell, ...more] = wire.sent()
    expect([last?.[0], more]).toEqual(['STREAM', []])
    expect([farewell]).toEqual([
      ['CONNECTION_CLOSE', { isApplication: true, code: 77, frameType: 0, reason: 'done' }],
    ])
    expect(wire.core.isEndDue).toBe(true)
    wire.send(ping(1), stream(0, 0, 'x'), raw('01'), close(1))
    expect(wire.streams).toEqual([])
    expect(wire.sent()).toEqual([])
  })

  it('because of a fault sends one CONNECTION_CLOSE with the code the draft names and a sentence in UTF-8', () => {
    const wire = new Wire()
    wire.send(stream(0, 5, 'x'))
    const sent = wire.sent()
    expect(names(sent)).toEqual(['CONNECTION_CLOSE'])
    expect(sent[0]?.[1]).toMatchObject({ isApplication: false, code: 0x0a })
    expect((sent[0]?.[1] as ConnectionClose).reason).toContain('stream 0')
    wire.send(stream(0, 9, 'x'))
    expect(wire.sent()).toEqual([])
  })

  it('cuts its reason between characters of UTF-8', () => {
    const wire = new Wire()
    wire.core.close(0, 'é'.repeat(2_000))
    const { reason } = wire.sent()[0]?.[1] as ConnectionClose
    expect(reason).toBe('é'.repeat(512))
  })

  it('by the peer’s CONNECTION_CLOSE is answered by an end, without a frame', () => {
    for (const frame of [close(5, 'enough'), close(0x0a, 'wrong', false)]) {
      const wire = new Wire()
      wire.open().write(Buffer.from('never sent'))
      wire.send(frame, ping(1), stream(0, 0, 'x'))
      expect(wire.core.isEndDue).toBe(true)
      expect(wire.streams).toEqual([])
      expect(wire.sent()).toEqual([])
    }
  })

  it('by the end of the peer’s sending side is answered by an end, without a frame', () => {
    const wire = new Wire()
    wire.core.receiveEnd(0)
    expect(wire.core.isEndDue).toBe(true)
    expect(wire.sent()).toEqual([])
  })
})

/** A session on one end of a pipe; the test holds the other. */
async function sessionOnPipe(
  options: Partial<SessionOptions> = {},
): Promise<{ session: Session; peer: Socket }> {
  const [own, peer] = await socketPair()
  return { session: new Session(own, { role: 'server', ...options }), peer }
}

/** A clock whose timers fire when the test says so. */
function manualClock(): { clock: Clock; fire: (delayMs: number) => void; timers: Map<object, unknown> } {
  const timers = new Map<object, { delayMs: number; callback: () => void }>()
  const clock: Clock = {
    now: () => 0,
    defer: (callback) => systemClock.defer(callback),
    setTimer(delayMs, callback) {
      const timer = { cancel: () => void timers.delete(timer) }
      timers.set(timer, { delayMs, callback })
      return timer
    },
  }
  const fire = (wanted: number): void => {
    for (const { delayMs, callback } of timers.values()) if (delayMs === wanted) callback()
  }
  return { clock, fire, timers }
}

describe('the connection of a session that was closed', () => {
  it('is ended, and kept until the peer has ended too; what still comes is dropped', async () => {
    const { session, peer } = await sessionOnPipe()
    peer.write(hello())
    peer.resume()
    session.close(3, 'bye')
    await new Promise((resolve) => peer.once('end', resolve))
    expect(session.isClosed).toBe(false)
    peer.write(record(stream(0, 0, 'late')))
    peer.end()
    expect(await session.closed).toBe(undefined)
    expect(session.openStreams).toBe(0)
  })

  it('is broken after a while when the peer does not end', async () => {
    const { clock, fire } = manualClock()
    const { session, peer } = await sessionOnPipe({ clock })
    peer.on('error', () => {})
    peer.resume()
    session.close()
    await new Promise((resolve) => peer.once('end', resolve))
    expect(session.isClosed).toBe(false)
    fire(3_000)
    await session.closed
    expect(session.isClosed).toBe(true)
  })

  it('leaves nothing behind once it is over: no stream, no timer, no reserved memory', async () => {
    const { clock, timers } = manualClock()
    const memoryBudget = new MemoryBudget(1 << 20)
    const { session, peer } = await sessionOnPipe({ clock, memoryBudget })
    peer.resume()
    peer.write(Buffer.concat([hello(), record(stream(0, 0, 'unread'))]))
    const unread = await session.accept()
    unread.manualCredit = true
    unread.handle(new Log())
    expect(memoryBudget.reservedBytes).toBeGreaterThan(0)
    expect(timers.size).toBeGreaterThan(0)
    session.close()
    peer.end()
    await session.closed
    expect(unread.isClosed).toBe(true)
    expect([session.openStreams, timers.size, memoryBudget.reservedBytes]).toEqual([0, 0, 0])
  })

  it('is ended in answer to the peer’s close', async () => {
    const { session, peer } = await sessionOnPipe()
    const ended = new Promise((resolve) => peer.once('end', resolve))
    peer.resume()
    peer.write(Buffer.concat([hello(), record(close(9, 'enough'))]))
    await ended
    peer.end()
    expect(await session.closed).toMatchObject({ closeCode: 9, isApplication: true, reason: 'enough' })
  })
})

describe('a connection that breaks', () => {
  it('ends the session at once', async () => {
    const [own, peer] = await socketPair()
    const session = new Session(own, { role: 'client' })
    peer.resume()
    own.destroy(new Error('cable cut'))
    expect(await session.closed).toMatchObject({ code: 'ASTRA_ERR_CONNECTION_LOST' })
  })
})

describe('reading from the connection', () => {
  it('goes on while the application reads none of its streams', async () => {
    const [a, b] = await socketPair()
    const client = new Session(a, { role: 'client' })
    const server = new Session(b, { role: 'server' })
    const unread = await client.openStream()
    unread.write(new Uint8Array(100_000))
    await server.accept()
    for (let i = 0; i < 20; i++) {
      expect(await client.ping()).toBeGreaterThanOrEqual(0)
      expect(await server.ping()).toBeGreaterThanOrEqual(0)
    }
    expect(unread.bufferedBytes).toBeGreaterThan(0)
    client.close()
    server.close()
    await Promise.all([client.closed, server.closed])
  })
})
