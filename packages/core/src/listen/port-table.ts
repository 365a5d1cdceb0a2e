import { MAX_PORT } from '@astranet/interface'
import type { ListenerQueue } from './listener-queue.js'

/** Ports from here up are given to binds that name none, and to dialers. */
export const FIRST_EPHEMERAL_PORT = 0x8000_0000

/** What is bound to which port of this node. */
export class PortTable {
  readonly #bound = new Map<number, ListenerQueue<unknown>>()
  #nextEphemeral: number

  /**
   * `random`: numbers from 0 to 1. The ephemeral ports begin at a random one, so that a restarted node does not reuse the
   * ports of its former life.
   */
  constructor(random: () => number) {
    this.#nextEphemeral = FIRST_EPHEMERAL_PORT + Math.floor(random() * (MAX_PORT - FIRST_EPHEMERAL_PORT))
  }

  /** What is bound to the port. */
  at(port: number): ListenerQueue<unknown> | undefined {
    return this.#bound.get(port)
  }

  /** Gives the port, which is free, to `queue`. */
  set(port: number, queue: ListenerQueue<unknown>): void {
    this.#bound.set(port, queue)
  }

  /** Frees the port. */
  delete(port: number): void {
    this.#bound.delete(port)
  }

  /** Everything that is bound. */
  all(): ListenerQueue<unknown>[] {
    return [...this.#bound.values()]
  }

  /** The next ephemeral port that nothing is bound to. They repeat after 2^31. */
  ephemeral(): number {
    do this.#nextEphemeral = this.#nextEphemeral >= MAX_PORT ? FIRST_EPHEMERAL_PORT : this.#nextEphemeral + 1
    while (this.#bound.has(this.#nextEphemeral))
    return this.#nextEphemeral
  }
}
