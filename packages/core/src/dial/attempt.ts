import type { DialError, Link, OutgoingDial } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { ServiceInstance } from '@astranet/registry'
import type { SocketEnds } from '../api/socket-ends.js'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import { askPeer, askSelf, dialHeader, type AnswerReceiver } from './ask.js'
import type { DialContext } from './dial-context.js'
import type { DialRequest } from './dial-request.js'
import { EarlyData, type EarlySource } from './early-data.js'

/** @internal The call that an attempt belongs to. */
export interface AttemptHost {
  readonly context: DialContext
  readonly request: DialRequest
  /** What the program writes before the answer, if it is to be sent before. */
  readonly early: EarlySource | undefined
  /** Whether what a program writes may be sent before the answer now: not while two nodes are asked. */
  readonly maySendEarly: boolean
  /** The node was asked. */
  asked(): void
  /** The node has accepted. */
  accepted(attempt: Attempt, stream: Stream, initialBytes: Uint8Array | undefined): void
  /** The node has refused, the link to it broke, or none can be made. It may be called from inside `begin`. */
  refused(attempt: Attempt, error: DialError): void
  /** Nothing has come over the link to the node for a while, which leads through routers. */
  doubted(attempt: Attempt): void
  /** It failed for any other reason. */
  failed(attempt: Attempt, error: unknown): void
}

/**
 * One node that a call asks. States: *linking* (there is no link to the node), *asked*, *over*. Moves: linking -> asked
 * -> over, linking -> over. The call learns of the last move, unless it made it by `cancel`.
 */
export class Attempt implements AnswerReceiver {
  readonly ends: SocketEnds
  /** The instance that is asked; `undefined` when a node and a port were dialed. */
  readonly instance: ServiceInstance | undefined
  /** When it began, in ms; `undefined`: with the call. */
  beganAt: number | undefined = undefined
  readonly #host: AttemptHost
  /** The question: over a link, or to this node itself. */
  #question: OutgoingDial | AbortController | undefined = undefined
  #isOver = false
  /** It is over because the program closed its socket. */
  #isClosed = false
  #peer: AdmittedIdentity | undefined = undefined
  #link: Link | undefined = undefined
  /** Set if the link leads through routers: stops doubting it. */
  #stopDoubting: (() => void) | undefined = undefined
  #early: EarlyData | undefined = undefined

  constructor(host: AttemptHost, ends: SocketEnds, instance: ServiceInstance | undefined) {
    this.#host = host
    this.ends = ends
    this.instance = instance
  }

  /** Whether it waits for a link. */
  get isLinking(): boolean {
    return this.#question === undefined && !this.#isOver
  }

  /** The node that was asked. Only after it was asked. */
  get peer(): AdmittedIdentity {
    return this.#peer as AdmittedIdentity
  }

  /** Bytes of the program that the stream has already. */
  get earlyBytes(): number {
    return this.#early?.sentBytes ?? 0
  }

  /** Whether the node may have seen something that the program wrote. */
  get hasSentEarly(): boolean {
    return this.#early?.hasSent === true
  }

  /** Whether the link that the question went over has ended. */
  get hasLostLink(): boolean {
    return this.#link !== undefined && !this.#link.isOpen
  }

  /** Whether that link leads through routers. */
  get isRelayed(): boolean {
    return this.#stopDoubting !== undefined
  }

  /** Asks the node if it can be asked now. To be called again, after a change, as long as it is linking. */
  begin(): void {
    const { context, request } = this.#host
    const { self, links, access, identityOf } = context.parts
    if (this.ends.remoteNode === self) {
      this.#peer = access.own
      this.#host.asked()
      this.#question = askSelf(context.parts, this.ends, this)
      return
    }
    const link = links.obtain(this.ends.remoteNode, request.options.path)
    if (link instanceof Error) {
      this.refused(link)
      return
    }
    this.#peer = link === undefined ? undefined : identityOf(link)
    if (link === undefined || this.#peer === undefined) return
    this.#host.asked()
    this.#link = link
    this.#stopDoubting = links.doubt(link, () => this.#host.doubted(this))
    const question = askPeer(link, dialHeader(this.ends, this.instance?.name, request.scope), this)
    this.#question = question
    const { early } = this.#host
    if (early !== undefined) this.#early = new EarlyData(early, question)
    this.sendEarly()
  }

  /** Sends what the program has written, behind the header. */
  sendEarly(): void {
    if (this.#early !== undefined && !this.#isOver && this.#host.maySendEarly) this.#early.send()
  }

  /** Gives up: a node that has accepted, or accepts, sees a reset. Idempotent. */
  cancel(reason: unknown): void {
    if (!this.#end()) return
    if (this.#question instanceof AbortController) this.#question.abort(reason)
    else this.#question?.cancel()
  }

  /**
   * The program gives up: a node that has accepted, or accepts, sees what was sent, and an end. Idempotent. This node
   * does not see a stream that has not arrived yet.
   */
  close(): void {
    if (!this.#end()) return
    this.#isClosed = true
    if (this.#question instanceof AbortController) this.#question.abort()
    else this.#question?.close()
  }

  accepted(stream: Stream, initialBytes: Uint8Array | undefined): void {
    if (this.#end()) this.#host.accepted(this, stream, initialBytes)
    else if (this.#isClosed) stream.close()
    else stream.destroy()
  }

  refused(error: DialError): void {
    if (this.#end()) this.#host.refused(this, error)
  }

  failed(error: unknown): void {
    if (this.#end()) this.#host.failed(this, error)
  }

  /** Whether this call ended it. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#stopDoubting?.()
    return true
  }
}
