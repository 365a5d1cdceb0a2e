import { TransportErrorCode } from '@astranet/frame'
import { protocolError, sessionEnded, type StreamError } from '../session/errors.js'
import { cutOffReceiving } from '../receive/half.js'
import { FIRST_STREAM_WINDOW_BYTES } from '../receive/session-window.js'
import { cutOffSending, dropUnsent } from '../send/half.js'
import type { SessionCore } from '../session/core.js'
import { QUEUED_FRAMES, RECEIVE_OVER, SEND_OVER, SIZE_KNOWN, StreamState } from './state.js'
import { growthOf } from '../receive/stream-window.js'
import { StreamTable } from './table.js'
import { Stream } from './stream.js'

/** The open streams of a session: how they are found, when they come into being, and when they are over. */
export class StreamSet {
  /** Streams that may be over: `settle` looks. */
  unsettled: Stream[] = []
  readonly #core: SessionCore
  /** By the two lowest bits of the id (RFC 9000 section 2.1). */
  readonly #tables = [new StreamTable(), new StreamTable(), new StreamTable(), new StreamTable()] as const
  #failing: Iterator<Stream> | undefined = undefined
  #endError: StreamError | undefined = undefined

  constructor(core: SessionCore) {
    this.#core = core
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
   * The stream a frame of the peer is for, made when the frame opens it. `undefined` when the stream is over, or when
   * the id is a fault: then the session has failed.
   */
  find(id: number): Stream | undefined {
    const index = Math.floor(id / 4)
    const stream = this.#table(id).at(index)
    if (stream !== undefined) return stream
    const core = this.#core
    const isUnidirectional = (id & 2) !== 0
    if (((id & 1) === 1) === core.isServer) {
      const { opened } = isUnidirectional ? core.localUni : core.localBidi
      if (index >= opened) core.fail(stateError(`a frame for stream ${id}, which this side has not opened`))
      return undefined
    }
    const peer = isUnidirectional ? core.peerUni : core.peerBidi
    const kind = peer.see(index)
    if (kind === 'known') return undefined
    if (kind === 'over-limit') {
      const message = `stream ${id} exceeds MAX_STREAMS ${peer.limit}`
      core.fail(protocolError(TransportErrorCode.STREAM_LIMIT_ERROR, message))
      return undefined
    }
    return this.#accept(id, isUnidirectional)
  }

  /** Gives up a stream of this side that the peer has not been told of: without a frame, and its id can be used again. */
  withdraw(stream: Stream): void {
    if ((stream.state & StreamState.REMOVED) !== 0) return
    dropUnsent(stream)
    if ((stream.state & SIZE_KNOWN) === 0) this.#core.receiveWindow.growthBytes -= growthOf(stream)
    stream.state &= ~QUEUED_FRAMES
    stream.state |= StreamState.RESET_SENT | StreamState.RESET_RECEIVED
    stream.state |= StreamState.READ_OVER | StreamState.DISCARDING
    this.#core.settleLater(stream)
  }

  /** Looks at the streams that may be over: tells the application, and forgets those the peer is done with as well. */
  settle(): void {
    const { unsettled } = this
    if (unsettled.length === 0) return
    // Handlers may append to the list while it is read.
    for (let i = 0; i < unsettled.length; i++) this.#settleOne(unsettled[i] as Stream)
    this.unsettled = []
  }

  /**
   * After the session's end: tells up to `count` streams. Returns whether there are more. A stream whose end has arrived
   * still delivers its bytes; all others fail with ECONNRESET.
   */
  failSome(count: number): boolean {
    this.#failing ??= this.all()
    for (let i = 0; i < count; i++) {
      const next = this.#failing.next()
      if (next.done === true) return false
      this.#fail(next.value)
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
    const core = this.#core
    const stream = new Stream(core, id, {
      send: isUnidirectional ? 0 : core.peer.initialMaxStreamDataBidiLocal,
      receive: FIRST_STREAM_WINDOW_BYTES,
      urgency: DEFAULT_URGENCY,
    })
    stream.state |= StreamState.ANNOUNCED
    this.add(stream)
    core.abuse.opened()
    if (core.isDraining) stream.destroy(core.options.refusalCode)
    else core.events.onStream(stream)
    return stream
  }

  #settleOne(stream: Stream): void {
    const { state } = stream
    // Bytes of the application are referred to: it is told that they are its own again before it is told of the end.
    if (stream.isFlushOwed) return
    const isSent = (state & SEND_OVER) !== 0 || !stream.canSend
    if (!isSent) return
    const isRead = (state & StreamState.READ_OVER) !== 0 || !stream.canReceive
    if (!isRead) return
    if ((state & StreamState.CLOSED) === 0) this.#close(stream)
    if ((state & RECEIVE_OVER) !== 0 || !stream.canReceive) this.#remove(stream)
  }

  #close(stream: Stream): void {
    stream.state |= StreamState.CLOSED
    const { handler } = stream
    try {
      handler?.onClose?.(stream, stream.extra?.error)
    } catch (error) {
      this.#core.events.onHandlerError(error)
    }
  }

  #remove(stream: Stream): void {
    if ((stream.state & StreamState.REMOVED) !== 0) return
    stream.state |= StreamState.REMOVED
    const core = this.#core
    this.#table(stream.id).remove(Math.floor(stream.id / 4))
    core.abuse.removed()
    if (stream.isLocal) {
      const local = stream.isUnidirectional ? core.localUni : core.localBidi
      const isUnused = (stream.state & StreamState.ANNOUNCED) === 0
      const isOneMore = isUnused && local.giveBack(Math.floor(stream.id / 4))
      if (isOneMore && !core.isOver) core.events.onStreamsAvailable()
    } else {
      const peer = stream.isUnidirectional ? core.peerUni : core.peerBidi
      peer.closed += 1
      if (peer.isUpdateDue()) core.wake()
    }
    if (this.size === 0) core.events.onIdle()
  }

  #fail(stream: Stream): void {
    const error = (this.#endError ??= sessionEnded(this.#core.closeReason))
    cutOffSending(stream, error)
    cutOffReceiving(stream, error)
    this.#settleOne(stream)
  }
}

/** RFC 9218 section 4.1. */
export const DEFAULT_URGENCY = 3

function stateError(message: string): ReturnType<typeof protocolError> {
  return protocolError(TransportErrorCode.STREAM_STATE_ERROR, message)
}
