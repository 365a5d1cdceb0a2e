import { MAX_PORT } from '@astranet/interface'
import type { ListenerQueue } from './listener-queue.js'

/** Ports from here up are given to binds that name none, and to dialers. */
export const FIRST_EPHEMERAL_PORT = 0x8000_0000

/** The first port that a `net` program gets when it asks for a free one. */
const FIRST_NET_PORT = 1_024

/** The largest port of `net`, 16 bits wide. Ports above are reached by a path: `':4000000000'`. */
export const MAX_NET_PORT = 65_535

/** What is bound to which port of this node. */
export class PortTable {
  readonly #bound = new Map<number, ListenerQueue<unknown>>()
  #nextEphemeral: number
  #nextNet: number

  /**
   * `random`: numbers from 0 to 1. The ephemeral ports begin at a random one, so that a restarted node does not reuse
   * the ports of its former life.
   */
  constructor(random: () => number) {
    this.#nextEphemeral = FIRST_EPHEMERAL_PORT + Math.floor(random() * (MAX_PORT - FIRST_EPHEMERAL_PORT))
    this.#nextNet = FIRST_NET_PORT + Math.floor(random() * (MAX_NET_PORT - FIRST_NET_PORT))
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

  /** The next port from 1,024 to 65,535 that nothing is bound to; `undefined` when all are. */
  netPort(): number | undefined {
    for (let tried = FIRST_NET_PORT; tried <= MAX_NET_PORT; tried++) {
      this.#nextNet = this.#nextNet >= MAX_NET_PORT ? FIRST_NET_PORT : this.#nextNet + 1
      if (!this.#bound.has(this.#nextNet)) return this.#nextNet
    }
    return undefined
  }
}
