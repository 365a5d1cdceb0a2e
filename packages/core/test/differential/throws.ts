import type { Side, Throwing } from './operation.js'
import { ProgramError } from './program-error.js'

/** Which listeners of one side throw the next time that they are called. */
export class Throws {
  readonly #side: Side
  readonly #next = new Set<Throwing>()

  constructor(side: Side) {
    this.#side = side
  }

  ask(listener: Throwing): void {
    this.#next.add(listener)
  }

  /** To be called last in each listener. */
  now(listener: Throwing): void {
    if (this.#next.delete(listener)) throw new ProgramError(`thrown by ${this.#side} in ${listener}`)
  }
}
