import type { NumberRange } from '@astranet/interface/check'

/** Hosts whose quota is remembered at the same time. */
export const MAX_REMEMBERED_HOSTS = 16_384

export const QUOTA_RANGE: NumberRange = { min: 1, max: 1_000_000 }

interface Quota {
  /** Handshakes that may begin now. */
  left: number
  /** When {@link left} was counted, in ms. */
  at: number
}

/**
 * How many handshakes each host may begin: so many in a second, and at most a second's at once. A host that has begun
 * none for a second is forgotten.
 */
export class BeginQuota {
  readonly #perSecond: number
  /** The one that has begun a handshake least recently comes first. */
  readonly #quotas = new Map<string, Quota>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Hosts that are remembered. */
  get size(): number {
    return this.#quotas.size
  }

  /** Whether `host` may begin another one at the time `now`, in ms. Counts it then. */
  take(host: string, now: number): boolean {
    const { left, at } = this.#quotas.get(host) ?? { left: this.#perSecond, at: now }
    const grown = Math.min(this.#perSecond, left + ((now - at) * this.#perSecond) / 1_000)
    this.#forget(now)
    if (grown < 1) return false
    this.#quotas.delete(host)
    this.#quotas.set(host, { left: grown - 1, at: now })
    return true
  }

  #forget(now: number): void {
    for (const [host, { at }] of this.#quotas) {
      if (now - at < 1_000 && this.#quotas.size < MAX_REMEMBERED_HOSTS) return
      this.#quotas.delete(host)
    }
  }
}
