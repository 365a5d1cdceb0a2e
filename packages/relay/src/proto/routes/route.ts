import type { NodeId } from '@astranet/interface'

/** The way to a node. */
export interface Route {
  /** Where it leads. */
  readonly nodeId: NodeId
  /** How many routers forward on the way. 0: there is a link to the node itself. */
  readonly distance: number
  /** The routers, in the order in which they are passed. Empty when direct. */
  readonly via: readonly NodeId[]
  /** Round-trip time of the whole way in ms, as last published. `undefined` before the first measurement. */
  readonly cost: number | undefined
}

/**
 * A change of routes.
 * - `found`: there is now a route to `route.nodeId` and was not, or it is another (its way or its cost changed).
 * - `lost`: there is none any more; `route` is the last one.
 */
export interface RouteChange {
  readonly kind: 'found' | 'lost'
  readonly route: Route
}
