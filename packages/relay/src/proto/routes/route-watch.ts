import type { NodeId } from '@astranet/interface'
import type { Route, RouteChange } from './route.js'

/** One watcher of routes: it remembers the routes that it told, and tells how those of now differ. */
export class RouteWatch {
  readonly #routes: () => readonly Route[]
  readonly #onPending: () => void
  #told = new Map<NodeId, Route>()
  #isWoken = false
  #isClosed = false

  constructor(routes: () => readonly Route[], onPending: () => void) {
    this.#routes = routes
    this.#onPending = onPending
  }

  /** The routes may have changed. */
  wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    this.#onPending()
  }

  /** The differences since the last call: what was lost first. */
  take(): RouteChange[] {
    if (this.#isClosed) return []
    this.#isWoken = false
    const told = this.#told
    const now = new Map(this.#routes().map((route) => [route.nodeId, route]))
    this.#told = now
    const changes: RouteChange[] = []
    for (const [nodeId, route] of told) if (!now.has(nodeId)) changes.push({ kind: 'lost', route })
    for (const [nodeId, route] of now) {
      const before = told.get(nodeId)
      if (before === undefined || !isSameRoute(before, route)) changes.push({ kind: 'found', route })
    }
    return changes
  }

  /** Nothing is told any more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#told.clear()
  }
}

function isSameRoute(a: Route, b: Route): boolean {
  const isSameWay = a.via.length === b.via.length && a.via.every((nodeId, index) => nodeId === b.via[index])
  return isSameWay && a.distance === b.distance && a.cost === b.cost
}
