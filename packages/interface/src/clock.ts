/** A timer that was set and can be cancelled. */
export interface Timer {
  /** Cancels the timer. Idempotent; harmless after the timer has fired. */
  cancel(): void
}

/** How a timer behaves. */
export interface TimerOptions {
  /** When true the timer alone does not keep a Node process alive. Default `false`. */
  background?: boolean
}

/**
 * Where time comes from. Passed in everywhere, so that a simulation can run on virtual time.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; never decreases. */
  now(): number
  /** Calls `callback` once, at the earliest in `delayMs` (0 to 2^31 - 1; larger values are clamped). */
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer
  /** Calls `callback` once, after the current turn of the event loop, before timers that are set later. */
  defer(callback: () => void): void
}
