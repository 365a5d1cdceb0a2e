import { onAbort, type NodeId, type Timer } from '@astranet/interface'
import type { DialError, Link, OutgoingDial } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { ServiceInstance } from '@astranet/registry'
import { DEFAULT_DIAL_TIMEOUT_MS } from '../api/dial-options.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import { askPeer, askSelf, dialHeader, type AnswerReceiver } from './ask.js'
import type { ChangeWaiter } from './change-waiters.js'
import type { CallInFlight, DialContext, Wanted } from './dial-context.js'
import {
  ambiguousHost,
  isInstanceAtFault,
  isWorthAnother,
  noneSelected,
  noRoute,
  noRouteToService,
  notFound,
  refused,
  timedOut,
  type FailedCall,
} from './dial-errors.js'
import type { DialOutcome, DialRequest } from './dial-request.js'
import { Refusals } from './refusals.js'

/**
 * One call of `dial`. States: *looking* (no node can be asked yet: it waits for a change), *asking* (a node was asked
 * and has not answered), *finished*. Moves: looking -> asking when a node can be asked; asking -> asking when one
 * instance of a service refused and another has not been asked; asking -> looking when all refused and the catalogue
 * may be behind; looking or asking -> finished.
 *
 * It uses callbacks and one promise, no async functions: nodes dial a hundred thousand times a second, and each further
 * promise costs measurable time.
 */
export class DialCall implements ChangeWaiter, CallInFlight, AnswerReceiver {
  previous: CallInFlight | undefined = undefined
  next: CallInFlight | undefined = undefined
  readonly #context: DialContext
  readonly #request: DialRequest
  readonly #outcome: DialOutcome
  #timer: Timer | undefined = undefined
  #ignoreSignal: (() => void) | undefined = undefined
  /** The deadline has passed: it fails unless a node can be asked at once. */
  #isTimeUp = false
  #isFinished = false
  /** It is among the waiters for a change. */
  #isWaiting = false
  /** The pending attempt: over a link, or on this node. */
  #attempt: OutgoingDial | AbortController | undefined = undefined
  #ends: SocketEnds | undefined = undefined
  /** The node that is asked now. */
  #peer: AdmittedIdentity | undefined = undefined
  /** The instance that is asked now. */
  #instance: ServiceInstance | undefined = undefined
  #refusals: Refusals | undefined = undefined
  /** The link that the pending attempt went over. */
  #link: Link | undefined = undefined
  /** Set if that leads through routers: stops doubting it. */
  #stopDoubting: (() => void) | undefined = undefined
  /** Asks the node to which a link is made. */
  #askAgain: (() => void) | undefined = undefined
  /** When it began; `undefined` unless an observer wants to know. */
  #begunAt: number | undefined = undefined
  /** It has waited for a link. */
  #hasWaited = false

  constructor(context: DialContext, request: DialRequest, outcome: DialOutcome) {
    this.#context = context
    this.#request = request
    this.#outcome = outcome
  }

  /** The address as the caller wrote it. */
  get text(): string {
    return this.#request.text
  }

  /** Begins. Throws the signal's reason when it is aborted already. */
  start(): void {
    const { address, scope, options } = this.#request
    const { signal, timeoutMs } = options
    signal?.throwIfAborted()
    if (address.kind === 'service') this.#context.want(address.service, scope)
    if (signal !== undefined) {
      this.#ignoreSignal = onAbort(signal, () => this.giveUp(signal.reason))
    }
    this.#context.inFlight.push(this)
    this.#begunAt = this.#context.parts.reports.begun()
    if (timeoutMs === 0) this.#isTimeUp = true
    else this.#startTimer(timeoutMs)
    this.#look()
  }

