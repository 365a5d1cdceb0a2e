import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '@astranet/registry'
import { DEFAULT_DIAL_TIMEOUT_MS } from '../api/dial-options.js'
import { Attempt, type AttemptHost } from './attempt.js'
import type { CallDeadline } from './call-deadline.js'
import { noRoute } from './dial-errors.js'
import { failedCall } from './instance-search.js'

/** @internal A port of a node. */
export interface Place {
  readonly nodeId: NodeId
  readonly port: number
}

/** @internal The call that asks. */
export interface AttemptsHost extends AttemptHost {
  /** Waits for a change, because there is no link yet. */
  wait(): void
  fail(reason: unknown): void
}

/** @internal The nodes that a call asks now: none, one, or a second one beside the first. */
export class Attempts {
  readonly #host: AttemptsHost
  readonly #deadline: CallDeadline
  #first: Attempt | undefined = undefined
  #second: Attempt | undefined = undefined
  /** Whether what begins now begins later than the call. */
  #isLate = false
  /** It has waited for a link. */
  #hasWaited = false
  /** What was written is sent within this turn. */
  #isEarlyDue = false

  constructor(host: AttemptsHost, deadline: CallDeadline) {
    this.#host = host
    this.#deadline = deadline
  }

  get first(): Attempt | undefined {
    return this.#first
  }

  /** The one that is asked beside the first. */
  get second(): Attempt | undefined {
    return this.#second
  }

  /** Those that were asked and have not answered. */
  get asked(): readonly Attempt[] {
    const both = [this.#first, this.#second]
    return both.filter((each): each is Attempt => each?.isLinking === false)
  }

  /** Attempts that begin from now on note the time. */
  late(): void {
    this.#isLate = true
  }

  /** Asks a node while none is asked. */
  begin(place: Place, instance: ServiceInstance | undefined): void {
    this.#first = this.#make(place, instance)
    this.#ask(this.#first)
    this.#deadline.watch()
  }

  /** Asks a second node. */
  beginSecond(instance: ServiceInstance): void {
    this.#second = this.#make(instance, instance)
    this.#ask(this.#second)
  }

  /** Something has changed: asks the nodes to which there was no link. */
  askAgain(): void {
    const [first, second] = [this.#first, this.#second]
    if (first?.isLinking === true) this.#ask(first)
    if (second?.isLinking === true) this.#ask(second)
  }

  /** An attempt is over; the other one, if there is one, goes on. */
  remove(attempt: Attempt): void {
    attempt.cancel(undefined)
    if (this.#first === attempt) this.#first = this.#second
    this.#second = undefined
  }

  /** Gives up: nodes that accept see a reset. */
  cancel(reason: unknown): void {
    this.#first?.cancel(reason)
    this.#second?.cancel(reason)
  }

  /** The program gives up: nodes that accept see an end. */
  close(): void {
    this.#first?.close()
    this.#second?.close()
  }

  /** All that is written within a turn is sent in one piece. */
  wrote(): void {
    if (this.#isEarlyDue) return
    this.#isEarlyDue = true
    queueMicrotask(() => {
      this.#isEarlyDue = false
      this.#first?.sendEarly()
    })
  }

  #make({ nodeId, port }: Place, instance: ServiceInstance | undefined): Attempt {
    const { context, request } = this.#host
    const { self, ports, clock } = context.parts
    const localPort = request.localPort ?? ports.ephemeral()
    const ends = { localNode: self, localPort, remoteNode: nodeId, remotePort: port }
    const attempt = new Attempt(this.#host, ends, instance)
    if (this.#isLate) attempt.beganAt = clock.now()
    return attempt
  }

  /** Asks the node of an attempt, or waits for a link to it. While one is made, another instance is not looked for. */
  #ask(attempt: Attempt): void {
    attempt.begin()
    if (attempt.isLinking) this.#waitForLink(attempt)
  }

  #waitForLink(attempt: Attempt): void {
    const { context, request } = this.#host
    const { links, whyUnseen } = context.parts
    const { path, timeoutMs } = request.options
    const { remoteNode } = attempt.ends
    const isComing = links.canReach(remoteNode, path)
    // A timeout of 0 forbids waiting for a node that is not known, but not for the link to one that is.
    if (isComing && this.#deadline.isOver && timeoutMs === 0 && !this.#hasWaited)
      this.#deadline.start(DEFAULT_DIAL_TIMEOUT_MS)
    this.#hasWaited = true
    if (this.#deadline.isOver) {
      const why = { cause: links.failure(remoteNode), unseen: whyUnseen() }
      this.#host.fail(noRoute(remoteNode, failedCall(request), why))
      return
    }
    if (!isComing) this.remove(attempt)
    this.#host.wait()
  }
}
