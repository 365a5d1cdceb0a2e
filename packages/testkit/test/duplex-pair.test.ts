import { duplexPair, type DuplexPairOptions } from '@astranet/interface/duplex-pair'
import { Probe } from '@astranet/testkit'
import { VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'

function pair(options: DuplexPairOptions = {}) {
  const clock = new VirtualClock()
  const [a, b] = duplexPair({ ...options, clock })
  return { clock, a: Probe.on(a), b: Probe.on(b) }
}

describe('a plain pair', () => {
  it('delivers in a later turn, at the same time, in buffers of its own', () => {
    const { clock, a, b } = pair()
    const chunk = Uint8Array.of(1, 2, 3)
    a.write(chunk, chunk)
    chunk.fill(9)
    expect(b.receivedBytes).toBe(0)
    clock.runUntilIdle()
    expect([...b.bytes()]).toEqual([1, 2, 3, 1, 2, 3])
    expect(clock.now()).toBe(0)
  })

  it('puts small chunks together and takes large ones apart', () => {
    const { clock, a, b } = pair()
    a.write(new Uint8Array(10), new Uint8Array(20), new Uint8Array(65_536 * 2))
    clock.runUntilIdle()
    expect(b.chunks.map(({ length }) => length)).toEqual([65_536, 65_536, 30])
  })

  it('counts in bufferedBytes what does not fit, and calls onDrain when it does', () => {
    const { clock, a, b } = pair({ bufferBytes: 1000 })
    b.duplex.pause()
    expect(a.write(new Uint8Array(1000))).toBe(true)
    expect(a.write(new Uint8Array(1))).toBe(false)
    expect(a.duplex.bufferedBytes).toBe(1)
    clock.runUntilIdle()
    expect(a.drains).toBe(0)
    b.duplex.resume()
    clock.runUntilIdle()
    expect(a.drains).toBe(1)
    expect(a.duplex.bufferedBytes).toBe(0)
  })

  it('leaves what a handler writes meanwhile to the next turn', () => {
    const { clock, a, b } = pair()
    b.onChunk = (chunk) => b.write(chunk)
    a.onChunk = (chunk) => a.write(chunk)
    a.write(new Uint8Array(1))
    for (let turn = 1; turn <= 10; turn++) {
      clock.step()
      expect(a.chunks.length + b.chunks.length).toBe(turn)
    }
  })

  it('closes both ends without a reason once both have ended, and only then', () => {
    const { clock, a, b } = pair()
    a.duplex.end()
    clock.runUntilIdle()
    expect([a.closes, b.closes, b.hasEnded]).toEqual([0, 0, true])
    b.write(Uint8Array.of(1))
    b.duplex.end()
    clock.runUntilIdle()
    expect([a.receivedBytes, a.closes, b.closes]).toEqual([1, 1, 1])
    expect([a.closeReason, b.closeReason]).toEqual([undefined, undefined])
  })

  it('reports the reason of an abort here and a reset there, and drops what is in flight', () => {
    const { clock, a, b } = pair()
    a.write(new Uint8Array(10))
    a.duplex.abort(new Error('enough'))
    expect(a.closes).toBe(0)
    clock.runUntilIdle()
    expect(a.closeReason?.message).toBe('enough')
    expect(b.closeReason).toMatchObject({ code: 'ECONNRESET' })
    expect(b.receivedBytes).toBe(0)
  })

  it.each([0, 0.5, Number.NaN, Infinity])('refuses %d as bufferBytes', (bufferBytes) => {
    expect(() => duplexPair({ bufferBytes })).toThrow(/"options\.bufferBytes" is out of range/)
  })
})
