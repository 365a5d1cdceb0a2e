interface Waiter<T> {
  resolve(item: T): void
  reject(error: Error): void
}

/** Items that wait for a taker, or takers that wait for an item: never both. */
export class AcceptQueue<T> {
  readonly #items: T[] = []
  #head = 0
  readonly #waiters = new Set<Waiter<T>>()
  #end: { readonly error: Error } | undefined = undefined

  /** Items that wait. */
  get size(): number {
    return this.#items.length - this.#head
  }

  /** Adds an item; the one who waits longest gets it. Without effect after `end`. */
  push(item: T): void {
    if (this.#end !== undefined) return
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter)
      waiter.resolve(item)
      return
    }
    this.#items.push(item)
  }

  /** Takes the oldest item, now or when there is one. Rejects when the queue ends or `signal` aborts. */
  async take(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.size > 0) return this.#shift()
    if (this.#end !== undefined) throw this.#end.error
    return await this.#wait(signal)
  }

  /** Nothing more comes: what waits is dropped and returned, and all takers, now and later, get `error`. Idempotent. */
  end(error: Error): T[] {
    if (this.#end !== undefined) return []
    this.#end = { error }
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
    const dropped = this.#items.slice(this.#head)
    this.#items.length = 0
    this.#head = 0
    return dropped
  }

  #shift(): T {
    const item = this.#items[this.#head] as T
    this.#items[this.#head] = undefined as T
    this.#head += 1
    if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  #wait(signal: AbortSignal | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter)
        reject(signal?.reason as Error)
      }
      const done = (): void => signal?.removeEventListener('abort', onAbort)
      const waiter: Waiter<T> = {
        resolve: (item) => (done(), resolve(item)),
        reject: (error) => (done(), reject(error)),
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
