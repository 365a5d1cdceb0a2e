import type { NodeId } from '@astranet/interface'

/** The way that the bytes of a link take. */
export interface LinkPath {
  /** `'direct'`: a connection between the two nodes; `'relay'`: a tunnel through routers. */
  readonly kind: 'direct' | 'relay'
  /**
   * The routers between the two nodes, from this node on; empty when direct. A router may add others behind a leaf's
   * first one, which the leaf does not know.
   */
  readonly via: readonly NodeId[]
}

/** @internal A connection between the two nodes. */
export const DIRECT: LinkPath = Object.freeze({ kind: 'direct', via: Object.freeze([]) })

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
