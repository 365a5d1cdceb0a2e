import { onAbort } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import type { KeepAlive } from '../node/keep-alive.js'
import type { ChangeSource, TakeableChanges } from './change-source.js'

/**
 * Changes as they come: `for await (const change of changes)`. It begins with the first call of `next`, and reports
 * everything that there is then, before the changes. It ends when the loop is left, when the node is closed, and with
 * the signal's reason as an error when that aborts. While the program waits for a change, the process is kept alive.
 */
export interface ChangeIterator<C> extends AsyncIterableIterator<C, undefined, void>, AsyncDisposable {
  /** The next change, as soon as there is one. Several calls may wait, and are served in order. */
  next(): Promise<IteratorResult<C, undefined>>
  /** Ends it: calls of `next` that wait get the end. Idempotent. */
  return(): Promise<IteratorResult<C, undefined>>
  [Symbol.asyncIterator](): this
}

/** @internal What an iterator needs of its node. */
export interface ChangeIteratorParts<C> {
  /** A promise while the node is being made; it rejects when that failed. */
  readonly source: () => ChangeSource<C> | Promise<ChangeSource<C>>
  /** Calls back after the present turn of the event loop, so that the changes of one turn are read together. */
  readonly defer: (callback: () => void) => void
  readonly signal: AbortSignal | undefined
  /** It watches from now on. The result is called once, when it ends. */
  readonly onOpen: (close: () => void) => () => void
  /** Held while calls of `next` wait. */
  readonly keepAlive: () => KeepAlive
}

interface Waiter<C> {
  resolve(result: IteratorResult<C, undefined>): void
  reject(reason: unknown): void
}

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined })

/**
 * A watch as an iterator. States: *new*, *open* (from the first `next`), *ended*. It takes a change from the watch only
 * when the program asks for one, so all that a slow program leaves behind is coalesced in the watch.
 */
export class WatchIterator<C> implements ChangeIterator<C> {
  readonly #parts: ChangeIteratorParts<C>
  #changes: TakeableChanges<C> | undefined = undefined
  /** Taken and not given to the program yet; at most one where the source can limit what it gives. */
  readonly #taken = new FifoQueue<C>()
  readonly #waiting = new FifoQueue<Waiter<C>>()
  #isBegun = false
  #isEnded = false
  /** What the next call rejects with, once. */
  #failure: { readonly reason: unknown } | undefined = undefined
  #release: (() => void)[] = []

  constructor(parts: ChangeIteratorParts<C>) {
    this.#parts = parts
  }

  next(): Promise<IteratorResult<C, undefined>> {
    if (!this.#isBegun) this.#begin()
    if (this.#isEnded) return this.#lastResult()
    const value = this.#waiting.size === 0 ? this.#take() : undefined
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#waiting.size === 0) this.#parts.keepAlive().hold()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  return(): Promise<IteratorResult<C, undefined>> {
    this.#failure = undefined
    this.#end()
    return Promise.resolve(END)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #begin(): void {
    this.#isBegun = true
    const { source, signal } = this.#parts
    if (this.#isEnded) return
    if (signal?.aborted === true) return this.#fail(signal.reason)
    this.#release.push(onAbort(signal, () => this.#fail(signal?.reason)))
    const found = source()
    if (!(found instanceof Promise)) return this.#open(found)
    found.then(
      (made) => this.#open(made),
      (error) => this.#fail(error),
    )
  }

  #open(source: ChangeSource<C>): void {
    if (this.#isEnded) return
    this.#release.push(this.#parts.onOpen(() => this.#end()))
    // A node that is closed already ends it at once.
    if (this.#isEnded) return
    this.#changes = source(() => this.#parts.defer(() => this.#serve()))
    this.#serve()
  }

  /** Gives changes to the calls that wait. */
  #serve(): void {
    while (this.#waiting.size > 0 && !this.#isEnded) {
      const value = this.#take()
      if (value === undefined) return
      this.#nextWaiter()?.resolve({ done: false, value })
    }
  }

  #nextWaiter(): Waiter<C> | undefined {
    const waiter = this.#waiting.shift()
    if (waiter !== undefined && this.#waiting.size === 0) this.#parts.keepAlive().release()
    return waiter
  }

  #take(): C | undefined {
    if (this.#taken.size === 0) for (const change of this.#changes?.take(1) ?? []) this.#taken.push(change)
    return this.#taken.shift()
  }

  #fail(reason: unknown): void {
    if (this.#isEnded) return
    this.#failure = { reason }
    this.#end()
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#changes?.close()
    this.#taken.clear()
    for (const release of this.#release) release()
    this.#release = []
    for (let waiter = this.#nextWaiter(); waiter !== undefined; waiter = this.#nextWaiter()) {
      const failure = this.#failure
      this.#failure = undefined
      if (failure === undefined) waiter.resolve(END)
      else waiter.reject(failure.reason)
    }
  }

  #lastResult(): Promise<IteratorResult<C, undefined>> {
    const failure = this.#failure
    this.#failure = undefined
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure.reason as Error)
  }
}
