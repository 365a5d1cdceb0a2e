import type { NodeId } from '@astranet/interface'
import type { Route, RouteChange } from '@astranet/relay'
import { checkOptions, checkSignal } from '../api/check.js'
import type { ChangeIterator } from './change-iterator.js'
import { LiveMap } from './live-map.js'
import type { WatchOptions } from './service-map.js'

/** @internal What a map of routes reads. */
export interface RoutesMapParts {
  readonly routeTo: (nodeId: NodeId) => Route | undefined
  /** All routes, nearest first. */
  readonly all: () => readonly Route[]
  readonly watch: (signal: AbortSignal | undefined) => ChangeIterator<RouteChange>
}

/** The nodes that can be reached now, by node id, nearest first: what `routes()` lists. */
export class RoutesMap extends LiveMap<NodeId, Route> {
  readonly #parts: RoutesMapParts

  /** @internal */
  constructor(parts: RoutesMapParts) {
    super()
    this.#parts = parts
  }

  /** How many nodes can be reached. */
  get size(): number {
    return this.#parts.all().length
  }

  /** The route to a node; `undefined` when there is none, and for this node itself. */
  get(nodeId: NodeId): Route | undefined {
    return typeof nodeId === 'bigint' ? this.#parts.routeTo(nodeId) : undefined
  }

  /**
   * Watches the routes: first reports each that there is (`'add'`), then each change (`'add'`, `'change'` of the
   * routers or the cost, `'remove'`). All else is as for `ServiceMap.watch`.
   */
  watch(options: WatchOptions = {}): ChangeIterator<RouteChange> {
    const signal = checkSignal(checkOptions('options', options, { signal: true }).signal)
    signal?.throwIfAborted()
    return this.#parts.watch(signal)
  }

  protected snapshot(): Map<NodeId, Route> {
    return new Map(this.#parts.all().map((route) => [route.nodeId, route]))
  }
}
