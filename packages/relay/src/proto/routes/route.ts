import type { NodeId } from '@astranet/interface'

/** A route to a node. */
export interface Route {
  /** The node that it leads to. */
  readonly nodeId: NodeId
  /** How many routers forward on it. 0: there is a link to the node itself. */
  readonly distance: number
  /** `'direct'`: a link between the two nodes; `'relay'`: a tunnel through routers. */
  readonly kind: 'direct' | 'relay'
  /**
   * Whether AstraNet or the transport's TLS encrypts what goes to the node: always through routers. `undefined` where the
   * table was not told how links are protected.
   */
  readonly isEncrypted: boolean | undefined
  /** The routers, in the order in which bytes pass them. Empty when direct. */
  readonly via: readonly NodeId[]
  /** Round-trip time of the whole route in ms, as last published. `undefined` before the first measurement. */
  readonly cost: number | undefined
}

/**
 * A change of routes.
 * - `add`: there is a route to a node that could not be reached before.
 * - `change`: its routers or its cost have changed; `route` is the new one.
 * - `remove`: there is no route any more; `route` is the last one.
 */
export interface RouteChange {
  readonly kind: 'add' | 'change' | 'remove'
  readonly route: Route
}
