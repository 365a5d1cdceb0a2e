import type { NodeId } from '@astranet/interface'
import type { Route, RouteChange } from './route.js'

/** One watcher of routes: it keeps the routes that it last reported, and reports how the present ones differ. */
export class RouteWatch {
  readonly #routes: () => readonly Route[]
  readonly #onPending: () => void
  #reported = new Map<NodeId, Route>()
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

  /** The differences since the last call: removed routes first. */
  take(): RouteChange[] {
    if (this.#isClosed) return []
    this.#isWoken = false
    const reported = this.#reported
    const now = new Map(this.#routes().map((route) => [route.nodeId, route]))
    this.#reported = now
    const changes: RouteChange[] = []
    for (const [nodeId, route] of reported) if (!now.has(nodeId)) changes.push({ kind: 'remove', route })
    for (const [nodeId, route] of now) {
      const before = reported.get(nodeId)
      if (before === undefined) changes.push({ kind: 'add', route })
      else if (!isSameRoute(before, route)) changes.push({ kind: 'change', route })
    }
    return changes
  }

  /** Nothing is reported any more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#reported.clear()
  }
}

function isSameRoute(a: Route, b: Route): boolean {
  const hasSameRouters =
    a.via.length === b.via.length && a.via.every((nodeId, index) => nodeId === b.via[index])
  return hasSameRouters && a.isEncrypted === b.isEncrypted && a.distance === b.distance && a.cost === b.cost
}
