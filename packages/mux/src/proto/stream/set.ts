import { TransportErrorCode } from '@astranet/frame'
import { FIRST_STREAM_WINDOW_BYTES } from '../receive/session-window.js'
import { cutOffReceiving } from '../receive/stop.js'
import { cutOffSending } from '../send/reset.js'
import { protocolError, sessionEnded, type SessionError, type StreamError } from '../session/errors.js'
import type { CoreEvents } from '../session/events.js'
import { destroy } from './destroy.js'
import type { StreamHost, StreamRecord } from './host.js'
import type { StreamLimits } from './limits.js'
import { RECEIVE_OVER, SEND_OVER, StreamState } from './state.js'
import { Stream } from './stream.js'
import { StreamTable } from './table.js'
import { DEFAULT_URGENCY } from './urgency.js'

/** What the set needs of its session, besides what its streams need. */
export interface StreamSetHost extends StreamHost {
  readonly limits: StreamLimits
  readonly abuse: { opened(): void; removed(): void }
  readonly events: Pick<CoreEvents, 'onStream' | 'onStreamsAvailable' | 'onIdle' | 'onHandlerError'>
  readonly closeReason: Error | undefined
  fail(error: SessionError): void
}

/** The open streams of a session: how they are found, when they are made, and when they end. */
export class StreamSet {
  /** Streams that may have ended: `checkEnds` looks at them. */
  endChecks: StreamRecord[] = []
  readonly #host: StreamSetHost
  /** By the two lowest bits of the id (RFC 9000 section 2.1). */
  readonly #tables = [new StreamTable(), new StreamTable(), new StreamTable(), new StreamTable()] as const
  #failing: Iterator<Stream> | undefined = undefined
  #endError: StreamError | undefined = undefined

  constructor(host: StreamSetHost) {
    this.#host = host
  }

  /** Open streams. */
  get size(): number {
    const [a, b, c, d] = this.#tables
    return a.size + b.size + c.size + d.size
  }

  /** Whether the end of the session would take something from an open stream: a direction that has not ended. */
  get hasUnfinished(): boolean {
    for (const stream of this.all()) {
      if (stream.canSend && (stream.state & SEND_OVER) === 0) return true
      if (stream.canReceive && (stream.state & RECEIVE_OVER) === 0) return true
    }
    return false
  }

  /** Adds a new stream. */
  add(stream: Stream): void {
    this.#table(stream.id).add(Math.floor(stream.id / 4), stream)
  }

  /**
   * The stream that a frame of the peer is for, made when the frame opens it. `undefined` when the stream has ended, or
   * when the id is a fault: then the session has failed.
   */
  find(id: number): Stream | undefined {
    const index = Math.floor(id / 4)
    const stream = this.#table(id).at(index)
    if (stream !== undefined) return stream
    const host = this.#host
    const isUnidirectional = (id & 2) !== 0
    if (((id & 1) === 1) === host.isServer) {
      const { opened } = host.limits.local(isUnidirectional)
      if (index >= opened) {
        const message = `a frame for stream ${id}, which this side has not opened`
        host.fail(protocolError(TransportErrorCode.STREAM_STATE_ERROR, message))
      }
      return undefined
    }
    const peer = host.limits.peer(isUnidirectional)
    const kind = peer.see(index)
    if (kind === 'known') return undefined
    if (kind === 'over-limit') {
      const message = `stream ${id} exceeds MAX_STREAMS ${peer.limit}`
      host.fail(protocolError(TransportErrorCode.STREAM_LIMIT_ERROR, message))
      return undefined
    }
    return this.#accept(id, isUnidirectional)
  }

  /**
   * Checks the streams that may have ended: notifies the application, and removes those that the peer ended as well.
   */
  checkEnds(): void {
    const { endChecks } = this
    if (endChecks.length === 0) return
    // Handlers may append to the list while it is read.
    for (let i = 0; i < endChecks.length; i++) this.#checkEnd(endChecks[i] as StreamRecord)
    this.endChecks = []
  }

  /**
   * After the session's end: notifies up to `count` streams. Returns whether there are more. A stream whose end has
   * arrived still delivers its bytes; all others fail with ECONNRESET. `keepsEnded`: those that this side has ended are
   * left out, since what they wrote still leaves with the close; they are notified by a second pass.
   */
  failSome(count: number, keepsEnded: boolean = false): boolean {
    this.#failing ??= this.all()
    for (let i = 0; i < count; i++) {
      const next = this.#failing.next()
      if (next.done === true) {
        this.#failing = undefined
        return false
      }
      if (!keepsEnded || (next.value.state & StreamState.FIN_QUEUED) === 0) this.#fail(next.value)
    }
    return true
  }

  /** The open streams, in no particular order. */
  *all(): Generator<Stream> {
    for (const table of this.#tables) yield* table
  }

  #table(id: number): StreamTable {
    return this.#tables[id & 3] as StreamTable
  }

  #accept(id: number, isUnidirectional: boolean): Stream {
    const host = this.#host
    const stream = new Stream(host, id, {
      send: isUnidirectional ? 0 : host.peer.initialMaxStreamDataBidiLocal,
      receive: FIRST_STREAM_WINDOW_BYTES,
      urgency: DEFAULT_URGENCY,
    })
    stream.state |= StreamState.ANNOUNCED
    this.add(stream)
    host.abuse.opened()
    if (host.limits.isFrozen) destroy(stream, host.options.refusalCode)
    else host.events.onStream(stream)
    return stream
  }

  #checkEnd(stream: StreamRecord): void {
    const { state } = stream
    // Buffers of the application are in flight: it gets them back before it is notified of the end.
    if (stream.isFlushOwed) return
    const isSent = (state & SEND_OVER) !== 0 || !stream.canSend
    if (!isSent) return
    const isRead = (state & StreamState.READ_OVER) !== 0 || !stream.canReceive
    if (!isRead) return
    if ((state & StreamState.CLOSED) === 0) this.#close(stream)
    if ((state & RECEIVE_OVER) !== 0 || !stream.canReceive) this.#remove(stream)
  }

  #close(stream: StreamRecord): void {
    stream.state |= StreamState.CLOSED
    const { handler } = stream
    try {
      handler?.onClose?.(stream, stream.extra?.error)
    } catch (error) {
      this.#host.events.onHandlerError(error)
    }
  }

  #remove(stream: StreamRecord): void {
    if ((stream.state & StreamState.REMOVED) !== 0) return
    stream.state |= StreamState.REMOVED
    const host = this.#host
    this.#table(stream.id).remove(Math.floor(stream.id / 4))
    host.abuse.removed()
    if ((stream.state & StreamState.CARRIER) !== 0) host.receiveWindow.removeCarrier()
    if (stream.isLocal) {
      const local = host.limits.local(stream.isUnidirectional)
      const isUnused = (stream.state & StreamState.ANNOUNCED) === 0
      const isOneMore = isUnused && local.giveBack(Math.floor(stream.id / 4))
      if (isOneMore && !host.isClosing) host.events.onStreamsAvailable()
    } else {
      const peer = host.limits.peer(stream.isUnidirectional)
      peer.closed += 1
      if (peer.isUpdateDue()) host.wake()
    }
    if (this.size === 0) host.events.onIdle()
  }

  #fail(stream: Stream): void {
    const error = (this.#endError ??= sessionEnded(this.#host.closeReason))
    cutOffSending(stream, error)
    cutOffReceiving(stream, error)
    this.#checkEnd(stream)
  }
}
