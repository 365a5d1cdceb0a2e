import { FLOAT_ZERO } from '../float-zero.js'

/** The window becomes this many times as large at most, and a trial is not worth less than the second factor. */
const MAX_FACTOR = 2
const MIN_FACTOR = 1.25

/**
 * A larger window is kept when it makes the stream faster by this part of what it was enlarged by: a window that was
 * doubled has to make the stream 1.2 times as fast.
 */
const GAIN_PART = 0.2

/** A rate is measured over at least this, in ms: what waited in the system's buffers arrives at the speed of memory. */
const MIN_MEASURE_MS = 8

/** After a larger window gave nothing the next trial waits for this, in ms. */
const PAUSE_MS = 1_000

/** What a trial does; see {@link WindowTrial}. */
type Phase = 'none' | 'before' | 'change' | 'after'

/** A stream's window and what arrived within it, at a renewal. */
export interface Renewal {
  /** Bytes of the stream that were consumed so far. */
  readonly consumed: number
  /** The limit that the peer has. */
  readonly limit: number
  readonly now: number
  readonly windowBytes: number
  readonly maxBytes: number
}

/**
 * Finds out whether a larger window makes a stream faster. The shortest round trip says nothing about a path on which
 * the bytes of others wait: there a stream's part is what its window is of all that is in flight. A stream that is
 * alone fills its own queue: a larger window makes the queue longer, and the stream no faster.
 *
 * While the peer reports that the window is used up (STREAM_DATA_BLOCKED), these phases follow each other:
 *
 * - before: the rate is measured for as long as one window passes, which is a round trip with its queues;
 * - change: the window was enlarged, up to twice its size, and what is in flight was sent within the smaller one;
 * - after: the rate is measured again. When it has grown, the window may be enlarged again. When not, it becomes what it
 *   was before, and there is a pause.
 */
export class WindowTrial {
  /** The peer had no more credit at some time since the last renewal. */
  isBlocked = false
  #phase: Phase = 'none'
  /** What the window is in this phase, in bytes; another size means that something else has changed it. */
  #windowBytes = 0
  /** The window before the change, in bytes, and the rate that a larger one has to reach, in bytes per ms. */
  #formerBytes = 0
  #aimedRate = 0
  /** Where the measurement began. */
  #consumed = FLOAT_ZERO
  #since = FLOAT_ZERO
  /** The peer's limit before the change. */
  #limit = FLOAT_ZERO
  #pausedUntil = FLOAT_ZERO

  /** The window is about to be renewed. Returns its size, in bytes. */
  windowAt(renewal: Renewal): number {
    if (this.#phase !== 'none' && renewal.windowBytes !== this.#windowBytes) this.#phase = 'none'
    const windowBytes = this.#step(renewal)
    this.isBlocked = false
    return windowBytes
  }

  #step(renewal: Renewal): number {
    switch (this.#phase) {
      case 'none':
        if (this.isBlocked && renewal.now >= this.#pausedUntil) this.#measure('before', renewal)
        return renewal.windowBytes
      case 'before':
        return this.#isMeasured(renewal) ? this.#change(renewal) : renewal.windowBytes
      case 'change':
        if (renewal.consumed >= this.#limit) this.#measure('after', renewal)
        return renewal.windowBytes
      case 'after':
        return this.#isMeasured(renewal) ? this.#decide(renewal) : renewal.windowBytes
    }
  }

  #measure(phase: Phase, { consumed, now, windowBytes }: Renewal): void {
    this.#phase = phase
    this.#windowBytes = windowBytes
    this.#consumed = consumed
    this.#since = now
  }

  #isMeasured({ consumed, now }: Renewal): boolean {
    return consumed - this.#consumed >= this.#windowBytes && now - this.#since >= MIN_MEASURE_MS
  }

  #rateAt({ consumed, now }: Renewal): number {
    return (consumed - this.#consumed) / (now - this.#since)
  }

  #change(renewal: Renewal): number {
    const { windowBytes, maxBytes, limit, now } = renewal
    const triedBytes = Math.floor(Math.min(MAX_FACTOR * windowBytes, maxBytes))
    if (triedBytes < MIN_FACTOR * windowBytes) return this.#pause(now, windowBytes)
    this.#phase = 'change'
    this.#formerBytes = windowBytes
    this.#aimedRate = this.#rateAt(renewal) * (1 + GAIN_PART * (triedBytes / windowBytes - 1))
    this.#limit = limit
    this.#windowBytes = triedBytes
    return triedBytes
  }

  #decide(renewal: Renewal): number {
    if (this.#rateAt(renewal) < this.#aimedRate) return this.#pause(renewal.now, this.#formerBytes)
    if (this.isBlocked) return this.#change(renewal)
    this.#phase = 'none'
    return renewal.windowBytes
  }

  #pause(now: number, windowBytes: number): number {
    this.#phase = 'none'
    this.#pausedUntil = now + PAUSE_MS
    return windowBytes
  }
}
