import { renewSmallWindow } from '../receive/stream-window.js'
import type { StreamHost, StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'

/**
 * The streams that the next flush concerns: those with control frames to be written into it, and those whose handlers
 * are called, or whose windows are renewed, behind it. A stream is in a list while a bit of its state says so.
 */
export class StreamWork {
  /** Streams whose onWritable is due when the flush was handed over. */
  writable: StreamRecord[] = []
  /** Streams whose onFlushed is due when the flush was accepted. */
  flushed: StreamRecord[] = []
  /** Carriers whose onProgress is due when the flush was handed over; some of them more than once. */
  progressed: StreamRecord[] = []
  /** Called when the next flush is about to be gathered: they may write. */
  writers: (() => void)[] = []
  #control: StreamRecord[] = []
  /** Streams whose small window is renewed behind the flush. */
  #renewals: StreamRecord[] = []
  readonly #host: StreamHost

  constructor(host: StreamHost) {
    this.#host = host
  }

  /** The stream has a control frame to send. */
  addControl(stream: StreamRecord): void {
    if ((stream.state & StreamState.CONTROL_LISTED) !== 0) return
    stream.state |= StreamState.CONTROL_LISTED
    this.#control.push(stream)
  }

  /** The streams with control frames to send; a new list begins. */
  takeControl(): StreamRecord[] {
    const list = this.#control
    this.#control = []
    return list
  }

  /** Puts the rest of a list that was taken, from `from` on, back in front. */
  keepControl(list: StreamRecord[], from: number): void {
    this.#control = list.slice(from).concat(this.#control)
  }

  /** The stream's small window is to be renewed. */
  addRenewal(stream: StreamRecord): void {
    this.#renewals.push(stream)
  }

  /** Renews the small windows that are due. */
  renewWindows(): void {
    const renewals = this.#renewals
    if (renewals.length === 0) return
    this.#renewals = []
    for (const stream of renewals) renewSmallWindow(stream)
  }

  /** The flush was handed over: calls `onWritable` where it is due. */
  notifyWritable(): void {
    const { writable } = this
    if (writable.length === 0) return
    this.writable = []
    for (const stream of writable) this.#notifyWritable(stream)
  }

  /** The flush was handed over: calls `onProgress` of the carriers that it holds bytes of. */
  notifyProgress(): void {
    const { progressed } = this
    if (progressed.length === 0) return
    this.progressed = []
    for (const stream of progressed)
      if (!stream.isClosed) this.#host.guard(stream, () => stream.handler?.onProgress?.(stream))
  }

  /** Nothing is in flight: calls `onFlushed` where no buffer is referred to any more. */
  releaseFlushed(): void {
    const { flushed } = this
    if (flushed.length === 0) return
    this.flushed = []
    for (const stream of flushed) {
      if (!stream.isFlushOwed || (stream.sendQueue?.borrowedBytes ?? 0) > 0) continue
      stream.state &= ~StreamState.FLUSH_OWED
      this.#host.guard(stream, () => stream.handler?.onFlushed?.(stream))
      this.#host.checkEndLater(stream)
    }
  }

  #notifyWritable(stream: StreamRecord): void {
    const reset = StreamState.RESET_QUEUED | StreamState.RESET_SENT
    if ((stream.state & reset) === 0) this.#host.guard(stream, () => stream.handler?.onWritable?.(stream))
  }
}
