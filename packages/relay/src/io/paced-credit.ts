import type { Clock, Timer } from '@astranet/interface'
import { ByteRate } from '../proto/tunnel/byte-rate.js'

/** A direction of a tunnel whose sender is owed credit. */
export interface CreditUser {
  /** Gives as much of the credit that is owed as `take` allows. Returns whether some is still owed. */
  giveCredit(take: (bytes: number) => number): boolean
}

/**
 * The credit of one node over all its tunnels: it gets it no faster than it may send. One timer runs while credit is
 * owed.
 */
export class PacedCredit {
  readonly #clock: Clock
  readonly #rate: ByteRate
  readonly #owing = new Set<CreditUser>()
  #timer: Timer | undefined = undefined

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#rate = new ByteRate(bytesPerSecond, clock.now())
  }

  /** Credit is owed to `user`. */
  give(user: CreditUser): void {
    const now = this.#clock.now()
    if (this.#owing.has(user) || !user.giveCredit((bytes) => this.#rate.take(bytes, now))) return
    this.#owing.add(user)
    this.#timer ??= this.#clock.setTimer(this.#rate.waitMs(), () => this.#giveOwed(), { background: true })
  }

  /** The node has a tunnel more, on which it may send `bytes` at once. False: it owes too much already. */
  charge(bytes: number): boolean {
    return this.#rate.charge(bytes, this.#clock.now())
  }

  /** Whether it may send as much as a node that has sent nothing yet. */
  get isFull(): boolean {
    return this.#rate.isFull(this.#clock.now())
  }

  /** `user` has ended. Idempotent. */
  leave(user: CreditUser): void {
    this.#owing.delete(user)
    if (this.#owing.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** The one that waited longest comes first. */
  #giveOwed(): void {
    this.#timer = undefined
    const owing = [...this.#owing]
    this.#owing.clear()
    for (const user of owing) this.give(user)
  }
}
