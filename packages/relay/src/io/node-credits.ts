import type { Clock } from '@astranet/interface'
import type { Account } from '../proto/tunnel/account.js'
import { PacedCredit } from './paced-credit.js'

interface SharedCredit {
  readonly credit: PacedCredit
  /** Tunnels that share it. */
  users: number
}

/** What each node may send over its tunnels. Nothing is kept for nodes without one, nor where there is no limit. */
export class NodeCredits {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #shared = new Map<Account['key'], SharedCredit>()

  /** `bytesPerSecond`: `Infinity` for no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The node has one more tunnel. Returns what they share; `undefined`: there is no limit. */
  join({ key }: Account): PacedCredit | undefined {
    if (this.#bytesPerSecond === Infinity) return undefined
    let shared = this.#shared.get(key)
    if (shared === undefined) {
      shared = { credit: new PacedCredit(this.#clock, this.#bytesPerSecond), users: 0 }
      this.#shared.set(key, shared)
    }
    shared.users += 1
    return shared.credit
  }

  /** The node has one tunnel less. */
  leave({ key }: Account): void {
    const shared = this.#shared.get(key)
    if (shared === undefined) return
    shared.users -= 1
    if (shared.users === 0) this.#shared.delete(key)
  }
}
