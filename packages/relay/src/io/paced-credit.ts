import type { Clock, Timer } from '@astranet/interface'
import { ByteRate } from '../proto/tunnel/byte-rate.js'

/** What one direction is given in its turn while several are owed credit, in bytes. */
const QUANTUM_BYTES = 4_096

/** A direction of a tunnel whose sender is owed credit. */
export interface CreditUser {
  /** Gives as much of the credit that is owed as `take` allows. Returns whether some is still owed. */
  giveCredit(take: (bytes: number) => number): boolean
}

/**
 * The credit of one node over all its tunnels: it gets it no faster than it may send. Those that are owed take turns, so
 * that a tunnel that always sends does not keep the others waiting. One timer runs while credit is owed.
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
    if (this.#owing.has(user)) return
    const now = this.#clock.now()
    // Behind others it waits for its turn.
    const isOwed = this.#owing.size > 0 || user.giveCredit((bytes) => this.#rate.take(bytes, now))
    if (isOwed) this.#owing.add(user)
    this.#wait()
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

  /** Each in its turn, the one that waited longest first, until the credit of this moment is used up. */
  #giveOwed(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    // One that is owed more is added again, and so comes last.
    for (const user of this.#owing) {
      if (this.#rate.available(now) === 0) break
      this.#owing.delete(user)
      const isOwed = user.giveCredit((bytes) => this.#rate.take(Math.min(bytes, QUANTUM_BYTES), now))
      if (isOwed) this.#owing.add(user)
    }
    this.#wait()
  }

  #wait(): void {
    if (this.#owing.size === 0) return
    this.#timer ??= this.#clock.setTimer(this.#rate.waitMs(), () => this.#giveOwed(), { background: true })
  }
}
