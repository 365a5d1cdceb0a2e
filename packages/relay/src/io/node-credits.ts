import type { Clock } from '@astranet/interface'
import { RefusalReason } from '@astranet/link'
import type { Account } from '../proto/tunnel/account.js'
import type { TunnelRefusal } from '../proto/tunnel/hop.js'
import { MIN_TUNNEL_BYTES } from '../proto/tunnel/tunnel-limits.js'
import { PacedCredit } from './paced-credit.js'

/** Nodes without a tunnel whose rate is remembered; the one whose last tunnel ended first is forgotten first. */
export const MAX_IDLE_CREDITS = 4_096

interface SharedCredit {
  readonly credit: PacedCredit
  /** Tunnels that share it. */
  users: number
}

/**
 * What each node may send over its tunnels. That of a node without one is kept until it is full, so that it gains nothing
 * by new tunnels. Nothing is kept where there is no limit.
 */
export class NodeCredits {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #shared = new Map<Account['key'], SharedCredit>()
  /** Those without a tunnel, the one whose last tunnel ended first in front. */
  readonly #idle = new Map<Account['key'], SharedCredit>()

  /** `bytesPerSecond`: `Infinity` for no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** The node opens a tunnel: its first window, which it gets at once, is taken from its rate. */
  charge(account: Account): TunnelRefusal | undefined {
    const credit = this.join(account)
    const isAllowed = credit?.charge(MIN_TUNNEL_BYTES) ?? true
    this.leave(account)
    return isAllowed ? undefined : TOO_FAST
  }

  /** The node has one more tunnel. Returns what they share; `undefined`: there is no limit. */
  join({ key }: Account): PacedCredit | undefined {
    if (this.#bytesPerSecond === Infinity) return undefined
    const known = this.#shared.get(key) ?? this.#idle.get(key)
    const shared = known ?? { credit: new PacedCredit(this.#clock, this.#bytesPerSecond), users: 0 }
    this.#idle.delete(key)
    this.#shared.set(key, shared)
    shared.users += 1
    return shared.credit
  }

  /** The node has one tunnel less. */
  leave({ key }: Account): void {
    const shared = this.#shared.get(key)
    if (shared === undefined) return
    shared.users -= 1
    if (shared.users > 0) return
    this.#shared.delete(key)
    this.#idle.set(key, shared)
    this.#forget()
  }

  #forget(): void {
    for (const [key, { credit }] of this.#idle) {
      if (!credit.isFull && this.#idle.size <= MAX_IDLE_CREDITS) return
      this.#idle.delete(key)
    }
  }
}

const TOO_FAST: TunnelRefusal = {
  reason: RefusalReason.QUOTA,
  text: 'the node opens tunnels faster than its rate here allows',
}
