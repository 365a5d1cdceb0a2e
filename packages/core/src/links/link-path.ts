import type { NodeId } from '@astranet/interface'
import type { PunchMethod } from '@astranet/relay'

/** The way that the bytes of a link take. */
export interface LinkPath {
  /** `'direct'`: a connection between the two nodes; `'relay'`: a tunnel through routers. */
  readonly kind: 'direct' | 'relay'
  /**
   * The routers between the two nodes, from this node on; empty when direct. A router may add others behind a leaf's
   * first one, which the leaf does not know.
   */
  readonly via: readonly NodeId[]
  /** How two nodes that met through routers came to connect directly; absent on all other paths. */
  readonly method?: PunchMethod
}

/** @internal A connection between the two nodes. */
export const DIRECT: LinkPath = Object.freeze({ kind: 'direct', via: Object.freeze([]) })

/** @internal A connection that two nodes made after they had met through routers. */
export function punched(method: PunchMethod): LinkPath {
  return Object.freeze({ ...DIRECT, method })
}

/** @internal A tunnel through routers. */
export function relayed(via: readonly NodeId[]): LinkPath {
  return Object.freeze({ kind: 'relay', via: Object.freeze([...via]) })
}

/** Which paths a dial may take; see the option `path` of a dial. */
export type DialPath = 'direct' | 'relay' | 'any'

/** @internal Whether a dial may take the path. */
export function fits(kind: LinkPath['kind'], wanted: DialPath): boolean {
  return wanted === 'any' || wanted === kind
}
