import { Waiters } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'

/** Items that wait for a caller of `take`, or callers that wait for an item: never both. */
export class AcceptQueue<T extends object> {
  readonly #items = new FifoQueue<T>()
  readonly #takers = new Waiters<undefined, T>()
  #end: { readonly error: Error } | undefined = undefined

  /** Items that wait. */
  get size(): number {
    return this.#items.size
  }

  /** Adds an item; the caller that has waited longest gets it. Without effect after `end`. */
  push(item: T): void {
    if (this.#end !== undefined) return
    let left: T | undefined = item
    this.#takers.serve(() => {
      const taken = left
      left = undefined
      return taken
    })
    if (left !== undefined) this.#items.push(left)
  }

  /** Takes the oldest item, now or when there is one. Rejects when the queue has ended or `signal` aborts. */
  async take(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const item = this.#items.shift()
    if (item !== undefined) return item
    if (this.#end !== undefined) throw this.#end.error
    return await this.#takers.wait(undefined, signal)
  }

  /**
   * No more items are added. Waiting items for which `isKept` is true can still be taken; without them all callers, now and
   * later, get `error`. Idempotent.
   */
  end(error: Error, isKept: (item: T) => boolean): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#takers.fail(error)
    this.#items.keep(isKept)
  }
}
