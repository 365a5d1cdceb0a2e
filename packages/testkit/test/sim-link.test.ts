import { Probe } from '@astranet/testkit'
import { rng, simLink, VirtualClock, type SimLinkOptions } from '@astranet/testkit/sim'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

function simulated(options: SimLinkOptions) {
  const clock = new VirtualClock()
  const link = simLink(clock, options)
  return { clock, link, a: Probe.on(link.a), b: Probe.on(link.b) }
}

describe('a simulated link', () => {
  it('keeps bytes and order under any delay, jitter, rate and splits', () => {
    const settings = fc.record({
      delayMs: fc.integer({ min: 0, max: 100 }),
      jitterMs: fc.integer({ min: 0, max: 100 }),
      bytesPerSecond: fc.integer({ min: 1000, max: 1e6 }),
      maxPieceBytes: fc.integer({ min: 1, max: 5000 }),
      seed: fc.integer(),
    })
    fc.assert(
      fc.property(
        settings,
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }),
        ({ seed, ...options }, chunks) => {
          const { clock, a, b } = simulated({ ...options, rng: rng(seed) })
          for (const chunk of chunks) a.write(chunk)
          a.duplex.end()
          clock.runUntilIdle()
          expect(Buffer.compare(b.bytes(), Buffer.concat(chunks))).toBe(0)
          expect(b.hasEnded).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is the same on every run with one seed', () => {
    const run = () => {
      const { clock, a, b } = simulated({ delayMs: 10, jitterMs: 30, maxPieceBytes: 100, rng: rng(1) })
      const arrivals: string[] = []
      b.onChunk = ({ length }) => arrivals.push(`${clock.now()}: ${length}`)
      a.write(new Uint8Array(1000))
      clock.runUntilIdle()
      return arrivals
    }
    expect(run()).toEqual(run())
    expect(run().length).toBeGreaterThan(5)
  })

  it('is cut at exactly the byte it is told, for both ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer(), (cutAfterBytes, seed) => {
        const options = { maxPieceBytes: 700, rng: rng(seed), aToB: { cutAfterBytes } }
        const { clock, a, b } = simulated(options)
        for (let count = 0; count < 10; count++) a.write(new Uint8Array(1000))
        clock.runUntilIdle()
        expect(b.receivedBytes).toBe(cutAfterBytes)
        expect([a.closeReason, b.closeReason]).toMatchObject([{ code: 'ECONNRESET' }, { code: 'ECONNRESET' }])
      }),
    )
  })

  it('has two directions of their own', () => {
    const { clock, a, b } = simulated({ delayMs: 10, bToA: { delayMs: 100 } })
    a.write(Uint8Array.of(1))
    b.write(Uint8Array.of(1))
    clock.advance(10)
    expect([a.receivedBytes, b.receivedBytes]).toEqual([0, 1])
    clock.advance(90)
    expect(a.receivedBytes).toBe(1)
  })

  it('loses nothing while held', () => {
    const { clock, link, a, b } = simulated({ delayMs: 10 })
    link.hold()
    a.write(Uint8Array.of(1, 2))
    clock.advance(1000)
    expect(b.receivedBytes).toBe(0)
    link.release()
    clock.advance(0)
    expect(b.receivedBytes).toBe(2)
  })

  it('breaks when cut, with the reason given', () => {
    const { clock, link, a, b } = simulated({ delayMs: 10 })
    a.write(Uint8Array.of(1))
    const reason = new Error('scissors')
    link.cut(reason)
    clock.runUntilIdle()
    expect([a.closeReason, b.closeReason, b.receivedBytes]).toEqual([reason, reason, 0])
  })

  it.each([
    { delayMs: -1 },
    { bytesPerSecond: 0 },
    { bufferBytes: 0 },
    { maxPieceBytes: 0 },
    { aToB: { jitterMs: Number.NaN } },
  ])('refuses %j with a RangeError', (options) =>
    expect(() => simLink(new VirtualClock(), options)).toThrow(RangeError),
  )
})
