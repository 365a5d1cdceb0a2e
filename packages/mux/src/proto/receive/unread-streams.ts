import type { StreamRecord, UnreadList } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import { evict } from './evict.js'
import type { ReceiveWindow } from './session-window.js'

/** Above this part of the cap the session is under pressure. */
const PRESSURE = 3 / 4

/** Eviction goes on until no more than this part of the cap is held. */
const RELIEF = 1 / 2

/** What the list needs of its session. */
interface UnreadHost {
  readonly receiveWindow: ReceiveWindow
  readonly options: { readonly unreadGraceMs: number; readonly evictionCode: number }
  readonly events: { onUnreadPressure(): void }
}

/**
 * The streams that hold unread bytes, kept here or given to an application that has not consumed them, the longest
 * untouched first. While more than three quarters of the receive buffer are held, unread streams begin to slow all
 * others; so the application is notified, and after a grace period the longest unread are evicted. Carriers are not:
 * the user of a carrier bounds what it holds, and its peer waits. What carriers leave unread of their first windows
 * does not count here, so that many unread carriers neither stop other streams nor have them evicted.
 *
 * They are linked through their own fields, and a stream that leaves the list refers to none: a `Set` would keep
 * streams that ended long ago alive until the next full garbage collection, because the tables it outgrows refer to
 * each other. The list has two fields of its own, because a stream can be in the scheduler's ring at the same time.
 */
export class UnreadStreams implements UnreadList {
  readonly #host: UnreadHost
  #oldest: StreamRecord | undefined = undefined
  #youngest: StreamRecord | undefined = undefined
  #pressureAt = Infinity

  constructor(host: UnreadHost) {
    this.#host = host
  }

  /** The stream holds unread bytes. It keeps its place if it did before. */
  add(stream: StreamRecord): void {
    if (this.#has(stream)) return
    const youngest = this.#youngest
    stream.olderUnread = youngest
    if (youngest === undefined) this.#oldest = stream
    else youngest.youngerUnread = stream
    this.#youngest = stream
  }

  /** Some of the stream's bytes were taken: if there are more, it is the youngest. */
  touched(stream: StreamRecord): void {
    if (!this.#has(stream)) return
    this.delete(stream)
    if (stream.unreadBytes > 0) this.add(stream)
  }

  /** The stream holds nothing any more. */
  delete(stream: StreamRecord): void {
    if (!this.#has(stream)) return
    const { olderUnread: older, youngerUnread: younger } = stream
    if (older === undefined) this.#oldest = younger
    else older.youngerUnread = younger
    if (younger === undefined) this.#youngest = older
    else younger.olderUnread = older
    stream.olderUnread = undefined
    stream.youngerUnread = undefined
  }

  /** When {@link check} is to be called next. */
  get deadline(): number {
    return this.#pressureAt + this.#host.options.unreadGraceMs
  }

  /** The streams that hold unread bytes, the longest untouched first. */
  list(): StreamRecord[] {
    const streams: StreamRecord[] = []
    for (let each = this.#oldest; each !== undefined; each = each.youngerUnread) streams.push(each)
    return streams
  }

  /** Checks whether there is pressure; evicts when it has lasted for the grace period. Called after each arrival. */
  check(now: number): void {
    const { receiveWindow, events } = this.#host
    if (receiveWindow.contendedBytes <= receiveWindow.capBytes * PRESSURE) {
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
    const { receiveWindow, options } = this.#host
    for (const stream of this.list()) {
      if (receiveWindow.contendedBytes <= receiveWindow.capBytes * RELIEF) return
      const isCarrier = (stream.state & StreamState.CARRIER) !== 0
      if (this.#has(stream) && !isCarrier) evict(stream, options.evictionCode)
    }
  }

  #has(stream: StreamRecord): boolean {
    return stream.olderUnread !== undefined || this.#oldest === stream
  }
}
