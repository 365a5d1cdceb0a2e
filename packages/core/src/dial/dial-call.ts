import { onAbort, type NodeId } from '@astranet/interface'
import type { DialError } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { ServiceInstance } from '@astranet/registry'
import { DEFAULT_DIAL_TIMEOUT_MS } from '../api/dial-options.js'
import type { Attempt } from './attempt.js'
import { Attempts, type AttemptsHost } from './attempts.js'
import { CallDeadline, type DeadlineHost } from './call-deadline.js'
import type { ChangeWaiter } from './change-waiters.js'
import type { CallInFlight, DialContext } from './dial-context.js'
import { isInstanceAtFault, isWorthAnother, refused, timedOut } from './dial-errors.js'
import type { DialInFlight, DialOutcome, DialRequest } from './dial-request.js'
import type { EarlySource } from './early-data.js'
import { isSlow } from './hedging.js'
import { failedCall, nextInstance, secondInstance } from './instance-search.js'
import { Refusals } from './refusals.js'

/**
 * One call of `dial`. States: *looking* (no node can be asked yet: it waits for a change), *asking* (one node has not
 * answered, or a link to it is being made), *hedging* (two nodes have not), *finished*. Moves:
 *
 *     looking -> asking     an instance, or the node that was dialed, can be asked
 *     asking  -> asking     the instance refused, and another one can be asked
 *     asking  -> looking    all instances refused and the catalogue may be behind; or no link to the node will come
 *     asking  -> hedging    the first node has not answered for a share of the time, and there is another one
 *     hedging -> asking     one of the two refused
 *     any     -> finished   a node has accepted (the first answer counts), an error, the deadline, given up
 *
 * What the program writes meanwhile is sent to a node that is asked alone (`EarlyData`). From then on another one is
 * asked only if this one certainly did not act on it.
 *
 * It uses callbacks and one promise, no async functions: nodes dial a hundred thousand times a second, and each further
 * promise costs measurable time.
 */
export class DialCall implements ChangeWaiter, CallInFlight, DialInFlight, AttemptsHost, DeadlineHost {
  previous: CallInFlight | undefined = undefined
  next: CallInFlight | undefined = undefined
  readonly context: DialContext
  readonly request: DialRequest
  readonly #outcome: DialOutcome
  readonly #deadline: CallDeadline
  readonly #attempts: Attempts
  #ignoreSignal: (() => void) | undefined = undefined
  #isFinished = false
  /** When it began; `undefined` unless an observer wants to know. */
  #begunAt: number | undefined = undefined
  /** It is among the waiters for a change. */
  #isWaiting = false
  #refusals: Refusals | undefined = undefined

  constructor(context: DialContext, request: DialRequest, outcome: DialOutcome) {
    this.context = context
    this.request = request
    this.#outcome = outcome
    this.#deadline = new CallDeadline(context.parts.clock, this)
    this.#attempts = new Attempts(this, this.#deadline)
  }

  /** The address as the caller wrote it. */
  get text(): string {
    return this.request.text
  }

  get early(): EarlySource | undefined {
    return this.#outcome.early
  }

  get maySendEarly(): boolean {
    return this.#attempts.second === undefined
  }

  get askedAt(): number | undefined {
    const { first, second } = this.#attempts
    return first === undefined || first.hasSentEarly || second !== undefined ? Infinity : first.beganAt
  }

  /** Begins. Throws the signal's reason when it is aborted already. */
  start(): void {
    const { address, scope, options } = this.request
    const { signal, timeoutMs } = options
    signal?.throwIfAborted()
    if (address.kind === 'service') this.context.want(address.service, scope)
    if (signal !== undefined) this.#ignoreSignal = onAbort(signal, () => this.giveUp(signal.reason))
    this.context.inFlight.push(this)
    this.#begunAt = this.context.parts.reports.begun()
    if (timeoutMs > 0) this.#deadline.start(timeoutMs)
    this.#look()
    this.#attempts.late()
  }

