import { MAX_PORT } from '@astranet/interface'
import type { Listener } from './listener.js'

/** Ports from here up are given to binds that name none, and to dialers. */
export const FIRST_EPHEMERAL_PORT = 0x8000_0000

/** Which listener has which port of this node. */
export class PortTable {
  readonly #listeners = new Map<number, Listener>()
  #nextEphemeral: number

  /** `random`: numbers from 0 to 1; where ephemeral ports begin, so that those of an earlier life are not met again. */
  constructor(random: () => number) {
    this.#nextEphemeral = FIRST_EPHEMERAL_PORT + Math.floor(random() * (MAX_PORT - FIRST_EPHEMERAL_PORT))
  }

  /** The listener that has the port. */
  at(port: number): Listener | undefined {
    return this.#listeners.get(port)
  }

  /** Gives the port to `listener`; it is free. */
  set(port: number, listener: Listener): void {
    this.#listeners.set(port, listener)
  }

  /** Frees the port. */
  delete(port: number): void {
    this.#listeners.delete(port)
  }

  /** All listeners. */
  listeners(): Listener[] {
    return [...this.#listeners.values()]
  }

  /** The next ephemeral port that nobody listens on; they come round after two thousand million. */
  ephemeral(): number {
    do this.#nextEphemeral = this.#nextEphemeral >= MAX_PORT ? FIRST_EPHEMERAL_PORT : this.#nextEphemeral + 1
    while (this.#listeners.has(this.#nextEphemeral))
    return this.#nextEphemeral
  }
}
