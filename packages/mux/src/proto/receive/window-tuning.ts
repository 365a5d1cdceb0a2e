/**
 * The shortest round trip that windows are made for, in ms. On a machine or a local network the least one says what the path
 * needs when both processes happen to run; waking them takes several times as long.
 */
const MIN_RTT_MS = 0.6

/**
 * The rate of a window from this size on, in bytes, is that over at least so many ms: what waited in the system's buffers
 * arrives at the speed of memory, and a large window is only worth its bytes where the pipe is that fast for longer.
 */
const LARGE_WINDOW_BYTES = 1024 * 1024
const LARGE_WINDOW_MEASURE_MS = 8

/** What is assumed before the first ping was answered, in ms. */
const ASSUMED_RTT_MS = 100

/** Part of a window that is used up before it is renewed, and the most of that, in bytes. */
const STEP_PART = 1 / 4
const MAX_STEP_BYTES = 1024 * 1024

/**
 * How much of a window is used up when new credit is due, in bytes. The peer can send at most window minus step in the
 * first round trip after it stood still, so the step decides what part of a window works for a full pipe, and whether
 * the rate seen can tell that the window is too small.
 */
export function creditStep(windowBytes: number): number {
  return Math.min(windowBytes * STEP_PART, MAX_STEP_BYTES)
}

/** Measures how fast one window is consumed and says how large it should be. */
export class WindowTuning {
  windowBytes: number
  /** The window never shrinks below this because of a shorter round trip. */
  minBytes: number
  readonly #products: number
  /** Consumed since {@link #since}. */
  #bytes = 0
  #since: number
  /** The round trip that the window was grown for. */
  #rttMs = ASSUMED_RTT_MS

  /** Begins with `windowBytes`, and aims at so many bandwidth-delay `products`. */
  constructor(windowBytes: number, now: number, products: number) {
    this.windowBytes = windowBytes
    this.#products = products
    this.minBytes = windowBytes
    this.#since = now
  }

  /**
   * To be called when `consumedBytes` were consumed since the last call. Sets the window to some times the
   * product of the shortest round trip and the rate over at least that long, at most doubling it each time and at most
   * `maxBytes`. It shrinks where `maxBytes` demands it, and as much as the shortest
   * round trip became shorter: then it was grown for a pipe that is not there. It does not follow the rate down: idle time
   * between bursts is not a slow reader.
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