  /** What it waited for has changed. */
  changed(): void {
    this.#isWaiting = false
    if (this.#isFinished) return
    if (this.#attempts.first === undefined) this.#look()
    else this.#attempts.askAgain()
  }

  /**
   * Ends it from outside: the program destroyed the socket, the caller's signal aborted, or the node is closed. As with
   * `net`, a node that has accepted, or accepts later, sees an end.
   */
  giveUp(reason?: unknown): void {
    this.#attempts.close()
    this.fail(reason)
  }

  /** It has failed. A node that accepts later sees a reset. */
  fail(reason: unknown): void {
    if (this.#isFinished) return
    this.#finish(reason)
    this.context.parts.reports.failed(this.request, this.#begunAt, reason)
    this.#outcome.reject(reason)
  }

  wrote(): void {
    this.#attempts.wrote()
  }

  /** A timeout of 0 forbids waiting for a name or a node; the answer still has the default time. */
  asked(): void {
    if (this.#deadline.isOver) this.#deadline.start(DEFAULT_DIAL_TIMEOUT_MS)
  }

  accepted(attempt: Attempt, stream: Stream, initialBytes: Uint8Array | undefined): void {
    const { avoided, access, reports } = this.context.parts
    const { origin, options } = this.request
    const slower = attempt === this.#attempts.second && isSlow(options) ? this.#attempts.first : undefined
    this.#finish(undefined)
    if (attempt.instance !== undefined) avoided.succeeded(attempt.instance)
    if (slower?.instance !== undefined) avoided.failed(slower.instance)
    const { ends, earlyBytes: sentEarly } = attempt
    const identity = access.shown(attempt.peer)
    const { socketOptions } = options
    reports.connected(this.request, this.#begunAt, { ends, identity })
    this.#outcome.accepted(stream, {
      ends,
      identity,
      initialBytes,
      options: socketOptions,
      origin,
      sentEarly,
    })
  }

  /**
   * When the link broke, the far side may have seen the dial. If none of the program's bytes were sent, the dial is
   * repeated all the same, at another instance or through other routers. At worst the far side then sees a connection
   * that breaks at once.
   */
  refused(attempt: Attempt, error: DialError): void {
    const isLost = error.code === 'ECONNRESET' && attempt.hasLostLink && !attempt.hasSentEarly
    if (isLost && attempt.isRelayed && !this.#deadline.isOver) {
      this.#attempts.remove(attempt)
      this.#goOn()
    } else this.failed(attempt, refused(error, attempt.ends, failedCall(this.request)), isLost)
  }

  /**
   * Asks again over another path, or over the same one once it answers. The far side may see the dial that is given up:
   * at worst a connection that breaks at once.
   */
  doubted(attempt: Attempt): void {
    if (attempt.hasSentEarly || this.#deadline.isOver) return
    this.#attempts.remove(attempt)
    this.#goOn()
  }

  failed(attempt: Attempt, error: unknown, isLost = false): void {
    const { clock, avoided } = this.context.parts
    const { instance } = attempt
    this.#attempts.remove(attempt)
    if (instance !== undefined && isInstanceAtFault(error)) avoided.failed(instance)
    const mayGoOn = !this.#deadline.isOver && (isLost || isWorthAnother(error))
    if (instance === undefined || (this.#attempts.first === undefined && !mayGoOn)) return this.fail(error)
    this.#refusals ??= new Refusals(clock, () => this.#lookAgain())
    this.#refusals.add(instance, error)
    this.#goOn()
  }

  /**
   * The node that is asked alone has not answered for a while. It may have been given bytes of the program meanwhile:
   * then no other node may get them.
   */
  hedge(): void {
    const { first } = this.#attempts
    if (first === undefined || first.hasSentEarly) return
    const instance = this.#besides(first.ends.remoteNode)
    if (instance !== undefined && !this.#isFinished) this.#attempts.beginSecond(instance)
  }

  timedOut(): void {
    const asked = this.#attempts.asked
    const [first] = asked
    if (first === undefined) return this.#lookAgain()
    const { avoided } = this.context.parts
    for (const { instance } of asked) if (instance !== undefined) avoided.failed(instance)
    this.fail(timedOut(first.ends, failedCall(this.request)))
  }

  /** An attempt is over without a connection. */
  #goOn(): void {
    if (this.#attempts.first === undefined) return this.#look()
    this.#attempts.first.sendEarly()
    this.#deadline.watch()
  }

  /** Asks a node if one can be asked; otherwise waits until one can. */
  #look(): void {
    const { context, request } = this
    const { address } = request
    if (address.kind === 'node') return this.#attempts.begin(address, undefined)
    if (address.kind !== 'service') {
      return this.#attempts.begin({ nodeId: context.parts.self, port: address.port }, undefined)
    }
    const state = { refusals: this.#refusals, isTimeUp: this.#deadline.isOver }
    const instance = this.#found(() => nextInstance(context, request, state))
    if (instance !== undefined) this.#attempts.begin(instance, instance)
    else if (!this.#isFinished) this.wait()
  }

  /** An instance on another node than the one that is asked; what the search throws is no reason to end that dial. */
  #besides(node: NodeId): ServiceInstance | undefined {
    try {
      return secondInstance(this.context, this.request, { refusals: this.#refusals, besides: node })
    } catch {
      return undefined
    }
  }

  /** What `find` finds. What it throws ends the call; the application's selector may also have aborted it. */
  #found(find: () => ServiceInstance | undefined): ServiceInstance | undefined {
    try {
      const instance = find()
      return this.#isFinished ? undefined : instance
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  /** Looks again when something changes. */
  wait(): void {
    this.#isWaiting = true
    this.context.parts.waiters.add(this)
  }

  /** The deadline, or the wait after a refusal, is over. While nodes are asked there is nothing to look for. */
  #lookAgain(): void {
    if (!this.#isWaiting) return
    this.context.parts.waiters.delete(this)
    this.changed()
  }

  #finish(reason: unknown): void {
    this.#isFinished = true
    this.#attempts.cancel(reason)
    this.#deadline.stop()
    this.#refusals?.close()
    this.#ignoreSignal?.()
    this.context.inFlight.delete(this)
    if (this.#isWaiting) this.context.parts.waiters.delete(this)
  }
}
