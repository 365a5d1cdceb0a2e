import { StreamState } from './stream-state.js'
import type { Stream } from './stream.js'

const LEVELS = 8

/**
 * Which stream sends next: a ring for each urgency of RFC 9218 section 4.1, the most urgent ring first, round robin
 * within a ring. Streams are linked through their own `next` field, so a scheduled stream costs nothing.
 */
export class Scheduler {
  readonly #heads: (Stream | undefined)[] = new Array<Stream | undefined>(LEVELS).fill(undefined)
  readonly #tails: (Stream | undefined)[] = new Array<Stream | undefined>(LEVELS).fill(undefined)

  /** Puts the stream at the end of its ring, unless it is in one. */
  add(stream: Stream): void {
    if ((stream.state & StreamState.SCHEDULED) !== 0) return
    stream.state |= StreamState.SCHEDULED
    const level = stream.urgencyLevel
    const tail = this.#tails[level]
    if (tail === undefined) this.#heads[level] = stream
    else tail.next = stream
    this.#tails[level] = stream
  }

  /** Takes the first stream of the most urgent ring, or `undefined` when none waits. */
  take(): Stream | undefined {
    for (let level = 0; level < LEVELS; level++) {
      const stream = this.#heads[level]
      if (stream === undefined) continue
      this.#heads[level] = stream.next
      if (stream.next === undefined) this.#tails[level] = undefined
      stream.next = undefined
      stream.state &= ~StreamState.SCHEDULED
      if (stream.urgencyLevel === level) return stream
      // Its urgency changed while it waited.
      this.add(stream)
      level = Math.min(level, stream.urgencyLevel) - 1
    }
    return undefined
  }

  /** Puts the stream that was just taken back at the front of its ring. */
  putBack(stream: Stream): void {
    stream.state |= StreamState.SCHEDULED
    const level = stream.urgencyLevel
    stream.next = this.#heads[level]
    this.#heads[level] = stream
    if (stream.next === undefined) this.#tails[level] = stream
  }
}
