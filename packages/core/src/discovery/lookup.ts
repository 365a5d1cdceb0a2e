import { onAbort, type Clock } from '@astranet/interface'
import type { ServiceInstance } from '@astranet/registry'
import { NetError } from '../api/net-error.js'
import type { ChangeWaiter, ChangeWaiters } from '../dial/change-waiters.js'
import { isMeant, type InstanceFilter } from './service-filter.js'
import type { VisibleServices } from './visible-services.js'
import type { HeldWant, Wants } from './wants.js'

/** @internal What looking for services needs of the node. */
export interface LookupParts {
  readonly clock: Clock
  readonly wants: Wants
  /** Woken when services, or who may offer them, have changed. */
  readonly waiters: ChangeWaiters
  /** Calls that have not finished: the node ends them when it is closed. */
  readonly pending: Set<Lookup>
}

/** @internal What is looked for. */
export interface LookupRequest {
  /** The call, for errors. */
  readonly syscall: 'resolve' | 'waitFor'
  readonly environment: string
  readonly name: string
  readonly filter: InstanceFilter
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly visible: VisibleServices
  /** How many instances are waited for; `undefined`: until the network has answered, however many there are. */
  readonly count: number | undefined
}

/** @internal Receives the result of a lookup: one of these, once. */
export interface LookupOutcome {
  resolve(instances: ServiceInstance[]): void
  reject(reason: unknown): void
}

/**
 * One call of `resolve` or `waitFor`. It asks the network for the name, and looks again at each change until it has
 * what it waits for, its time is over, its signal aborts or the node is closed.
 */
export class Lookup implements ChangeWaiter {
  readonly #parts: LookupParts
  readonly #request: LookupRequest
  readonly #outcome: LookupOutcome
  readonly #want: HeldWant
  readonly #release: (() => void)[] = []
  #isFinished = false

  /** Throws the signal's reason when it is aborted already, and what is wrong with the name. */
  constructor(parts: LookupParts, request: LookupRequest, outcome: LookupOutcome) {
    this.#parts = parts
    this.#request = request
    this.#outcome = outcome
    const { environment, name, signal, timeoutMs } = request
    signal?.throwIfAborted()
    this.#want = parts.wants.hold(environment, name, () => parts.clock.defer(() => this.#look()))
    parts.pending.add(this)
    this.#release.push(
      () => this.#want.close(),
      () => parts.pending.delete(this),
      () => parts.waiters.delete(this),
      onAbort(signal, () => this.reject(signal?.reason)),
    )
    this.#look()
    if (timeoutMs === 0) this.#timedOut()
    else this.#startTimer(timeoutMs)
  }

  /** The name that it looks for. */
  get name(): string {
    return this.#request.name
  }

  /** The call, for errors. */
  get syscall(): string {
    return this.#request.syscall
  }

  /** Services have changed. It is not among the waiters any more. */
  changed(): void {
    this.#look()
  }

  /** Ends it from outside. */
  reject(reason: unknown): void {
    if (this.#finish()) this.#outcome.reject(reason)
  }

  #startTimer(timeoutMs: number): void {
    if (this.#isFinished) return
    const timer = this.#parts.clock.setTimer(timeoutMs, () => this.#timedOut())
    this.#release.push(() => timer.cancel())
  }

  #look(): void {
    if (this.#isFinished) return
    const found = this.#found()
    const { count } = this.#request
    const isDone = count === undefined ? this.#want.isAnswered : found.length >= count
    if (!isDone) this.#parts.waiters.add(this)
    else if (this.#finish()) this.#outcome.resolve(found)
  }

  #found(): ServiceInstance[] {
    const { visible, name, filter, count } = this.#request
    const meant = visible.named(name).filter((each) => isMeant(filter, each))
    // Who waits for a service wants to use it.
    return count === undefined ? meant : meant.filter(({ health }) => health === 'passing')
  }

  #timedOut(): void {
    if (this.#isFinished) return
    const { syscall, name: address, environment, timeoutMs, count } = this.#request
    const where = environment === '' ? '' : ` in the environment "${environment}"`
    const service = `the service "${address}"${where}`
    const text =
      count === undefined
        ? `no router has answered for ${service} within ${timeoutMs} ms`
        : `there were ${this.#found().length} of ${count} passing instances of ${service} after ${timeoutMs} ms`
    this.reject(new NetError('ETIMEDOUT', text, { syscall, address }))
  }

  #finish(): boolean {
    if (this.#isFinished) return false
    this.#isFinished = true
    for (const release of this.#release) release()
    return true
  }
}
