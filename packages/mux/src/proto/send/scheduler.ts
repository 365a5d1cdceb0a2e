import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import { MAX_URGENCY } from '../stream/urgency.js'

const LEVELS = MAX_URGENCY + 1

/** What more urgent streams send, in bytes, before a ring that waits behind them has a turn. */
const MAX_AHEAD_BYTES = 1_048_576

/**
 * Which stream sends next: a ring for each urgency of RFC 9218 section 4.1, the most urgent ring first, round robin
 * within a ring. Streams are linked through their own `next` field, so a scheduled stream costs nothing.
 *
 * On a connection that is always full the last ring would wait forever. So after every 1 MiB that was sent while a less
 * urgent ring waited, one stream has a turn out of order; the rings alternate.
 */
export class Scheduler {
  readonly #heads: (StreamRecord | undefined)[] = new Array<StreamRecord | undefined>(LEVELS).fill(undefined)
  readonly #tails: (StreamRecord | undefined)[] = new Array<StreamRecord | undefined>(LEVELS).fill(undefined)

  /** Bytes sent while less urgent streams waited. */
  #aheadBytes = 0
  /** Whether streams wait that are less urgent than the one that was taken last. */
  #isAhead = false
  /** The ring that had a turn last. */
  #turn = 0

  /** Puts the stream at the end of its ring, unless it is in one. */
  add(stream: StreamRecord): void {
    if ((stream.state & StreamState.SCHEDULED) !== 0) return
    stream.state |= StreamState.SCHEDULED
    const level = stream.urgencyLevel
    const tail = this.#tails[level]
    if (tail === undefined) this.#heads[level] = stream
    else tail.next = stream
    this.#tails[level] = stream
  }

  /**
   * Takes the first stream of the most urgent ring, or of the ring that has a turn out of order: only when
   * `isCreditForAll`, that is when the session's credit is enough for all urgencies. `undefined` when no stream waits.
   */
  take(isCreditForAll: boolean): StreamRecord | undefined {
    if (isCreditForAll && this.#aheadBytes >= MAX_AHEAD_BYTES) return this.#takeTurn()
    for (let level = 0; level < LEVELS; level++) {
      const stream = this.#shift(level)
      if (stream === undefined) continue
      if (stream.urgencyLevel === level) {
        this.#isAhead = this.#isWaitingBehind(level)
        if (!this.#isAhead) this.#aheadBytes = 0
        return stream
      }
      // Its urgency changed while it waited.
      this.add(stream)
      level = Math.min(level, stream.urgencyLevel) - 1
    }
    return undefined
  }

  /** The stream that was just taken sent `bytes`. */
  sent(bytes: number): void {
    if (this.#isAhead) this.#aheadBytes += bytes
  }

  #takeTurn(): StreamRecord | undefined {
    this.#aheadBytes = 0
    this.#isAhead = false
    for (let step = 0; step < LEVELS; step++) {
      this.#turn = (this.#turn + 1) % LEVELS
      const stream = this.#shift(this.#turn)
      if (stream === undefined) continue
      if (stream.urgencyLevel === this.#turn) return stream
      this.add(stream)
      return this.take(false)
    }
    return undefined
  }

  #shift(level: number): StreamRecord | undefined {
    const stream = this.#heads[level]
    if (stream === undefined) return undefined
    this.#heads[level] = stream.next
    if (stream.next === undefined) this.#tails[level] = undefined
    stream.next = undefined
    stream.state &= ~StreamState.SCHEDULED
    return stream
  }

  #isWaitingBehind(level: number): boolean {
    for (let behind = level + 1; behind < LEVELS; behind++) {
      if (this.#heads[behind] !== undefined) return true
    }
    return false
  }

  /** Puts the stream that was just taken back at the front of its ring. */
  putBack(stream: StreamRecord): void {
    stream.state |= StreamState.SCHEDULED
    const level = stream.urgencyLevel
    stream.next = this.#heads[level]
    this.#heads[level] = stream
    if (stream.next === undefined) this.#tails[level] = stream
  }
}
