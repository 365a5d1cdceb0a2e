import { onAbort } from '@astranet/interface'

interface Waiter<Request, Result> {
  readonly request: Request
  resolve(result: Result): void
  reject(error: Error): void
}

/** Callers that wait for something, in order, each until its signal aborts. */
export class Waiters<Request, Result> {
  readonly #waiters = new Set<Waiter<Request, Result>>()

  /** Callers that wait. */
  get size(): number {
    return this.#waiters.size
  }

  /** Waits for a result; rejects with the signal's reason when it aborts first. `request` is for `serve`. */
  wait(request: Request, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const done = onAbort(signal, () => {
        this.#waiters.delete(waiter)
        reject(signal?.reason as Error)
      })
      const waiter: Waiter<Request, Result> = {
        request,
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
      }
      this.#waiters.add(waiter)
    })
  }

  /** Gives results to those who wait, the longest first, until `make` has none. */
  serve(make: (request: Request) => Result | undefined): void {
    for (const waiter of this.#waiters) {
      const result = make(waiter.request)
      if (result === undefined) return
      this.#waiters.delete(waiter)
      waiter.resolve(result)
    }
  }

  /** Nothing more comes for those who wait now. */
  fail(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }
}
