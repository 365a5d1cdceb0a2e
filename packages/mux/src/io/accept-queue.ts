import { Waiters } from './waiters.js'

/** Items that wait for a taker, or takers that wait for an item: never both. */
export class AcceptQueue<T extends object> {
  #items: (T | undefined)[] = []
  #head = 0
  readonly #takers = new Waiters<undefined, T>()
  #end: { readonly error: Error } | undefined = undefined

  /** Items that wait. */
  get size(): number {
    return this.#items.length - this.#head
  }

  /** Adds an item; the one who waits longest gets it. Without effect after `end`. */
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
    const item = this.#shift()
    if (item !== undefined) return item
    if (this.#end !== undefined) throw this.#end.error
    return await this.#takers.wait(undefined, signal)
  }

  /**
   * Nothing more comes. Of what waits, that which is still `wanted` can be taken; then all takers, now and later, get
   * `error`. Idempotent.
   */
  end(error: Error, wanted: (item: T) => boolean): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#takers.fail(error)
    this.#items = this.#items.slice(this.#head).filter((item) => item !== undefined && wanted(item))
    this.#head = 0
  }

  #shift(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }
}
