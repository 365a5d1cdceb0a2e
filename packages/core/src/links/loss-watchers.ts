import type { NodeId } from '@astranet/interface'

/** Callbacks that wait until there is no link to a node any more. */
export class LossWatchers {
  readonly #watchers = new Map<NodeId, Set<() => void>>()

  /** Adds a callback. The result removes it, and returns whether it was still waiting. */
  add(nodeId: NodeId, onLost: () => void): () => boolean {
    // The same callback may be added twice.
    const watcher = (): void => onLost()
    const watchers = this.#watchers.get(nodeId) ?? new Set()
    this.#watchers.set(nodeId, watchers.add(watcher))
    return () => this.#delete(nodeId, watcher)
  }

  /** There is no link to the node any more: calls each callback once. */
  lost(nodeId: NodeId): void {
    const watchers = this.#watchers.get(nodeId)
    this.#watchers.delete(nodeId)
    for (const watcher of watchers ?? []) watcher()
  }

  #delete(nodeId: NodeId, watcher: () => void): boolean {
    const watchers = this.#watchers.get(nodeId)
    if (watchers?.delete(watcher) !== true) return false
    if (watchers.size === 0) this.#watchers.delete(nodeId)
    return true
  }
}
