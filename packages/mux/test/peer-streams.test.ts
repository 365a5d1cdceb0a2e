import { describe, expect, it } from 'vitest'
import { LocalStreams } from '../src/proto/stream/local-streams.js'
import { PeerStreams } from '../src/proto/stream/peer-streams.js'

describe('streams the peer opens', () => {
  it('are new exactly once, in whatever order their frames come', () => {
    const peer = new PeerStreams(1000)
    const order = [5, 2, 9, 0, 1, 3, 4, 8, 6, 7]
    for (const index of order) expect(peer.see(index)).toBe('new')
    for (const index of order) expect(peer.see(index)).toBe('known')
    expect(peer.opened).toBe(10)
  })

  it('cost one note when a frame opens four million of them at once', () => {
    const peer = new PeerStreams(2 ** 32)
    peer.limit = 2 ** 32
    expect(peer.see(4_000_000)).toBe('new')
    expect(peer.opened).toBe(4_000_001)
    expect(peer.see(3_999_999)).toBe('new')
    expect(peer.see(0)).toBe('new')
    expect(peer.see(2_000_000)).toBe('new')
    expect(peer.see(2_000_000)).toBe('known')
  })

  it('may be as many as MAX_STREAMS says, and not one more', () => {
    const peer = new PeerStreams(10)
    expect(peer.limit).toBe(10)
    expect(peer.see(9)).toBe('new')
    expect(peer.see(10)).toBe('over-limit')
  })

  it('are limited by min(closed + maxConcurrent, accepted + backlog)', () => {
    const peer = new PeerStreams(1_048_576)
    expect(peer.limit).toBe(4096)
    for (let i = 0; i < 4096; i++) peer.see(i)
    peer.accepted = 2048
    expect(peer.isUpdateDue()).toBe(true)
    peer.update()
    // 2,048 of 4,096 wait, so the backlog credit stays.
    expect(peer.limit).toBe(2048 + 4096)
    peer.accepted = 4096
    peer.update()
    expect(peer.limit).toBe(4096 + 8192)
  })

  it('have a backlog credit that doubles to 65,536 while accepting keeps up', () => {
    const peer = new PeerStreams(2 ** 40)
    for (let i = 0; i < 200_000; i++) {
      expect(peer.see(i)).toBe('new')
      peer.accepted += 1
      if (peer.isUpdateDue()) peer.update()
    }
    expect(peer.limit - peer.accepted).toBeLessThanOrEqual(65_536)
    expect(peer.limit - peer.accepted).toBeGreaterThanOrEqual(32_768)
  })

  it('give credit back when one closes and the peer has used all it had', () => {
    const peer = new PeerStreams(3)
    for (let i = 0; i < 3; i++) peer.see(i)
    peer.accepted = 3
    expect(peer.isUpdateDue()).toBe(false)
    peer.closed = 1
    expect(peer.isUpdateDue()).toBe(true)
    peer.update()
    expect(peer.limit).toBe(4)
  })

  it('get no more credit once the session drains', () => {
    const peer = new PeerStreams(10)
    peer.see(9)
    peer.accepted = 10
    peer.closed = 10
    peer.isFrozen = true
    expect(peer.isUpdateDue()).toBe(false)
  })
})

describe('streams this side opens', () => {
  it('count up to the peer’s MAX_STREAMS, and then ask for more once for each limit', () => {
    const local = new LocalStreams()
    expect(local.take()).toBe(-1)
    expect(local.isBlockedFrameDue).toBe(true)
    local.isBlockedFrameDue = false
    expect(local.take()).toBe(-1)
    expect(local.isBlockedFrameDue).toBe(false)
    expect(local.raise(2)).toBe(true)
    expect(local.raise(1)).toBe(false)
    expect([local.take(), local.take(), local.take()]).toEqual([0, 1, -1])
    expect(local.isBlockedFrameDue).toBe(true)
  })
})
