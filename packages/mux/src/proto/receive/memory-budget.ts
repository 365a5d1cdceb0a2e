import { checkInteger } from '@astranet/interface/check'

/**
 * A number of bytes that sessions share for what they receive: the unread bytes they hold and the credit they have
 * given. A node that gives one budget to all its sessions has one bound for its receive memory.
 *
 * A session that finds the budget empty waits, and is notified when bytes return. It never gives credit that it has
 * not reserved, with one exception, which comes on top of `limitBytes`: 128 KiB that every session may always have, and 16 KiB for
 * each of its carriers; otherwise idle sessions that hold the credit would stop the others forever.
 */
export class MemoryBudget {
  /** The bound, in bytes. */
  readonly limitBytes: number
  #reservedBytes: number // see float-zero.ts
  readonly #waiting = new Set<() => void>()

  /** `limitBytes`: at least 65,536. Throws a TypeError or RangeError otherwise. */
  constructor(limitBytes: number) {
    this.limitBytes = checkInteger('limitBytes', limitBytes, { min: 65_536, max: Number.MAX_SAFE_INTEGER })
    this.#reservedBytes = 0
  }

  /** Bytes reserved now. */
  get reservedBytes(): number {
    return this.#reservedBytes
  }

  /** Reserves up to `bytes`; returns how many it got, 0 when the budget is exhausted. */
  reserve(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, this.limitBytes - this.#reservedBytes))
    this.#reservedBytes += granted
    return granted
  }

  /**
   * Reserves `bytes` whether the budget has room or not: for what a session may have in any case, and what holding the
   * bytes that have arrived costs.
   */
  force(bytes: number): void {
    this.#reservedBytes += bytes
  }

  /** Returns `bytes`, then calls the callbacks that wait for room. */
  release(bytes: number): void {
    this.#reservedBytes -= bytes
    if (this.#waiting.size === 0 || this.#reservedBytes >= this.limitBytes) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }

  /** Calls `callback` once when bytes were returned. The same function waits only once. */
  whenReleased(callback: () => void): void {
    this.#waiting.add(callback)
  }

  /** Undoes {@link whenReleased}. */
  forget(callback: () => void): void {
    this.#waiting.delete(callback)
  }
}
