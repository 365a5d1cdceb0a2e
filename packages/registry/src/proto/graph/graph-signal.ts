import type { NodeId } from '@astranet/interface'

/** Reports that nodes or links have changed, once per call that changed them; and which nodes come and go, at once. */
export class GraphSignal {
  readonly #listeners = new Set<() => void>()
  readonly #reachListeners = new Set<(nodeId: NodeId) => void>()
  #isMarked = false

  /** The graph changed. */
  mark(): void {
    this.#isMarked = true
  }

  /** A node can be reached from now on, or not any more. */
  reachChanged(nodeId: NodeId): void {
    this.#isMarked = true
    for (const listener of this.#reachListeners) listener(nodeId)
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

  /** The same for nodes that come and go. */
  watchReach(onChange: (nodeId: NodeId) => void): () => void {
    const listener = (nodeId: NodeId): void => onChange(nodeId)
    this.#reachListeners.add(listener)
    return () => void this.#reachListeners.delete(listener)
  }
}
