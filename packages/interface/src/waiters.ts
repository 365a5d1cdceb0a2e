import { onAbort } from './abort.js'

interface Waiter<Request, Result> {
  readonly request: Request
  resolve(result: Result): void
  reject(error: Error): void
}

/** Callers that wait for a result, in order, each until its signal aborts. */
export class Waiters<Request, Result> {
  readonly #waiters = new Set<Waiter<Request, Result>>()

  /** How many callers wait. */
  get size(): number {
    return this.#waiters.size
  }

  /**
   * Waits for a result; rejects with the signal's reason when it aborts first. A signal that is aborted already must be
   * looked at before. `request` is for `serve`.
   */
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

  /** Gives results to the callers, the longest waiting first, until `make` returns `undefined`. */
  serve(make: (request: Request) => Result | undefined): void {
    for (const waiter of this.#waiters) {
      const result = make(waiter.request)
      if (result === undefined) return
      this.#waiters.delete(waiter)
      waiter.resolve(result)
    }
  }

  /** Rejects all callers that wait now. */
  fail(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }
}
