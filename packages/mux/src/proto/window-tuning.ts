/** Below this a round trip says more about the event loop than about the path, in ms. */
const MIN_RTT_MS = 0.2

/** What is assumed before the first ping was answered, in ms. */
const ASSUMED_RTT_MS = 100

/** Part of a window that is used up before it is renewed, and the most of that, in bytes. */
const STEP_FRACTION = 4
const MAX_STEP_BYTES = 1024 * 1024

/**
 * How much of a window is used up when new credit is due, in bytes. The peer can send at most window minus step in the
 * first round trip after it stood still, so the step decides what part of a window works for a full pipe, and whether
 * the rate seen can tell that the window is too small.
 */
export function creditStep(windowBytes: number): number {
  return Math.min(windowBytes / STEP_FRACTION, MAX_STEP_BYTES)
}

/** Measures how fast one window is consumed and says how large it should be. */
export class WindowTuning {
  windowBytes: number
  /** The window never shrinks below this because of a shorter round trip. */
  leastBytes: number
  #renewedAt: number
  /** The round trip that the window was grown for. */
  #rttMs = ASSUMED_RTT_MS

  constructor(windowBytes: number, now: number) {
    this.windowBytes = windowBytes
    this.leastBytes = windowBytes
    this.#renewedAt = now
  }

  /**
   * To be called when `consumedBytes` were consumed since the last renewal. Sets the window to twice the product of the
   * shortest round trip and the rate just seen, at most doubling it and at most `maxBytes`. It shrinks where `maxBytes`
   * demands it, and as much as the shortest round trip became shorter: then it was grown for a pipe that is not there.
   * It does not follow the rate down: idle time between bursts is not a slow reader.
   */
  renew(consumedBytes: number, now: number, minRttMs: number | undefined, maxBytes: number): void {
    const elapsedMs = Math.max(now - this.#renewedAt, 0.001)
    this.#renewedAt = now
    const rttMs = minRttMs === undefined ? ASSUMED_RTT_MS : Math.max(minRttMs, MIN_RTT_MS)
    if (rttMs < this.#rttMs) this.#shrink(rttMs / this.#rttMs)
    this.#rttMs = rttMs
    const target = (2 * rttMs * consumedBytes) / elapsedMs
    const grown = Math.min(Math.max(target, this.windowBytes), 2 * this.windowBytes)
    this.windowBytes = Math.floor(Math.min(grown, maxBytes))
  }

  #shrink(factor: number): void {
    this.windowBytes = Math.max(this.windowBytes * factor, Math.min(this.leastBytes, this.windowBytes))
  }
}
