import type { Clock } from '@astranet/interface'
import { invalidArgument } from '@astranet/interface/check'
import type { PolicyService } from '@astranet/policy'
import type { Catalogue } from '@astranet/registry'
import { serviceFacts, type ServiceFacts } from '../api/service-facts.js'
import { HealthMonitor } from '../health/health-monitor.js'
import type { HealthPlan } from '../health/health-plan.js'
import type { Health } from '../health/health-thresholds.js'
import type { Reporter } from '../node/reporter.js'
import { withinOption } from '../api/within-option.js'

/** The check of a service has changed its health: `{ environment, service, port, health, reason }`. */
const HEALTH_CHANGED = 'astranet:health:changed'

/** @internal What a bound service needs of its node. */
export interface BoundServiceParts {
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly reporter: Pick<Reporter, 'publish'>
  /** The services of this node have changed. */
  readonly onChange: () => void
}

/** @internal A service as it is bound: its entry in the catalogue, and the check of its health if it has one. */
export class BoundService {
  readonly #parts: BoundServiceParts
  readonly #asked: PolicyService
  #facts: ServiceFacts
  readonly #monitor: HealthMonitor | undefined

  /** Publishes it, and begins to check it. Throws a TypeError or RangeError that names the fact that is wrong. */
  constructor(
    parts: BoundServiceParts,
    asked: PolicyService,
    { facts, plan }: { readonly facts: ServiceFacts; readonly plan: HealthPlan | undefined },
  ) {
    this.#parts = parts
    this.#asked = asked
    this.#facts = facts
    withinOption('options', () => parts.catalogue.publishService({ ...asked, ...facts }))
    if (plan === undefined) return
    const { clock } = parts
    this.#monitor = new HealthMonitor({
      ...{ plan, clock, random: Math.random },
      onChange: (health, reason) => this.#onHealth(health, reason),
    })
    this.#monitor.start()
  }

  /** Publishes it with other facts; those that are left out stay. Throws when one of them is wrong. */
  update(changes: ServiceFacts): void {
    if (this.#monitor !== undefined && changes.health !== undefined) {
      throw invalidArgument('facts.health', 'of this service is what its check finds: it cannot be updated')
    }
    withinOption('facts', () => this.#publish(changes))
  }

  /** Withdraws it, and ends its check. */
  release(): void {
    this.#monitor?.close()
    this.#parts.catalogue.withdrawService(this.#asked)
  }

  #publish(changes: ServiceFacts): void {
    const updated = { ...this.#facts, ...serviceFacts(changes) }
    if (this.#parts.catalogue.publishService({ ...this.#asked, ...updated })) this.#parts.onChange()
    this.#facts = updated
  }

  #onHealth(health: Health, reason: string): void {
    this.#publish({ health })
    const { environment, name: service, port } = this.#asked
    this.#parts.reporter.publish(HEALTH_CHANGED, { environment, service, port, health, reason })
  }
}
