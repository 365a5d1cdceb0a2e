import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import { copyBlocked } from './copies.js'

/**
 * How long a write may wait for credit before it is copied, in ms. Longer than credit takes in a fast transfer, where
 * copying would only cost time; too short for a person to notice.
 */
const COPY_AFTER_MS = 5

/** What cannot be copied yet is checked again after twice as long each time, up to this, in ms. */
const MAX_PAUSE_MS = 1_000

/**
 * Streams that refer to buffers of the application, which waits for them. When credit is missing, the buffers are
 * copied after a few milliseconds. As with a kernel, only the connection may delay a write, so two ends that both
 * write before they read do not wait for each other.
 */
export class BorrowedWrites {
  readonly #clock: { readonly now: number }
  #streams: StreamRecord[] = []
  /** When {@link check} is to be called; `Infinity` when never. */
  deadline: number = Infinity
  #pauseMs = COPY_AFTER_MS

  /** `clock.now` is the time of the current call, ms. */
  constructor(clock: { readonly now: number }) {
    this.#clock = clock
  }

  /** The stream refers to a buffer from now on. */
  add(stream: StreamRecord): void {
    stream.state |= StreamState.FLUSH_OWED
    if ((stream.state & StreamState.BORROW_LISTED) !== 0) return
    stream.state |= StreamState.BORROW_LISTED
    this.#streams.push(stream)
    this.#pauseMs = COPY_AFTER_MS
    this.deadline = Math.min(this.deadline, this.#clock.now + COPY_AFTER_MS)
  }

  /** Copies what has waited for credit since the check before. */
  check(now: number): void {
    if (now < this.deadline) return
    const streams = this.#streams
    this.#streams = []
    for (const stream of streams) {
      if (copyBlocked(stream)) stream.state &= ~StreamState.BORROW_LISTED
      else this.#streams.push(stream)
    }
    this.deadline = this.#streams.length === 0 ? Infinity : now + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS)
  }
}