  /** What it waited for has changed. */
  changed(): void {
    this.#isWaiting = false
    const again = this.#askAgain
    this.#askAgain = undefined
    if (this.#isFinished) return
    if (again === undefined) this.#look()
    else again()
  }

  /** Ends it from outside: the caller's signal aborted, or the node is closed. */
  giveUp(reason: unknown): void {
    if (this.#attempt instanceof AbortController) this.#attempt.abort(reason)
    else this.#attempt?.cancel()
    this.#reject(reason)
  }

  /** The far side, or this node, has accepted. */
  accepted(stream: Stream, initialBytes: Uint8Array | undefined): void {
    if (this.#isFinished) {
      stream.destroy()
      return
    }
    const { origin, options } = this.#request
    this.#finish()
    const { avoided, access, reports } = this.#context.parts
    if (this.#instance !== undefined) avoided.succeeded(this.#instance)
    const ends = this.#ends as SocketEnds
    const identity = access.shown(this.#peer as AdmittedIdentity)
    reports.connected(this.#request, this.#begunAt, { ends, identity })
    this.#outcome.accepted(stream, { ends, identity, initialBytes, options: options.socketOptions, origin })
  }

  /** The pending attempt over a link, or over the node's own sessions, has failed. */
  refused(error: DialError): void {
    if (!this.#isFinished && !this.#isTimeUp && this.#hasLostTunnel(error)) {
      this.#attempt = undefined
      this.#look()
      return
    }
    this.failed(refused(error, this.#ends as SocketEnds, this.#failedCall()))
  }

  /** The pending attempt has failed. */
  failed(error: unknown): void {
    if (this.#isFinished) return
    this.#attempt = undefined
    const { clock, avoided } = this.#context.parts
    if (this.#instance !== undefined && isInstanceAtFault(error)) avoided.failed(this.#instance)
    if (this.#instance === undefined || this.#isTimeUp || !isWorthAnother(error)) {
      this.#reject(error)
      return
    }
    this.#refusals ??= new Refusals(clock, () => this.#lookAgain())
    this.#refusals.add(this.#instance, error)
    this.#look()
  }

  /** Asks a node if one can be asked; otherwise waits until one can. */
  #look(): void {
    const { address } = this.#request
    try {
      if (address.kind === 'service') this.#lookForService(address.service, address.port)
      else if (address.kind === 'node') this.#ask(address.nodeId, address.port)
      else this.#ask(this.#context.parts.self, address.port)
    } catch (error) {
      // The application's selector may throw.
      this.#reject(error)
    }
  }

  #lookForService(asked: string, port: number | undefined): void {
    const { scope, options, origin } = this.#request
    const service = scope.hasUrlNames === true ? this.#nameOfHost(asked, port) : asked
    const wanted = { service, port, scope, path: options.path, refusedBy: this.#refusals?.instances, origin }
    this.#instance = this.#context.select(wanted, options)
    // The application's selector may have aborted this call.
    if (this.#isFinished) return
    if (this.#instance !== undefined) this.#ask(this.#instance.nodeId, this.#instance.port, service)
    else if (this.#refusals !== undefined) this.#refusedByAll(this.#refusals, wanted)
    else if (this.#isTimeUp) this.#reject(this.#notFound(wanted))
    else this.#wait()
  }

  /** No instance can be asked: none is known, there is no link to any, or the selector has picked none. */
  #notFound(wanted: Wanted): unknown {
    const { service, port, scope } = wanted
    const call = this.#failedCall()
    const passedOver = this.#context.passedOver(wanted)
    if (passedOver > 0) return noneSelected(service, passedOver, call)
    const known = this.#context.unreachable(wanted)
    if (known.length > 0) return noRouteToService(service, known, call)
    return notFound(service, scope.isPortKey === true ? undefined : port, call)
  }

  /** All known instances have refused. */
  #refusedByAll(refusals: Refusals, wanted: Wanted): void {
    if (this.#isTimeUp || !refusals.canWait()) {
      this.#reject(refusals.lastError)
      return
    }
    refusals.wait(!this.#context.hasRefuser(wanted))
    this.#wait()
  }

  /** Throws when several services have the name. */
  #nameOfHost(host: string, port: number | undefined): string {
    const names = this.#context.namesOf(host, port, this.#request.scope)
    if (names.length > 1) throw ambiguousHost(host, names, this.#failedCall())
    return names[0] ?? host
  }

  #wait(): void {
    this.#isWaiting = true
    this.#context.parts.waiters.add(this)
  }

  /** The deadline, or the wait after a refusal, is over. While a node is asked there is nothing to look for. */
  #lookAgain(): void {
    if (!this.#isWaiting) return
    this.#context.parts.waiters.delete(this)
    this.changed()
  }

  /** Asks this node, or another one once there is a link to it. */
  #ask(remoteNode: NodeId, remotePort: number, service?: string): void {
    this.#stopDoubting?.()
    this.#stopDoubting = undefined
    const { self, ports, links, access, identityOf } = this.#context.parts
    const ends = { localNode: self, localPort: ports.ephemeral(), remoteNode, remotePort }
    this.#ends = ends
    if (remoteNode === self) {
      this.#begin(access.own)
      this.#attempt = askSelf(this.#context.parts, ends, this)
      return
    }
    const link = links.obtain(remoteNode, this.#request.options.path)
    const peer = link === undefined || link instanceof Error ? undefined : identityOf(link)
    if (link instanceof Error) this.refused(link)
    else if (link === undefined || peer === undefined)
      this.#waitForLink(remoteNode, () => this.#ask(remoteNode, remotePort, service))
    else {
      this.#begin(peer)
      this.#link = link
      this.#stopDoubting = links.doubt(link)
      this.#attempt = askPeer(link, dialHeader(ends, service, this.#request.scope), this)
    }
  }

  /**
   * Whether the tunnel that the dial went through was lost before the answer: another one may lead there. The dial is
   * repeated also when the error is not retryable. The far side may then see two connections, the first of which broke
   * before it brought a byte: a dial sends only its header until it is answered.
   */
  #hasLostTunnel({ code }: DialError): boolean {
    return code === 'ECONNRESET' && this.#stopDoubting !== undefined && this.#link?.isOpen !== true
  }

  #begin(peer: AdmittedIdentity): void {
    this.#peer = peer
    // A timeout of 0 forbids waiting for a name or a node; the answer still has the default time.
    if (this.#isTimeUp) this.#startTimer(DEFAULT_DIAL_TIMEOUT_MS)
  }

  /** There is no link to the node. While one is made, another instance is not looked for. */
  #waitForLink(nodeId: NodeId, askAgain: () => void): void {
    const { links } = this.#context.parts
    const { path, timeoutMs } = this.#request.options
    const isComing = links.canReach(nodeId, path)
    if (isComing && this.#isTimeUp && timeoutMs === 0 && !this.#hasWaited)
      this.#startTimer(DEFAULT_DIAL_TIMEOUT_MS)
    this.#hasWaited = true
    if (this.#isTimeUp) {
      this.#reject(noRoute(nodeId, this.#failedCall(), links.failure(nodeId)))
      return
    }
    if (isComing) this.#askAgain = askAgain
    this.#wait()
  }

  #startTimer(timeoutMs: number): void {
    this.#isTimeUp = false
    this.#timer?.cancel()
    this.#timer = this.#context.parts.clock.setTimer(timeoutMs, () => this.#timedOut())
  }

  #timedOut(): void {
    this.#isTimeUp = true
    if (this.#isWaiting) return this.#lookAgain()
    if (this.#instance !== undefined) this.#context.parts.avoided.failed(this.#instance)
    this.giveUp(timedOut(this.#ends as SocketEnds, this.#failedCall()))
  }

  #reject(reason: unknown): void {
    if (this.#isFinished) return
    this.#finish()
    this.#context.parts.reports.failed(this.#request, this.#begunAt, reason)
    this.#outcome.reject(reason)
  }

  #finish(): void {
    this.#isFinished = true
    this.#attempt = undefined
    this.#stopDoubting?.()
    this.#timer?.cancel()
    this.#refusals?.close()
    this.#ignoreSignal?.()
    this.#context.inFlight.delete(this)
    if (this.#isWaiting) this.#context.parts.waiters.delete(this)
  }

  #failedCall(): FailedCall {
    const { text, scope, options } = this.#request
    return { text, environment: scope.environment, timeoutMs: options.timeoutMs }
  }
}
