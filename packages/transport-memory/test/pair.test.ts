import { Probe } from '@astranet/testkit'
import { VirtualClock } from '@astranet/testkit/sim'
import { memoryPair, type MemoryPairOptions } from '@astranet/transport-memory'
import { describe, expect, it } from 'vitest'

function pair(options: MemoryPairOptions) {
  const clock = new VirtualClock()
  const [a, b] = memoryPair({ ...options, clock })
  return { clock, a: Probe.on(a), b: Probe.on(b) }
}

describe('a pair of memory connections', () => {
  it('delivers nothing before the delay is over, and everything then', () => {
    const { clock, a, b } = pair({ delayMs: 50 })
    a.write(new Uint8Array(1000))
    clock.advance(49)
    expect(b.receivedBytes).toBe(0)
    clock.advance(1)
    expect(b.receivedBytes).toBe(1000)
  })

  it('carries as many bytes a second as it is told', () => {
    const { clock, a, b } = pair({ bytesPerSecond: 1000, bufferBytes: 10_000 })
    for (let count = 0; count < 10; count++) a.write(new Uint8Array(500))
    clock.advance(2000)
    expect(b.receivedBytes).toBe(2000)
    clock.advance(3000)
    expect(b.receivedBytes).toBe(5000)
  })

  it('counts in bufferedBytes what does not fit, and calls onDrain when it does', () => {
    const { clock, a } = pair({ delayMs: 10, bufferBytes: 1000 })
    expect(a.write(new Uint8Array(1000))).toBe(true)
    expect(a.duplex.bufferedBytes).toBe(0)
    expect(a.write(new Uint8Array(1))).toBe(false)
    expect(a.duplex.bufferedBytes).toBe(1)
    clock.advance(10)
    expect(a.drains).toBe(1)
    expect(a.duplex.bufferedBytes).toBe(0)
  })

  it.each([1, 999, 1000, 1001, 65_537])('is cut after exactly %i bytes, for both ends', (cutAfterBytes) => {
    const { clock, a, b } = pair({ cutAfterBytes })
    for (let count = 0; count < 100; count++) a.write(new Uint8Array(1000))
    clock.runUntilIdle()
    expect(b.receivedBytes).toBe(cutAfterBytes)
    for (const { closeReason } of [a, b]) expect(closeReason).toMatchObject({ code: 'ECONNRESET' })
  })

  it('tells the peer of an abort after the delay', () => {
    const { clock, a, b } = pair({ delayMs: 30 })
    a.duplex.abort(new Error('enough'))
    clock.advance(29)
    expect([a.closes, b.closes]).toEqual([1, 0])
    clock.advance(1)
    expect(b.closeReason).toMatchObject({ code: 'ECONNRESET' })
  })

  it('keeps no reference to what was written', () => {
    const { clock, a, b } = pair({})
    const chunk = Uint8Array.of(1, 2, 3)
    a.write(chunk)
    chunk.fill(9)
    clock.runUntilIdle()
    expect([...b.bytes()]).toEqual([1, 2, 3])
  })

  it('puts small chunks together and takes large ones apart', () => {
    const { clock, a, b } = pair({})
    a.write(new Uint8Array(10), new Uint8Array(20), new Uint8Array(65_536 * 2))
    clock.runUntilIdle()
    expect(b.chunks.map(({ length }) => length)).toEqual([65_536, 65_536, 30])
  })

  it.each([
    { delayMs: -1 },
    { bytesPerSecond: 0 },
    { bufferBytes: 0 },
    { cutAfterBytes: -1 },
    { delayMs: Number.NaN },
  ])('refuses %j, naming the option', (options) => {
    expect(() => memoryPair(options)).toThrow(RangeError)
    expect(() => memoryPair(options)).toThrow(Object.keys(options)[0])
  })
})
