/** @internal The health of a service, as the registry has it. */
export type Health = 'passing' | 'failing'

/**
 * @internal Decides by results in a row. It begins as passing; the first result decides alone, because nothing is known
 * before it.
 */
export class HealthThresholds {
  #health: Health = 'passing'
  #isFirst = true
  /** Results in a row that speak against the present state. */
  #against = 0
  readonly #needed: Readonly<Record<Health, number>>

  constructor({ rise, fall }: { readonly rise: number; readonly fall: number }) {
    this.#needed = { passing: fall, failing: rise }
  }

  get health(): Health {
    return this.#health
  }

  /** Takes a result; returns whether the state has changed. */
  took(result: Health): boolean {
    const needed = this.#isFirst ? 1 : this.#needed[this.#health]
    this.#isFirst = false
    this.#against = result === this.#health ? 0 : this.#against + 1
    if (this.#against < needed) return false
    this.#health = result
    this.#against = 0
    return true
  }
}
