import { copyBlocked } from './half.js'
import type { SessionCore } from '../session/core.js'
import { StreamState } from '../stream/state.js'
import type { Stream } from '../stream/stream.js'

/**
 * How long a write may wait for credit before it is copied, in ms. Longer than credit takes in a fast transfer, where
 * copying would only cost time; short beside what a person notices.
 */
const COPY_AFTER_MS = 5

/** What cannot be copied yet is looked at again after twice as long each time, up to this, in ms. */
const MAX_PAUSE_MS = 1_000

/**
 * Streams that refer to buffers of the application, which waits for them. When credit is missing, they are copied after a
 * moment: as with a kernel, only the connection may hold a write up, so two ends that both write before they read do not
 * wait for each other.
 */
export class BorrowedWrites {
  readonly #core: SessionCore
  #streams: Stream[] = []
  /** When {@link check} is to be called; `Infinity` when never. */
  deadline: number = Infinity
  #pauseMs = COPY_AFTER_MS

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The stream refers to a buffer from now on. */
  add(stream: Stream): void {
    stream.state |= StreamState.FLUSH_OWED
    if ((stream.state & StreamState.BORROW_LISTED) !== 0) return
    stream.state |= StreamState.BORROW_LISTED
    this.#streams.push(stream)
    this.#pauseMs = COPY_AFTER_MS
    this.deadline = Math.min(this.deadline, this.#core.now + COPY_AFTER_MS)
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
