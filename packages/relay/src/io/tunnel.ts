import type { NodeId } from '@astranet/interface'
import { CloseCode, StreamCode, type Link } from '@astranet/link'
import { SessionError, type Stream, type StreamError, type StreamHandler } from '@astranet/mux'
import type { Account } from '../proto/tunnel/account.js'
import { Flow, type FlowEvents } from './flow.js'
import type { ForwardedPath } from './hop-choice.js'
import type { Outlet } from './outlet.js'
import type { PacedCredit } from './paced-credit.js'

/** One of the two streams that a tunnel joins. */
export interface TunnelLeg {
  readonly stream: Stream
  /** The link that the stream belongs to. */
  readonly link: Link
  /** Shares out the link that the stream belongs to. */
  readonly outlet: Outlet
  /** The node at this end of the tunnel. */
  readonly origin: NodeId
  /** For whom its bytes count. */
  readonly account: Account
  /** What it may send; `undefined`: as fast as it can. */
  readonly credit: PacedCredit | undefined
  /** Its first bytes, which arrived with the header or the answer. */
  readonly initialBytes: Uint8Array | undefined
}

/** One tunnel through this node, as plain data. */
export interface TunnelInspection {
  /** The node that opened it, as the path names it. */
  readonly from: NodeId
  readonly to: NodeId
  /** Bytes that wait here, both directions. */
  readonly heldBytes: number
  /** Bytes that have left towards `to`. */
  readonly sentBytes: number
  /** Bytes that have left towards `from`. */
  readonly receivedBytes: number
}

/** What a tunnel reports. */
export interface TunnelEvents extends FlowEvents {
  /** Both streams have ended. Last, once. `isLost`: a link on the way broke before. */
  onClose(tunnel: Tunnel, isLost: boolean): void
}

/**
 * A tunnel through this node: two streams, joined in both directions. Ends, resets and STOP_SENDING pass with their
 * codes. When the link below one stream ends, the other stream is reset and stopped with `PATH_LOST`.
 */
export class Tunnel implements StreamHandler {
  readonly #near: TunnelLeg
  readonly #far: TunnelLeg
  readonly #events: TunnelEvents
  readonly #forth: Flow
  readonly #back: Flow
  /** A link on the way has ended. */
  #isPathGone = false
  /** It has ended otherwise than by being closed. */
  #isLost = false
  #closed = 0

  /** Both streams are paused and have manual credit. Nothing moves before `start`. */
  constructor(near: TunnelLeg, far: TunnelLeg, events: TunnelEvents) {
    this.#near = near
    this.#far = far
    this.#events = events
    this.#forth = this.#flow(near, far)
    this.#back = this.#flow(far, near)
  }

  /** The node that opened it, as the path names it. */
  get from(): NodeId {
    return this.#near.origin
  }

  /** The node that it leads to. */
  get to(): NodeId {
    return this.#far.origin
  }

  /** The tunnel as the policy sees it. */
  get path(): ForwardedPath {
    return { near: this.#near.link, far: this.#far.link, source: this.from, end: this.to }
  }

  /** For whom the tunnel and its bytes count: its source, and its other end. */
  get accounts(): readonly [source: Account, end: Account] {
    return [this.#near.account, this.#far.account]
  }

  /** What this node holds of it, in bytes. */
  get heldBytes(): number {
    return this.#near.stream.unreadBytes + this.#far.stream.unreadBytes
  }

  /** What it does now, as plain data. */
  inspect(): TunnelInspection {
    return {
      from: this.from,
      to: this.to,
      heldBytes: this.heldBytes,
      sentBytes: this.#forth.forwardedBytes,
      receivedBytes: this.#back.forwardedBytes,
    }
  }

  /** Lets both directions have at most `maxBytes` here. */
  limit(maxBytes: number): void {
    this.#near.stream.carry(maxBytes)
    this.#far.stream.carry(maxBytes)
  }

  /** Begins to forward. */
  start(): void {
    this.#begin(this.#near, this.#forth)
    this.#begin(this.#far, this.#back)
  }

  /** Ends it at once, with that code for both ends. */
  end(code: StreamCode): void {
    this.#near.stream.destroy(code)
    this.#far.stream.destroy(code)
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    this.#from(stream).receive(chunk)
  }

  onEnd(stream: Stream): void {
    this.#other(stream).end()
  }

  onReset(stream: Stream, error: StreamError): void {
    const target = this.#other(stream)
    const flow = this.#from(stream)
    const code = this.#codeOf(error)
    if (stream.hasReliableBytes && target.canWrite) {
      resetBehindAll(target, code)
    } else {
      target.reset(code)
      flow.stop()
    }
    if (this.#isPathGone) target.stopSending(code)
  }

  onStopSending(stream: Stream, error: StreamError): void {
    this.#into(stream).stop()
    this.#other(stream).stopSending(this.#codeOf(error))
  }

  onProgress(stream: Stream): void {
    this.#into(stream).progressed()
  }

  onClose(stream: Stream): void {
    this.#into(stream).stop()
    this.#closed += 1
    // It was given up before the two were joined, so nobody was told of its end.
    const other = this.#other(stream)
    if (other.canWrite) other.destroy(StreamCode.CANCELLED)
    if (this.#closed < 2) return
    this.#events.onClose(this, this.#isLost)
  }

  #flow(source: TunnelLeg, target: TunnelLeg): Flow {
    return new Flow({
      ...{ source: source.stream, target: target.stream, outlet: target.outlet },
      ...{ origin: source.account, credit: source.credit },
      events: this.#events,
    })
  }

  #begin({ stream, initialBytes }: TunnelLeg, flow: Flow): void {
    if (initialBytes !== undefined) flow.receive(initialBytes)
    stream.handle(this)
  }

  #other(stream: Stream): Stream {
    return stream === this.#near.stream ? this.#far.stream : this.#near.stream
  }

  /** The direction whose source is `stream`. */
  #from(stream: Stream): Flow {
    return stream === this.#near.stream ? this.#forth : this.#back
  }

  /** The direction whose target is `stream`. */
  #into(stream: Stream): Flow {
    return stream === this.#near.stream ? this.#back : this.#forth
  }

  /** The code of the peer; without one the link has ended. */
  #codeOf(error: StreamError): NonNullable<StreamError['applicationCode']> {
    const { applicationCode } = error
    if (applicationCode === undefined) {
      this.#isPathGone = true
      if (!wasClosedInOrder(error)) this.#isLost = true
    }
    return applicationCode ?? StreamCode.PATH_LOST
  }
}

/** Whether the link below a stream was closed, by this node or its peer, and did not break. */
function wasClosedInOrder({ code, cause }: StreamError): boolean {
  if (code === 'ECONNABORTED') return true
  return cause instanceof SessionError && cause.isApplication && cause.closeCode === CloseCode.NO_ERROR
}

/** The bytes that were written are delivered before the reset, where the peer knows such a reset. */
function resetBehindAll(target: Stream, code: NonNullable<StreamError['applicationCode']>): void {
  try {
    target.resetAt(target.sentBytes + target.bufferedBytes, code)
  } catch {
    target.reset(code)
  }
}
