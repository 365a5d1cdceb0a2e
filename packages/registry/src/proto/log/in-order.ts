import type { MaybePromise } from '../crypto.js'

/** Runs tasks one after the other: a task that answers at once while none is running takes no turn. */
export class InOrder {
  #last: Promise<unknown> | undefined = undefined

  /** Runs `task` when those before have settled. The answer is that of the task, or its error. */
  run<T>(task: () => MaybePromise<T>): MaybePromise<T> {
    const result = this.#last === undefined ? task() : this.#last.then(task)
    if (!(result instanceof Promise)) return result
    const settled = result.then(ignore, ignore)
    this.#last = settled
    void settled.then(() => {
      if (this.#last === settled) this.#last = undefined
    })
    return result
  }
}

function ignore(): void {
  // The caller has the result; only the time matters here.
}
