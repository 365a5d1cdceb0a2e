import { describe, expect, it } from 'vitest'
import { Liveness } from '../src/proto/session/liveness.js'

function make(options: Partial<ConstructorParameters<typeof Liveness>[0]> = {}): Liveness {
  return new Liveness(
    {
      keepAliveIntervalMs: 10_000,
      deadPeerTimeoutMs: 20_000,
      recordTimeoutMs: 120_000,
      random: () => 0,
      isFirstToPing: false,
      ...options,
    },
    0,
  )
}

describe('liveness', () => {
  it('asks for a ping every interval, jittered down by at most a tenth', () => {
    expect(make().nextDeadline()).toBe(10_000)
    expect(make({ random: () => 1 }).nextDeadline()).toBe(9_000)
    const liveness = make()
    expect(liveness.check(10_000)).toBe(undefined)
    expect(liveness.isPingDue).toBe(true)
    expect(make({ keepAliveIntervalMs: 0 }).nextDeadline()).toBe(Infinity)
  })

  it('asks sooner on the side that pings first, so that the other side only answers', () => {
    const isFirstToPing = true
    expect(make({ isFirstToPing }).nextDeadline()).toBe(9_000)
    expect(make({ isFirstToPing, random: () => 1 }).nextDeadline()).toBe(8_000)
    expect(make({ isFirstToPing, keepAliveIntervalMs: 0 }).nextDeadline()).toBe(Infinity)
  })

  it('takes the ping of the peer for the next one of its own, but pings every six intervals', () => {
    const liveness = make()
    for (let first = 1; first <= 5; first++) {
      liveness.pingSent(0)
      liveness.pongReceived(0, first, 10)
    }
    for (let count = 1; count <= 6; count++) {
      const now = count * 9_999
      liveness.received(now, false)
      expect(liveness.pingReceived(0, count, now)).toBe(undefined)
      expect(liveness.nextDeadline()).toBe(now + 10_000)
      expect(liveness.check(now + 9_998)).toBe(undefined)
      expect(liveness.isPingDue).toBe(false)
    }
    liveness.pingReceived(0, 7, 60_000)
    expect(liveness.nextDeadline()).toBe(59_994 + 10_000)
    liveness.check(69_994)
    expect(liveness.isPingDue).toBe(true)
  })

  it('finds a peer dead in the same time after the last ping of the peer', () => {
    const liveness = make()
    liveness.received(5_000, false)
    liveness.pingReceived(0, 1, 5_000)
    liveness.check(15_000)
    expect(liveness.isPingDue).toBe(true)
    liveness.pingSent(15_000)
    expect(liveness.check(34_999)).toBe(undefined)
    expect(liveness.check(35_000)).toBe('dead')
  })

  it('judges a peer dead when a ping stays unanswered and nothing moves', () => {
    const liveness = make()
    expect(liveness.pingSent(1_000)).toBe(1)
    expect(liveness.check(20_999)).toBe(undefined)
    expect(liveness.check(21_000)).toBe('dead')
  })

  it('judges a peer dead that never let a ping out', () => {
    const liveness = make()
    liveness.requestPing(0)
    expect(liveness.check(20_000)).toBe('dead')
  })

  it('takes arriving bytes and drained ones as signs of life', () => {
    const liveness = make()
    liveness.pingSent(0)
    liveness.received(15_000, true)
    expect(liveness.check(34_999)).toBe(undefined)
    liveness.drained(34_999)
    expect(liveness.check(54_998)).toBe(undefined)
    expect(liveness.check(54_999)).toBe('dead')
  })

  it('gives a peer the whole time again, once, when this process did not run', () => {
    const liveness = make()
    liveness.pingSent(0)
    expect(liveness.check(80_000)).toBe(undefined)
    expect(liveness.check(99_999)).toBe(undefined)
    expect(liveness.check(180_000)).toBe('dead')
  })

  it('has a probe answered sooner: by a ping that was sent after it', () => {
    const liveness = make()
    liveness.pingSent(0)
    liveness.probe(1_000, 2_000)
    expect(liveness.isPingDue).toBe(true)
    expect(liveness.pingSent(1_000)).toBe(2)
    // The answer to the ping before says nothing about now, and no round trip either.
    expect(liveness.pongReceived(0, 1, 1_100)).toBe(undefined)
    expect(liveness.minRttMs).toBe(undefined)
    liveness.received(1_100, false)
    expect(liveness.check(3_099)).toBe(undefined)
    expect(liveness.check(3_100)).toBe('dead')
  })

  it('gives the peer the usual time again once a probe was answered', () => {
    const liveness = make()
    liveness.probe(0, 2_000)
    liveness.pingSent(0)
    expect(liveness.pongReceived(0, 1, 1_999)).toBe(1_999)
    liveness.received(1_999, false)
    expect(liveness.patienceMs).toBe(20_000)
    liveness.pingSent(5_000)
    expect(liveness.check(24_999)).toBe(undefined)
    expect(liveness.check(25_000)).toBe('dead')
  })

  it('gives a probe two round trips, and never more than the usual time', () => {
    const liveness = make()
    liveness.pingSent(0)
    liveness.pongReceived(0, 1, 3_000)
    liveness.probe(10_000, 2_000)
    expect(liveness.patienceMs).toBe(6_000)
    liveness.pingSent(10_000)
    liveness.pongReceived(0, 2, 25_000)
    liveness.probe(30_000, 2_000)
    expect(liveness.patienceMs).toBe(20_000)
  })

  it('lets a probe kill nobody where no peer is to be found dead', () => {
    const liveness = make({ deadPeerTimeoutMs: 0, keepAliveIntervalMs: 0 })
    liveness.probe(0, 2_000)
    liveness.pingSent(0)
    expect(liveness.nextDeadline()).toBe(Infinity)
    expect(liveness.check(1_000_000)).toBe(undefined)
  })

  it('does not probe a pipe that has no connection', () => {
    const liveness = make()
    liveness.suspend(1_000)
    liveness.probe(2_000, 2_000)
    expect(liveness.isPingDue).toBe(false)
  })

  it('goes on pinging while bytes arrive and the answer is late, and measures the first of these pings', () => {
    const liveness = make()
    expect(liveness.pingSent(0)).toBe(1)
    liveness.received(9_000, true)
    expect(liveness.check(10_000)).toBe(undefined)
    expect(liveness.isPingDue).toBe(true)
    expect(liveness.pingSent(10_000)).toBe(2)
    expect(liveness.pongReceived(0, 1, 12_000)).toBe(12_000)
    expect(liveness.isPingDue).toBe(true)
    expect(liveness.pingSent(12_000)).toBe(3)
    expect(liveness.pongReceived(0, 2, 22_000)).toBe('no-sample')
    expect(liveness.pongReceived(0, 3, 24_000)).toBe(12_000)
  })

  it('sends no second ping to a peer from which nothing arrives, and postpones its end for none', () => {
    const liveness = make()
    liveness.pingSent(0)
    expect(liveness.check(10_000)).toBe(undefined)
    expect(liveness.isPingDue).toBe(false)
    expect(liveness.check(20_000)).toBe('dead')
    const heard = make()
    heard.pingSent(0)
    heard.received(9_000, true)
    heard.check(10_000)
    heard.pingSent(10_000)
    expect(heard.check(28_999)).toBe(undefined)
    expect(heard.check(29_000)).toBe('dead')
  })

  it('pings five times in a row at first: the first round trips measure code that has not run before', () => {
    const liveness = make()
    liveness.requestPing(0)
    let sent = 0
    for (let now = 0; liveness.isPingDue; now += 10) {
      sent = liveness.pingSent(now)
      liveness.pongReceived(0, sent, now + 10)
    }
    expect(sent).toBe(5)
  })

  it('measures the round trip', () => {
    const liveness = make()
    liveness.pingSent(100)
    expect(liveness.isPingInFlight).toBe(true)
    expect(liveness.pongReceived(0, 1, 130)).toBe(30)
    expect(liveness.isPingInFlight).toBe(false)
    liveness.pingSent(200)
    liveness.pongReceived(0, 2, 300)
    expect(liveness.minRttMs).toBe(30)
    expect(liveness.lastRttMs).toBe(100)
    expect(liveness.pongReceived(0, 3, 300)).toMatchObject({ closeCode: 0x0a })
  })

  it('has a deadline for a record that was begun, whatever is sent meanwhile', () => {
    const liveness = make({ keepAliveIntervalMs: 0 })
    liveness.received(1_000, true)
    for (let now = 2_000; now < 121_000; now += 1_000) {
      liveness.recordSent(now)
      liveness.received(now, true)
      expect(liveness.check(now)).toBe(undefined)
    }
    expect(liveness.nextDeadline()).toBe(121_000)
    expect(liveness.check(121_000)).toBe('stuck-record')
  })

  it('starts that deadline again with each record', () => {
    const liveness = make({ keepAliveIntervalMs: 0 })
    liveness.received(0, true)
    liveness.recordReceived(100_000)
    liveness.received(100_000, true)
    expect(liveness.nextDeadline()).toBe(220_000)
    liveness.recordReceived(110_000)
    liveness.received(110_000, false)
    expect(liveness.nextDeadline()).toBe(Infinity)
  })

  it('ends an idle session, counted from the last whole record in either direction', () => {
    const liveness = make({ keepAliveIntervalMs: 0 })
    liveness.idleTimeoutMs = 5_000
    liveness.recordSent(1_000)
    liveness.recordReceived(3_000)
    liveness.received(7_000, true)
    expect(liveness.check(7_999)).toBe(undefined)
    expect(liveness.check(8_000)).toBe('idle')
  })

  it('stands still while suspended and drops the round trip under way', () => {
    const liveness = make()
    liveness.idleTimeoutMs = 30_000
    liveness.pingSent(0)
    liveness.suspend(5_000)
    expect(liveness.nextDeadline()).toBe(Infinity)
    expect(liveness.check(1_000_000)).toBe(undefined)
    liveness.resume(1_000_000)
    expect(liveness.check(1_014_999)).toBe(undefined)
    expect(liveness.pongReceived(0, 1, 1_015_000)).toBe('no-sample')
    expect(liveness.minRttMs).toBe(undefined)
  })

  it('does not count what happens during a suspension twice', () => {
    const liveness = make()
    liveness.suspend(1_000)
    liveness.drained(500_000)
    liveness.recordSent(500_000)
    liveness.pingSent(500_000)
    liveness.resume(1_001_000)
    expect(liveness.pongReceived(0, 1, 1_001_500)).toBe('no-sample')
    liveness.pingSent(1_002_000)
    expect(liveness.check(1_022_000)).toBe('dead')
  })
})
