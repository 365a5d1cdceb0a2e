import type { Clock, Timer } from '@astranet/interface'
import type { ServiceInstance } from '@astranet/registry'
import { isNobodyThere } from './dial-errors.js'

/**
 * How long a dial by name waits, in ms, after the node of the service answered that nobody listens. Its catalogue
 * entries arrive a moment after its answer: first the dial waits until the entry is withdrawn, then until the name is
 * bound again.
 */
const STALE_PATIENCE_MS = 1_000
const REBIND_PATIENCE_MS = 100

/**
 * The instances of a service that refused a dial, and how long the dial waits for others. Made by the first refusal:
 * most dials have none.
 */
export class Refusals {
  /** None of them is asked again. */
  readonly instances: ReadonlySet<ServiceInstance>
  readonly #refused = new Set<ServiceInstance>()
  readonly #clock: Clock
  readonly #onPatienceOver: () => void
  #lastError: unknown = undefined
  #timer: Timer | undefined = undefined
  #isPatienceOver = false
  /** Whether the timer runs for a withdrawn entry. */
  #isWithdrawn = false

  /** `onPatienceOver`: {@link canWait} is `false` from now on. */
  constructor(clock: Clock, onPatienceOver: () => void) {
    this.#clock = clock
    this.#onPatienceOver = onPatienceOver
    this.instances = this.#refused
  }

  /** Why the last instance refused. */
  get lastError(): unknown {
    return this.#lastError
  }

  add(instance: ServiceInstance, error: unknown): void {
    this.#refused.add(instance)
    this.#lastError = error
  }

  /** Whether another instance may appear soon: the name may have moved to another port. */
  canWait(): boolean {
    return isNobodyThere(this.#lastError) && !this.#isPatienceOver
  }

  /** The dial waits. `isWithdrawn`: the catalogue has none of the instances that refused any more. */
  wait(isWithdrawn: boolean): void {
    if (this.#timer !== undefined && isWithdrawn === this.#isWithdrawn) return
    this.#isWithdrawn = isWithdrawn
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(isWithdrawn ? REBIND_PATIENCE_MS : STALE_PATIENCE_MS, () => {
      this.#isPatienceOver = true
      this.#onPatienceOver()
    })
  }

  /** The dial has finished: it waits no more. */
  close(): void {
    this.#isPatienceOver = true
    this.#timer?.cancel()
  }
}
