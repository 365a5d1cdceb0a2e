import {
  TransportErrorCode,
  type ConnectionClose,
  type FrameSink,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import { protocolError, type SessionError } from './errors.js'
import { receive } from '../receive/half.js'
import { receiveBehindSize, receiveReset, type ResetFrame } from '../receive/reset.js'
import { raiseLimit, stopped } from '../send/half.js'
import type { SessionCore } from './core.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import type { Stream } from '../stream/stream.js'

/** Brings each frame of the peer to the part of the session it is for (RFC 9000 section 19). */
export class Dispatch implements FrameSink {
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  transportParameters(parameters: TransportParameters): void {
    const core = this.#core
    core.peer = parameters
    core.hasPeerParameters = true
    core.sendWindow.raise(parameters.initialMaxData)
    core.localBidi.raise(parameters.initialMaxStreamsBidi)
    core.localUni.raise(parameters.initialMaxStreamsUni)
    core.liveness.idleTimeoutMs = negotiateIdleTimeout(
      core.options.idleTimeoutMs,
      parameters.maxIdleTimeoutMs,
    )
    core.wake()
    core.events.onStreamsAvailable()
  }

  // Positional: called once for each piece of a payload, millions of times a second.
  stream(id: number, offset: number, chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    const stream = this.#receiving(id, 'STREAM')
    if (this.#core.isOver) return
    if (stream === undefined) {
      if (end > start) this.#dataAfterClose(id)
      else this.#core.abuse.idleFrame()
      return
    }
    if (end > start) this.#core.abuse.payload(end - start)
    else if (!fin || (stream.state & SIZE_KNOWN) !== 0) this.#core.abuse.idleFrame()
    this.#check(
      (stream.state & SIZE_KNOWN) === 0
        ? receive(stream, offset, chunk, start, end, fin)
        : receiveBehindSize(stream, { offset, chunk, start, end, isFin: fin }),
    )
  }

  resetStream(id: number, code: WireInteger, finalSize: number): void {
    this.#reset(id, 'RESET_STREAM', { code, finalSize, reliableSize: 0 })
  }

  resetStreamAt(id: number, code: WireInteger, finalSize: number, reliableSize: number): void {
    this.#reset(id, 'RESET_STREAM_AT', { code, finalSize, reliableSize })
  }

  stopSending(id: number, code: WireInteger): void {
    const stream = this.#sending(id, 'STOP_SENDING')
    if (stream === undefined) {
      this.#core.abuse.idleFrame()
      return
    }
    this.#core.abuse.givenUp(stream, StreamState.STOP_RECEIVED)
    stream.state |= StreamState.STOP_RECEIVED
    stopped(stream, code)
  }

  maxData(limit: number): void {
    const core = this.#core
    core.abuse.creditStep(limit - core.sendWindow.limit)
    if (core.sendWindow.raise(limit)) core.wake()
  }

  maxStreamData(id: number, limit: number): void {
    const stream = this.#sending(id, 'MAX_STREAM_DATA')
    this.#core.abuse.creditStep(stream === undefined ? 0 : limit - stream.sendLimit)
    if (stream !== undefined) raiseLimit(stream, limit)
  }

  maxStreams(isBidirectional: boolean, limit: number): void {
    const local = isBidirectional ? this.#core.localBidi : this.#core.localUni
    if (local.raise(limit)) this.#core.events.onStreamsAvailable()
    else this.#core.abuse.idleFrame()
  }

  /** Informative: credit follows what the application takes, not what the peer wishes. */
  dataBlocked(): void {
    this.#core.abuse.idleFrame()
  }

  streamDataBlocked(id: number): void {
    this.#receiving(id, 'STREAM_DATA_BLOCKED')
    this.#core.abuse.idleFrame()
  }

  /** Informative, as above. */
  streamsBlocked(): void {
    this.#core.abuse.idleFrame()
  }

  datagram(payload: Uint8Array): void {
    this.#core.abuse.payload(payload.length)
    if (payload.length === 0) this.#core.abuse.idleFrame()
    this.#core.events.onDatagram(payload)
  }

  connectionClose(close: ConnectionClose): void {
    this.#core.closedByPeer(close)
  }

  ping(high: number, low: number): void {
    this.#core.abuse.idleFrame()
    this.#check(this.#core.liveness.pingReceived(high, low))
    this.#core.wake()
  }

  pong(high: number, low: number): void {
    const core = this.#core
    core.abuse.idleFrame()
    const result = core.liveness.pongReceived(high, low, core.now)
    if (core.liveness.isPingDue) core.wake()
    if (typeof result === 'number') core.events.onPong(result)
    else if (result === 'no-sample') core.events.onPong(undefined)
    else this.#check(result)
  }

  recordEnd(frames: number): void {
    if (frames === 0) this.#core.abuse.idleFrame()
    this.#core.liveness.recordReceived(this.#core.now)
  }

  #reset(id: number, name: string, frame: ResetFrame): void {
    const stream = this.#receiving(id, name)
    if (stream === undefined) {
      this.#core.abuse.idleFrame()
      return
    }
    this.#core.abuse.givenUp(stream, SIZE_KNOWN)
    this.#check(receiveReset(stream, frame))
  }

  // The direction comes first: a frame that is wrong must not open a stream.
  #receiving(id: number, frame: string): Stream | undefined {
    if (!isUnidirectional(id) || !this.#isLocal(id)) return this.#core.streams.find(id)
    this.#wrongDirection(id, frame, 'only this side sends on')
    return undefined
  }

  #sending(id: number, frame: string): Stream | undefined {
    if (!isUnidirectional(id) || this.#isLocal(id)) return this.#core.streams.find(id)
    this.#wrongDirection(id, frame, 'only the peer sends on')
    return undefined
  }

  #isLocal(id: number): boolean {
    return ((id & 1) === 1) === this.#core.isServer
  }

  #wrongDirection(id: number, frame: string, why: string): void {
    this.#core.fail(
      protocolError(TransportErrorCode.STREAM_STATE_ERROR, `${frame} for stream ${id}, which ${why}`),
    )
  }

  #dataAfterClose(id: number): void {
    if (this.#core.isOver) return
    this.#core.fail(
      protocolError(TransportErrorCode.FINAL_SIZE_ERROR, `data for stream ${id}, which has ended`),
    )
  }

  #check(error: SessionError | undefined): void {
    if (error !== undefined) this.#core.fail(error)
  }
}

/** RFC 9000 section 2.1. */
function isUnidirectional(id: number): boolean {
  return (id & 2) !== 0
}

/** RFC 9000 section 10.1: the smaller one of those that are not zero. */
function negotiateIdleTimeout(own: number, peer: number): number {
  if (own === 0) return peer
  return peer === 0 ? own : Math.min(own, peer)
}
