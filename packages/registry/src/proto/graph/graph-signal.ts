/** Reports that nodes or links have changed, once per call that changed them. */
export class GraphSignal {
  readonly #listeners = new Set<() => void>()
  #isMarked = false

  /** The graph changed. */
  mark(): void {
    this.#isMarked = true
  }

  /** Calls the listeners if the graph changed since the last time. */
  notify(): void {
    if (!this.#isMarked) return
    this.#isMarked = false
    for (const listener of this.#listeners) listener()
  }

  /** Adds a listener, which must not throw. Returns what removes it; idempotent. */
  watch(onChange: () => void): () => void {
    // A function of its own for each watch, so that the same callback can be given twice.
    const listener = (): void => onChange()
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
