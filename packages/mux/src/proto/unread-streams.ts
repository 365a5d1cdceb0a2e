import { evict } from './receive-half.js'
import type { SessionCore } from './session-core.js'
import type { Stream } from './stream.js'

/** Above this part of the cap the session is under pressure. */
const PRESSURE = 3 / 4

/** Eviction goes on until no more than this part of the cap is held. */
const RELIEF = 1 / 2

/**
 * The streams that hold unread bytes, kept here or given to an application that has not consumed them, the longest
 * untouched first. While more than three quarters of the receive buffer
 * are held, unread streams begin to slow all others; so the application is told, and after a grace the longest unread
 * are evicted.
 */
export class UnreadStreams {
  readonly #streams = new Set<Stream>()
  readonly #core: SessionCore
  #pressureAt = Infinity

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The stream holds unread bytes. It keeps its place if it did before. */
  add(stream: Stream): void {
    this.#streams.add(stream)
  }

  /** Some of the stream's bytes were taken: if there are more, it is the youngest. */
  touched(stream: Stream): void {
    if (this.#streams.delete(stream) && stream.unreadBytes > 0) this.#streams.add(stream)
  }

  /** The stream holds nothing any more. */
  delete(stream: Stream): void {
    this.#streams.delete(stream)
  }

  /** When {@link check} is to be called next. */
  get deadline(): number {
    return this.#pressureAt + this.#core.options.unreadGraceMs
  }

  /** The streams that hold unread bytes, the longest untouched first. */
  list(): Iterable<Stream> {
    return this.#streams
  }

  /** Notes whether there is pressure; evicts when it has lasted for the grace. To be called after each arrival. */
  check(now: number): void {
    const { receiveWindow, events } = this.#core
    if (receiveWindow.unreadBytes <= receiveWindow.capBytes * PRESSURE) {
      this.#pressureAt = Infinity
    } else if (this.#pressureAt === Infinity) {
      this.#pressureAt = now
      events.onUnreadPressure()
    } else if (now >= this.deadline) {
      this.#pressureAt = Infinity
      this.#relieve()
    }
  }

  #relieve(): void {
    const { receiveWindow, options } = this.#core
    for (const stream of this.#streams) {
      if (receiveWindow.unreadBytes <= receiveWindow.capBytes * RELIEF) return
      evict(stream, options.evictionCode)
    }
  }
}
