import type { CatalogueRole } from '@astranet/registry'
import type { Joins } from './joins.js'
import type { PreferredLinks } from './preferred-links.js'
import { roleOf } from './roles.js'

/** What it takes to say why a node may not see what its network offers. */
export interface WhyUnseenParts {
  /** Links over connections. */
  readonly preferred: PreferredLinks
  readonly joins: Pick<Joins, 'lastFailure'>
  /** This node's own. */
  readonly role: CatalogueRole
}

/** Why this node may not see a node or service of its network; `undefined` when there is no reason in itself. */
export function whyUnseen({ preferred, joins, role }: WhyUnseenParts): string | undefined {
  if (!preferred.hasAny) {
    const { lastFailure } = joins
    return `this node has no link${lastFailure === undefined ? '' : ` (${lastFailure})`}`
  }
  if (role === 'router') return undefined
  for (const [, { peer }] of preferred) if (peer !== undefined && roleOf(peer) === 'router') return undefined
  return 'this node has joined no router, so it sees only its neighbours'
}
