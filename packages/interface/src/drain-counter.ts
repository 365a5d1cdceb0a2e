/**
 * Counts the calls of `onDrain` that a byte duplex owes its handler: one for each `writev` that
 * returned `false`. The duplex makes them in a loop:
 *
 * ```ts
 * drains.makeDue()
 * while (!isClosed && drains.takeDue()) handler.onDrain()
 * ```
 *
 * When the handler writes more from inside a call and that waits too, the loop ends, and the rest comes once that is done.
 */
export class DrainCounter {
  #owed = 0
  #due = 0

  /** Whether a call is owed, due or not. */
  get isOwing(): boolean {
    return this.#owed > 0
  }

  /** A `writev` has to wait. Returns what that `writev` returns. */
  owe(): false {
    this.#owed += 1
    this.#due = 0
    return false
  }

  /** Everything written was handed over: all calls that are owed can be made. */
  makeDue(): void {
    this.#due = this.#owed
  }

  /** Whether a call can be made now. `true` once for each call. */
  takeDue(): boolean {
    if (this.#due === 0) return false
    this.#due -= 1
    this.#owed -= 1
    return true
  }
}
