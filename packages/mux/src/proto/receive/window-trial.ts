/** A larger window is kept when it makes the stream faster by this factor. Twice the window can give up to 2. */
const GAIN = 1.2

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
 * - change: the window is twice as large, and what is in flight was sent within the smaller one;
 * - after: the rate is measured again. When it has grown, the window may be doubled again. When not, it becomes what it was
 *   before, and there is a pause.
 */
export class WindowTrial {
  /** The peer had no more credit at some time since the last renewal. */
  isBlocked = false
  #phase: Phase = 'none'
  /** What the window is in this phase, in bytes; another size means that something else has changed it. */
  #windowBytes = 0
  /** The rate before the change, in bytes per ms. */
  #rate = 0
  /** Where the measurement began. */
  #consumed: number // see float-zero.ts
  #since: number
  /** The peer's limit before the change. */
  #limit: number
  #pausedUntil: number

  constructor() {
    this.#consumed = 0
    this.#since = 0
    this.#limit = 0
    this.#pausedUntil = 0
  }

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
    const { windowBytes, maxBytes, limit } = renewal
    if (2 * windowBytes > maxBytes) return this.#pause(renewal.now, windowBytes)
    this.#rate = this.#rateAt(renewal)
    this.#phase = 'change'
    this.#limit = limit
    this.#windowBytes = 2 * windowBytes
    return this.#windowBytes
  }

  #decide(renewal: Renewal): number {
    if (this.#rateAt(renewal) >= GAIN * this.#rate) {
      if (this.isBlocked) return this.#change(renewal)
      this.#phase = 'none'
      return renewal.windowBytes
    }
    return this.#pause(renewal.now, renewal.windowBytes / 2)
  }

  #pause(now: number, windowBytes: number): number {
    this.#phase = 'none'
    this.#pausedUntil = now + PAUSE_MS
    return windowBytes
  }
}
