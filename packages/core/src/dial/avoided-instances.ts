import type { Clock, Timer } from '@astranet/interface'
import { Outliers, type ServiceInstance } from '@astranet/registry'
import type { Reporter } from '../node/reporter.js'

/** An instance is left out from now on: `{ environment, service, port, nodeId, durationMs }`. */
const INSTANCE_EJECTED = 'astranet:instance:ejected'

/** The time for which an instance was left out is over: `{ environment, service, port, nodeId }`. */
const INSTANCE_RETURNED = 'astranet:instance:returned'

/** How many instances are observed until they return; at the limit the one that was ejected first is reported at once. */
export const MAX_OBSERVED_EJECTIONS = 4_096

/** @internal What {@link AvoidedInstances} needs of the node. */
export interface AvoidedInstancesParts {
  readonly clock: Clock
  readonly reporter: Pick<Reporter, 'publish' | 'hasSubscribers'>
}

/** An ejection of which an observer will see the end. */
interface Ejection {
  readonly instance: ServiceInstance
  readonly endsAt: number
}

/**
 * The instances that dials leave out for a while because dials at them have failed again and again (`Outliers`), and the
 * reports of that. The ends of ejections need a timer, which runs only while somebody observes one of the channels.
 */
export class AvoidedInstances {
  readonly #parts: AvoidedInstancesParts
  readonly #outliers = new Outliers()
  /** By place, in the order in which they began. */
  readonly #ejections = new Map<string, Ejection>()
  #timer: Timer | undefined = undefined

  constructor(parts: AvoidedInstancesParts) {
    this.#parts = parts
  }

  /** Those of `instances` that are not left out now; see `Outliers.filter`. */
  filter(instances: readonly ServiceInstance[]): readonly ServiceInstance[] {
    return this.#outliers.filter(instances, this.#parts.clock.now())
  }

  /** An instance has accepted a dial. */
  succeeded(instance: ServiceInstance): void {
    if (this.#outliers.size > 0) this.#outliers.succeeded(instance, this.#parts.clock.now())
  }

  /** An instance has refused a dial, has not answered in time, or the link to it broke. */
  failed(instance: ServiceInstance): void {
    const now = this.#parts.clock.now()
    const durationMs = this.#outliers.failed(instance, now)
    if (durationMs > 0) this.#ejected({ instance, endsAt: now + durationMs }, durationMs)
  }

  /** Reports nothing more. Idempotent. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#ejections.clear()
  }

  #ejected(ejection: Ejection, durationMs: number): void {
    const { reporter } = this.#parts
    if (!reporter.hasSubscribers(INSTANCE_EJECTED) && !reporter.hasSubscribers(INSTANCE_RETURNED)) return
    const { instance } = ejection
    const key = placeText(instance)
    // It is here already if its earlier ejection was forgotten for want of room.
    this.#returned(key)
    if (this.#ejections.size >= MAX_OBSERVED_EJECTIONS) {
      const [oldest = ''] = this.#ejections.keys()
      this.#returned(oldest)
    }
    this.#ejections.set(key, ejection)
    reporter.publish(INSTANCE_EJECTED, { ...placeOf(instance), durationMs })
    this.#schedule()
  }

  #returned(key: string): void {
    const ejection = this.#ejections.get(key)
    if (ejection === undefined) return
    this.#ejections.delete(key)
    this.#parts.reporter.publish(INSTANCE_RETURNED, placeOf(ejection.instance))
  }

  /** Waits for the ejection that ends first. */
  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    let first = Infinity
    for (const { endsAt } of this.#ejections.values()) first = Math.min(first, endsAt)
    if (first === Infinity) return
    const { clock } = this.#parts
    const delayMs = Math.max(0, first - clock.now())
    this.#timer = clock.setTimer(delayMs, () => this.#look(), { background: true })
  }

  #look(): void {
    const now = this.#parts.clock.now()
    for (const [key, { endsAt }] of this.#ejections) if (endsAt <= now) this.#returned(key)
    this.#schedule()
  }
}

function placeOf({ environment, name, port, nodeId }: ServiceInstance): object {
  return { environment, service: name, port, nodeId }
}

/** Equal for equal places, different for different ones. */
function placeText({ environment, name, port, nodeId }: ServiceInstance): string {
  return `${nodeId} ${port} ${name}\0${environment}`
}
