import type { NodeId } from '@astranet/interface'

/** A way to a node, see `Catalogue.routeTo`. */
export interface Route {
  /** The routers on the way, in order: at most 16. Empty: there is a link. */
  readonly via: readonly NodeId[]
  /** The sum of the links' round-trip times in ms; `undefined` when one of them is not known. */
  readonly costMs: number | undefined
}
