import { describe, expect, it } from 'vitest'
import { WindowTrial } from '../src/proto/receive/window-trial.js'

const ROUND_TRIP_MS = 40

/** A stream whose window is used up in each round trip, and renewed after each quarter of it. */
class BusyStream {
  windowBytes = 16_384
  maxBytes = 1_048_576
  now = 1_000
  isBlocked = true
  readonly #trial = new WindowTrial()
  #consumed = 0

  /** How many bytes per ms arrive with a window; by default a window in each round trip. */
  rate = (windowBytes: number): number => windowBytes / ROUND_TRIP_MS

  renew(times: number): void {
    for (let count = 0; count < times; count++) {
      const limit = this.#consumed + this.windowBytes
      const bytes = this.windowBytes / 4
      this.#consumed += bytes
      this.now += bytes / this.rate(this.windowBytes)
      this.#trial.isBlocked = this.isBlocked
      const { now, windowBytes, maxBytes } = this
      this.windowBytes = this.#trial.windowAt({ consumed: this.#consumed, limit, now, windowBytes, maxBytes })
    }
  }
}

describe('trials of larger windows', () => {
  it('double a window again and again while that makes the stream faster, up to the largest one', () => {
    const stream = new BusyStream()
    const sizes = new Set<number>()
    for (let count = 0; count < 200; count++) {
      stream.renew(1)
      sizes.add(stream.windowBytes)
    }
    expect([...sizes]).toEqual([16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576])
  })

  it('use the rest up to the largest window, but not for less than a quarter more', () => {
    const stream = new BusyStream()
    stream.maxBytes = 24_000
    stream.renew(40)
    expect(stream.windowBytes).toBe(24_000)
    stream.maxBytes = 29_000
    stream.renew(400)
    expect(stream.windowBytes).toBe(24_000)
  })

  it('take a window back that made the stream no faster, and pause for a second', () => {
    const stream = new BusyStream()
    stream.rate = () => 400
    while (stream.windowBytes === 16_384) stream.renew(1)
    expect(stream.windowBytes).toBe(32_768)
    while (stream.windowBytes !== 16_384) stream.renew(1)
    const backAt = stream.now
    while (stream.windowBytes === 16_384) stream.renew(1)
    expect(stream.now - backAt).toBeGreaterThan(1_000)
    expect(stream.now - backAt).toBeLessThan(1_200)
  })

  it('do not begin while the peer has credit', () => {
    const stream = new BusyStream()
    stream.isBlocked = false
    stream.renew(1_000)
    expect(stream.windowBytes).toBe(16_384)
  })

  it('end when something else changes the window', () => {
    const stream = new BusyStream()
    stream.rate = () => 400
    while (stream.windowBytes === 16_384) stream.renew(1)
    stream.windowBytes = 100_000
    stream.isBlocked = false
    stream.renew(1_000)
    expect(stream.windowBytes).toBe(100_000)
  })
})
