import {
  TransportErrorCode,
  type ConnectionClose,
  type FrameSink,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import type { AbuseGuard } from './abuse-guard.js'
import { protocolError, type SessionError } from './errors.js'
import type { CoreEvents } from './events.js'
import type { Liveness } from './liveness.js'
import { negotiateIdleTimeout } from './parameters.js'
import { receive } from '../receive/half.js'
import { receiveBehindSize, receiveReset, type ResetFrame } from '../receive/reset.js'
import { windowUsedUp } from '../receive/stream-window.js'
import { raiseLimit } from '../send/half.js'
import { stopped } from '../send/reset.js'
import type { SendWindow } from '../send/window.js'
import { SIZE_KNOWN, StreamState } from '../stream/state.js'
import type { StreamHost, StreamRecord } from '../stream/host.js'
import type { StreamLimits } from '../stream/limits.js'

/** What the dispatch needs of its session: the parts that frames are for. */
export interface DispatchHost extends StreamHost {
  peer: TransportParameters
  hasPeerParameters: boolean
  readonly streams: { find(id: number): StreamRecord | undefined }
  readonly limits: StreamLimits
  readonly sendWindow: SendWindow
  readonly liveness: Liveness
  readonly abuse: AbuseGuard
  readonly events: Pick<CoreEvents, 'onStreamsAvailable' | 'onDatagram' | 'onPong'>
  fail(error: SessionError): void
  closedByPeer(close: ConnectionClose): void
}

/** Passes each frame of the peer to the part of the session it is for (RFC 9000 section 19). */
export class Dispatch implements FrameSink {
  readonly #host: DispatchHost

  constructor(host: DispatchHost) {
    this.#host = host
  }

  transportParameters(parameters: TransportParameters): void {
    const host = this.#host
    host.peer = parameters
    host.hasPeerParameters = true
    host.sendWindow.raise(parameters.initialMaxData)
    host.limits.localBidi.raise(parameters.initialMaxStreamsBidi)
    host.limits.localUni.raise(parameters.initialMaxStreamsUni)
    host.liveness.idleTimeoutMs = negotiateIdleTimeout(
      host.options.idleTimeoutMs,
      parameters.maxIdleTimeoutMs,
    )
    host.wake()
    host.events.onStreamsAvailable()
  }

  // Positional parameters: called once for each piece of a payload, millions of times a second.
  stream(id: number, offset: number, chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    const stream = this.#receiving(id, 'STREAM')
    if (this.#host.isClosing) return
    if (stream === undefined) {
      if (end > start) this.#dataAfterClose(id)
      else this.#host.abuse.idleFrame()
      return
    }
    if (end > start) this.#host.abuse.payload(end - start)
    else if (!fin || (stream.state & SIZE_KNOWN) !== 0) this.#host.abuse.idleFrame()
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
      this.#host.abuse.idleFrame()
      return
    }
    this.#host.abuse.givenUp(stream, StreamState.STOP_RECEIVED)
    stream.state |= StreamState.STOP_RECEIVED
    stopped(stream, code)
  }

  maxData(limit: number): void {
    const host = this.#host
    host.abuse.creditStep(limit - host.sendWindow.limit)
    if (host.sendWindow.raise(limit)) host.wake()
  }

  maxStreamData(id: number, limit: number): void {
    const stream = this.#sending(id, 'MAX_STREAM_DATA')
    this.#host.abuse.creditStep(stream === undefined ? 0 : limit - stream.sendLimit)
    if (stream !== undefined) raiseLimit(stream, limit)
  }

  maxStreams(isBidirectional: boolean, limit: number): void {
    const local = this.#host.limits.local(!isBidirectional)
    if (local.raise(limit)) this.#host.events.onStreamsAvailable()
    else this.#host.abuse.idleFrame()
  }

  /** Informative: credit follows what the application takes, not what the peer asks for. */
  dataBlocked(): void {
    this.#host.abuse.idleFrame()
  }

  /** Gives no credit, as above; but larger windows are tried while the peer uses the present one up. */
  streamDataBlocked(id: number): void {
    const stream = this.#receiving(id, 'STREAM_DATA_BLOCKED')
    this.#host.abuse.idleFrame()
    if (stream !== undefined) windowUsedUp(stream)
  }

  /** Informative, as `dataBlocked`. */
  streamsBlocked(): void {
    this.#host.abuse.idleFrame()
  }

  datagram(payload: Uint8Array): void {
    this.#host.abuse.payload(payload.length)
    if (payload.length === 0) this.#host.abuse.idleFrame()
    this.#host.events.onDatagram(payload)
  }

  connectionClose(close: ConnectionClose): void {
    this.#host.closedByPeer(close)
  }

  ping(high: number, low: number): void {
    this.#host.abuse.idleFrame()
    this.#check(this.#host.liveness.pingReceived(high, low, this.#host.now))
    this.#host.wake()
  }

  pong(high: number, low: number): void {
    const host = this.#host
    host.abuse.idleFrame()
    const result = host.liveness.pongReceived(high, low, host.now)
    if (host.liveness.isPingDue) host.wake()
    if (typeof result === 'number') host.events.onPong(result)
    else if (result === 'no-sample') host.events.onPong(undefined)
    else this.#check(result)
  }

  recordEnd(frames: number): void {
    if (frames === 0) this.#host.abuse.idleFrame()
    this.#host.liveness.recordReceived(this.#host.now)
  }

  #reset(id: number, name: string, frame: ResetFrame): void {
    const stream = this.#receiving(id, name)
    if (stream === undefined) {
      this.#host.abuse.idleFrame()
      return
    }
    this.#host.abuse.givenUp(stream, SIZE_KNOWN)
    this.#check(receiveReset(stream, frame))
  }

  // The direction comes first: a frame that is wrong must not open a stream.
  #receiving(id: number, frame: string): StreamRecord | undefined {
    if (!isUnidirectional(id) || !this.#isLocal(id)) return this.#host.streams.find(id)
    this.#wrongDirection(id, frame, 'only this side sends on')
    return undefined
  }

  #sending(id: number, frame: string): StreamRecord | undefined {
    if (!isUnidirectional(id) || this.#isLocal(id)) return this.#host.streams.find(id)
    this.#wrongDirection(id, frame, 'only the peer sends on')
    return undefined
  }

  #isLocal(id: number): boolean {
    return ((id & 1) === 1) === this.#host.isServer
  }

  #wrongDirection(id: number, frame: string, why: string): void {
    this.#host.fail(
      protocolError(TransportErrorCode.STREAM_STATE_ERROR, `${frame} for stream ${id}, which ${why}`),
    )
  }

  #dataAfterClose(id: number): void {
    if (this.#host.isClosing) return
    this.#host.fail(
      protocolError(TransportErrorCode.FINAL_SIZE_ERROR, `data for stream ${id}, which has ended`),
    )
  }

  #check(error: SessionError | undefined): void {
    if (error !== undefined) this.#host.fail(error)
  }
}

/** RFC 9000 section 2.1. */
function isUnidirectional(id: number): boolean {
  return (id & 2) !== 0
}
