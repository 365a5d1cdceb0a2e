import { MAX_PORT } from '@astranet/interface'
import type { Arrivals } from './listener-queue.js'

/** Ports from here up are given to binds that name none, and to dialers. */
export const FIRST_EPHEMERAL_PORT = 0x8000_0000

/** What is bound to which port of this node. */
export class PortTable {
  readonly #bound = new Map<number, Arrivals<unknown>>()
  #nextEphemeral: number

  /** `random`: numbers from 0 to 1; where ephemeral ports begin, so that those of an earlier life are not met again. */
  constructor(random: () => number) {
    this.#nextEphemeral = FIRST_EPHEMERAL_PORT + Math.floor(random() * (MAX_PORT - FIRST_EPHEMERAL_PORT))
  }

  /** What is bound to the port. */
  at(port: number): Arrivals<unknown> | undefined {
    return this.#bound.get(port)
  }

  /** Gives the port to `arrivals`; it is free. */
  set(port: number, arrivals: Arrivals<unknown>): void {
    this.#bound.set(port, arrivals)
  }

  /** Frees the port. */
  delete(port: number): void {
    this.#bound.delete(port)
  }

  /** Everything that is bound. */
  all(): Arrivals<unknown>[] {
    return [...this.#bound.values()]
  }

  /** The next ephemeral port that nothing is bound to; they come round after two thousand million. */
  ephemeral(): number {
    do this.#nextEphemeral = this.#nextEphemeral >= MAX_PORT ? FIRST_EPHEMERAL_PORT : this.#nextEphemeral + 1
    while (this.#bound.has(this.#nextEphemeral))
    return this.#nextEphemeral
  }
}
