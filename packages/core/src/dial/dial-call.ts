import { onAbort, type Address, type NodeId, type Timer } from '@astranet/interface'
import { refusalError, type DialError, type DialHandler, type Link, type OutgoingDial } from '@astranet/link'
import { SessionError, type Stream } from '@astranet/mux'
import type { ServiceInstance } from '@astranet/registry'
import type { ChangeWaiter } from './change-waiters.js'
import type { DialContext, Wanted } from './dial-context.js'
import {
  ambiguousHost,
  isNobodyThere,
  isWorthAnother,
  noRoute,
  notFound,
  refusalText,
  refused,
  selfBroken,
  timedOut,
  type FailedCall,
} from './dial-errors.js'
import { DEFAULT_DIAL_TIMEOUT_MS, type CheckedDialOptions, type DialScope } from '../api/dial-options.js'
import type { Origin } from '../node/origin.js'
import type { SocketDetails } from '../node/socket-details.js'
import type { SocketEnds } from '../api/socket-ends.js'

/**
 * How long a dial by name waits, in ms, when the node that offers the name said that nobody listens: what that node says of its
 * services is a moment behind its answer. First for the catalogue to agree, then for the name to be bound anew.
 */
const STALE_PATIENCE_MS = 1_000
const REBIND_PATIENCE_MS = 100

/** @internal What was dialed, and how. */
export interface DialRequest {
  /** The address as the caller wrote it. */
  readonly text: string
  readonly address: Address
  readonly scope: DialScope
  readonly options: CheckedDialOptions
  /** Who dials. */
  readonly origin: Origin
}

/** @internal What becomes of a call: exactly one of these, once. */
export interface DialOutcome {
  /** The far side, or this node, has accepted. */
  accepted(stream: Stream, details: SocketDetails): void
  reject(reason: unknown): void
}

/**
 * One call of `dial`. States: *looking* (nobody to ask is there: it waits for a change), *asking* (an attempt is under
 * way), *settled*. Moves: looking -> asking when somebody is there; asking -> asking when one instance of a service
 * refused and another has not been asked; asking -> looking when all refused and the catalogue is behind; looking or asking ->
 * settled.
 *
 * Callbacks and one promise, no async functions: nodes dial a hundred thousand times a second, and each promise on the way
 * is felt.
 */
export class DialCall<TSocket> implements ChangeWaiter {
  /** Its neighbours among the calls under way. */
  older: DialCall<TSocket> | undefined = undefined
  younger: DialCall<TSocket> | undefined = undefined
  readonly #context: DialContext<TSocket>
  readonly #request: DialRequest
  readonly #outcome: DialOutcome
  #timer: Timer | undefined = undefined
  #ignoreSignal: (() => void) | undefined = undefined
  /** The time is over: what is not there now will not be waited for. */
  #isOver = false
  #isSettled = false
  /** Nobody to ask was there when it looked. */
  #isWaiting = false
  /** The attempt under way: over a link, or here. */
  #attempt: OutgoingDial | AbortController | undefined = undefined
  #ends: SocketEnds | undefined = undefined
  /** The instance asked now, and those that refused. */
  #instance: ServiceInstance | undefined = undefined
  #refusedBy: Set<ServiceInstance> | undefined = undefined
  #lastError: unknown = undefined
  /** Runs while it waits for what a node that refused says of its services. */
  #patienceTimer: Timer | undefined = undefined
  #isPatienceOver = false
  /** The catalogue agrees with those that refused. */
  #isWithdrawn = false

  constructor(context: DialContext<TSocket>, request: DialRequest, outcome: DialOutcome) {
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
    const { signal, timeoutMs } = this.#request.options
    if (signal !== undefined) {
      signal.throwIfAborted()
      this.#ignoreSignal = onAbort(signal, () => this.giveUp(signal.reason))
    }
    this.#context.begin(this)
    if (timeoutMs === 0) this.#isOver = true
    else this.#startTimer(timeoutMs)
    this.#look()
  }

