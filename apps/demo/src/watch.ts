import { once, EventEmitter } from 'node:events'
import type { AstraNet } from '@astranet/core'
import { nowMs } from './now.js'

/** How long a service may take to appear or to go, in ms. */
const TIMEOUT_MS = 30_000

/** Watches which services the node knows. */
export class Watch {
  readonly #node: AstraNet
  /** The services that are offered, and when each was first seen. */
  readonly #seenAt = new Map<string, number>()
  #changedAt = nowMs()
  readonly #changes = new EventEmitter<{ change: [] }>()

  constructor(node: AstraNet) {
    this.#node = node
  }

  /** Begins, and waits until all these services are found. */
  async start(names: readonly string[]): Promise<void> {
    void this.#watch()
    await Promise.all(names.map((name) => this.#node.waitFor(name, { timeoutMs: TIMEOUT_MS })))
  }

  /** Resolves with the time at which the service was first seen, in ms. */
  async seen(name: string): Promise<number> {
    await this.#until(`the service "${name}" was not seen`, () => this.#seenAt.has(name))
    return this.#seenAt.get(name) as number
  }

  /** Resolves with the time at which the last service went, in ms. */
  async allGone(): Promise<number> {
    await this.#until('services of the killed server stayed', () => this.#seenAt.size === 0)
    return this.#changedAt
  }

  async #watch(): Promise<void> {
    for await (const { kind, service } of this.#node.serviceMap().watch()) {
      this.#changedAt = nowMs()
      if (kind === 'remove') this.#seenAt.delete(service.name)
      else if (kind === 'add') this.#seenAt.set(service.name, this.#changedAt)
      this.#changes.emit('change')
    }
  }

  async #until(failure: string, isSo: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    while (!isSo()) {
      await once(this.#changes, 'change', { signal }).catch(() => {
        throw new Error(failure)
      })
    }
  }
}
