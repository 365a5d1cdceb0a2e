import type { CatalogueRoleOptions } from '@astranet/registry'
import type { NodeRole } from '../api/role.js'

/** @internal What a call such as `client()` makes of a node. */
export interface NodeMode {
  readonly role: NodeRole
  /** Whether the node offers nothing. */
  readonly isClient?: boolean
  /** Whether the node connects only where its program joins. */
  readonly isServer?: boolean
}

/** @internal A mode with all that goes with its role. */
export interface ResolvedMode extends Omit<NodeMode, 'role'> {
  readonly role: CatalogueRoleOptions
}
