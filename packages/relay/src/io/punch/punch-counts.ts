import type { AddressFault } from '../../proto/punch/address-rules.js'
import type { PunchRefusal } from '../../proto/punch/negotiation.js'
import type { PunchMethod } from '../../proto/punch/plan.js'
import type { PunchEvent } from './puncher-parts.js'

/** How often what happened, as plain data. */
export interface PunchInspection {
  /** Rounds of attempts that began, and those that ended without a link. */
  readonly begun: number
  readonly failed: number
  /** Links by how they came about. */
  readonly linked: Readonly<Partial<Record<PunchMethod, number>>>
  /** Messages of peers that were refused, by reason. */
  readonly refused: Readonly<Partial<Record<PunchRefusal, number>>>
  /** Addresses of peers that were not dialed, by fault. */
  readonly leftOut: Readonly<Partial<Record<AddressFault, number>>>
}

/** Counts what happens on the way to direct links. */
export class PunchCounts {
  #begun = 0
  #failed = 0
  readonly #linked: Partial<Record<PunchMethod, number>> = {}
  readonly #refused: Partial<Record<PunchRefusal, number>> = {}
  readonly #leftOut: Partial<Record<AddressFault, number>> = {}

  count(event: PunchEvent): void {
    if (event.kind === 'begun') this.#begun += 1
    else if (event.kind === 'failed') this.#failed += 1
    else if (event.kind === 'refused') increase(this.#refused, event.refusal)
    else for (const { fault } of event.leftOut) increase(this.#leftOut, fault)
  }

  /** A link came about in this way. */
  linked(method: PunchMethod): void {
    increase(this.#linked, method)
  }

  inspect(): PunchInspection {
    return {
      ...{ begun: this.#begun, failed: this.#failed },
      ...{ linked: { ...this.#linked }, refused: { ...this.#refused }, leftOut: { ...this.#leftOut } },
    }
  }
}

function increase<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1
}
