/**
 * The shortest round trip that windows are made for, in ms. On one machine or a local network the minimum round trip is
 * measured while both processes happen to run; waking them takes several times as long.
 */
const MIN_RTT_MS = 0.6

/**
 * From this size on, in bytes, the rate is measured over at least LARGE_WINDOW_MEASURE_MS: what waited in the system's
 * buffers arrives at the speed of memory, and a large window pays only when the pipe stays that fast for longer.
 */
const LARGE_WINDOW_BYTES = 1024 * 1024
const LARGE_WINDOW_MEASURE_MS = 8

/** What is assumed before the first ping was answered, in ms. */
const ASSUMED_RTT_MS = 100

/** The part of a window that is used up before it is renewed, and its maximum in bytes. */
const STEP_PART = 1 / 4
const MAX_STEP_BYTES = 1024 * 1024

/**
 * How much of a window is used up when new credit is due, in bytes. The peer can send at most window minus step in the
 * first round trip after it stood still, so the step decides which part of a window keeps a pipe full, and
 * whether the measured rate can show that the window is too small.
 */
export function creditStep(windowBytes: number): number {
  return Math.min(windowBytes * STEP_PART, MAX_STEP_BYTES)
}

/** Measures how fast one window is consumed, and sizes it. */
export class WindowTuning {
  windowBytes: number
  /** A shorter round trip never shrinks the window below this. */
  minBytes: number
  readonly #products: number
  /** Consumed since {@link #since}. */
  #bytes = 0
  #since: number
  /** The round trip that the window was grown for. */
  #rttMs = ASSUMED_RTT_MS

  /** Begins with `windowBytes`, and aims at `products` times the bandwidth-delay product. */
  constructor(windowBytes: number, now: number, products: number) {
    this.windowBytes = windowBytes
    this.#products = products
    this.minBytes = windowBytes
    this.#since = now
  }

  /**
   * Called when `consumedBytes` were consumed since the last call. Sets the window to a multiple of the shortest
   * round trip times the rate over at least that long; at most twice the window before, and at most `maxBytes`. The
   * window shrinks to `maxBytes`, and in proportion when the shortest round trip becomes shorter, because it was
   * grown for a longer one. It does not follow the rate down: idle time between bursts does not mean a slow reader.
   */
  renew(consumedBytes: number, now: number, minRttMs: number | undefined, maxBytes: number): void {
    const rttMs = minRttMs === undefined ? ASSUMED_RTT_MS : Math.max(minRttMs, MIN_RTT_MS)
    if (rttMs < this.#rttMs) this.#shrink(rttMs / this.#rttMs)
    this.#rttMs = rttMs
    this.#bytes += consumedBytes
    const elapsedMs = now - this.#since
    if (elapsedMs >= this.#measureMs(rttMs))
      this.#grow((this.#products * rttMs * this.#bytes) / elapsedMs, now)
    this.windowBytes = Math.floor(Math.min(this.windowBytes, maxBytes))
  }

  /** Doubles the window, up to `maxBytes`. */
  grow(maxBytes: number): void {
    this.windowBytes = Math.floor(Math.min(2 * this.windowBytes, maxBytes))
  }

  #measureMs(rttMs: number): number {
    return this.windowBytes < LARGE_WINDOW_BYTES ? rttMs : Math.max(rttMs, LARGE_WINDOW_MEASURE_MS)
  }

  #grow(targetBytes: number, now: number): void {
    this.windowBytes = Math.min(Math.max(targetBytes, this.windowBytes), 2 * this.windowBytes)
    this.#bytes = 0
    this.#since = now
  }

  #shrink(factor: number): void {
    this.windowBytes = Math.max(this.windowBytes * factor, Math.min(this.minBytes, this.windowBytes))
  }
}