  /** What it waited for has changed. */
  changed(): void {
    this.#isWaiting = false
    if (!this.#isSettled) this.#look()
  }

  /** Ends it for a reason that is not its own: the caller's signal, the node's end. */
  giveUp(reason: unknown): void {
    this.#cancelAttempt(reason)
    this.#reject(reason)
  }

  /** The far side, or this node, has accepted. */
  accepted(stream: Stream, rest: Uint8Array | undefined): void {
    if (this.#isSettled) {
      stream.destroy()
      return
    }
    const { origin, options } = this.#request
    this.#finish()
    const ends = this.#ends as SocketEnds
    this.#outcome.accepted(stream, { ends, rest, options: options.socketOptions, origin })
  }

  /** The attempt under way has failed. */
  failed(error: unknown): void {
    if (this.#isSettled) return
    this.#attempt = undefined
    if (this.#instance === undefined || this.#isOver || !isWorthAnother(error)) {
      this.#reject(error)
      return
    }
    this.#refusedBy ??= new Set()
    this.#refusedBy.add(this.#instance)
    this.#lastError = error
    this.#look()
  }

  /** The attempt over a link has failed. */
  refused(error: DialError): void {
    this.failed(refused(error, this.#ends as SocketEnds, this.#failedCall()))
  }

  /** Asks whoever can be asked, or waits until somebody can be. */
  #look(): void {
    const { address } = this.#request
    try {
      if (address.kind === 'service') this.#lookForService(address.service, address.port)
      else if (address.kind === 'node') this.#lookForNode(address.nodeId, address.port)
      else this.#ask(this.#context.parts.self, address.port)
    } catch (error) {
      // A selector of the application's may throw.
      this.#reject(error)
    }
  }

  #lookForService(asked: string, port: number | undefined): void {
    const { scope, options, origin } = this.#request
    const service = scope.hasUrlNames === true ? this.#nameOfHost(asked, port) : asked
    const wanted = { service, port, scope, refusedBy: this.#refusedBy, origin }
    this.#instance = this.#context.select(wanted, options)
    // A selector of the application's may have aborted this very call.
    if (this.#isSettled) return
    if (this.#instance !== undefined) this.#ask(this.#instance.nodeId, this.#instance.port, service)
    else if (this.#lastError !== undefined) this.#refusedByAll(wanted)
    else if (this.#isOver) this.#reject(notFound(service, port, this.#failedCall()))
    else this.#await()
  }

  /** Nobody else is to be asked now. The name may have moved to another port, and the news of it be on its way. */
  #refusedByAll(wanted: Wanted): void {
    if (!isNobodyThere(this.#lastError) || this.#isPatienceOver || this.#isOver) {
      this.#reject(this.#lastError)
      return
    }
    const isWithdrawn = !this.#context.hasRefuser(wanted)
    if (this.#patienceTimer === undefined || isWithdrawn !== this.#isWithdrawn) {
      this.#isWithdrawn = isWithdrawn
      this.#startPatience(isWithdrawn ? REBIND_PATIENCE_MS : STALE_PATIENCE_MS)
    }
    this.#await()
  }

  #startPatience(ms: number): void {
    this.#patienceTimer?.cancel()
    this.#patienceTimer = this.#context.parts.clock.setTimer(ms, () => {
      this.#isPatienceOver = true
      if (!this.#isWaiting) return
      this.#context.waiters.delete(this)
      this.changed()
    })
  }

  /** Throws when it cannot be told which service is meant. */
  #nameOfHost(host: string, port: number | undefined): string {
    const names = this.#context.namesOf(host, port, this.#request.scope)
    if (names.length > 1) throw ambiguousHost(host, names, this.#failedCall())
    return names[0] ?? host
  }

  #lookForNode(nodeId: NodeId, port: number): void {
    if (nodeId === this.#context.parts.self || this.#context.isDialable(nodeId)) this.#ask(nodeId, port)
    else if (this.#isOver) this.#reject(noRoute(nodeId, this.#failedCall()))
    else this.#await()
  }

  #await(): void {
    this.#isWaiting = true
    this.#context.waiters.add(this)
  }

  #ask(remoteNode: NodeId, remotePort: number, service?: string): void {
    const { self, ports, peers } = this.#context.parts
    this.#ends = { localNode: self, localPort: ports.ephemeral(), remoteNode, remotePort }
    // Nothing may wait to become known any more, with a timeout of 0 from the start; yet an answer takes a round trip.
    if (this.#isOver) this.#startTimer(DEFAULT_DIAL_TIMEOUT_MS)
    const link = peers.linkTo(remoteNode)
    if (remoteNode === self) void this.#askHere(this.#ends)
    else if (link === undefined) this.#reject(noRoute(remoteNode, this.#failedCall()))
    else this.#attempt = this.#askOver(link, this.#ends, service)
  }

  #askOver(link: Link, ends: SocketEnds, service: string | undefined): OutgoingDial {
    const { environment: ours } = this.#request.scope
    const environment = service === undefined || ours === '' ? undefined : ours
    const { localPort: sourcePort, remotePort: port } = ends
    return link.dial({ kind: 'dial', port, sourcePort, service, environment }, CALL_HANDLER, this)
  }

  async #askHere(ends: SocketEnds): Promise<void> {
    const { ports, loopback } = this.#context.parts
    const waiting = new AbortController()
    this.#attempt = waiting
    try {
      const result = await loopback.dial(ports.at(ends.remotePort), ends, waiting.signal)
      if (typeof result === 'number') this.refused(refusalError(result, refusalText(result)))
      else if (this.#isSettled) result.destroy()
      else this.accepted(result, undefined)
    } catch (error) {
      if (error instanceof SessionError) this.refused(selfBroken(error))
      else this.failed(error)
    }
  }

  #startTimer(timeoutMs: number): void {
    this.#isOver = false
    this.#timer?.cancel()
    this.#timer = this.#context.parts.clock.setTimer(timeoutMs, () => this.#timedOut())
  }

  #timedOut(): void {
    this.#isOver = true
    if (this.#isWaiting) {
      this.#context.waiters.delete(this)
      this.changed()
    } else this.giveUp(timedOut(this.#ends as SocketEnds, this.#failedCall()))
  }

  #cancelAttempt(reason: unknown): void {
    if (this.#attempt instanceof AbortController) this.#attempt.abort(reason)
    else this.#attempt?.cancel()
  }

  #reject(reason: unknown): void {
    if (this.#isSettled) return
    this.#finish()
    this.#outcome.reject(reason)
  }

  #finish(): void {
    this.#isSettled = true
    this.#attempt = undefined
    this.#timer?.cancel()
    this.#patienceTimer?.cancel()
    this.#ignoreSignal?.()
    this.#context.end(this)
    if (this.#isWaiting) this.#context.waiters.delete(this)
  }

  #failedCall(): FailedCall {
    const { text, scope, options } = this.#request
    return { text, environment: scope.environment, timeoutMs: options.timeoutMs }
  }
}

/** One for all dials: the call is the dial's context. */
const CALL_HANDLER: DialHandler = {
  onAccepted: (dial, stream, rest) => callOf(dial).accepted(stream, rest),
  onFailed: (dial, error) => callOf(dial).refused(error),
}

function callOf(dial: OutgoingDial): DialCall<unknown> {
  return dial.context as DialCall<unknown>
}
