import type { CatalogueRole, CatalogueRoleOptions, CatalogueScope } from '@astranet/registry'

/** What a node does for the network; see `AstraNetOptions.role`. */
export type NodeRole = CatalogueRole

const ROLES: readonly unknown[] = ['router', 'node', 'leaf'] satisfies NodeRole[]
const SCOPES: readonly unknown[] = ['all', 'wanted'] satisfies CatalogueScope[]

/**
 * The role and what goes with it; a leaf holds what it asks for, other nodes everything that they receive. Throws a
 * TypeError or RangeError that names the option.
 */
export function checkRole(role: NodeRole, catalogue: CatalogueScope | undefined): CatalogueRoleOptions {
  if (!ROLES.includes(role))
    throw new TypeError(`role must be 'router', 'node' or 'leaf', got ${String(role)}`)
  if (catalogue !== undefined && !SCOPES.includes(catalogue))
    throw new TypeError(`catalogue must be 'all' or 'wanted', got ${String(catalogue)}`)
  if (role === 'router' && catalogue === 'wanted')
    throw new RangeError("catalogue must be 'all' for a router, because it passes on everything")
  return { role, catalogue: catalogue ?? (role === 'leaf' ? 'wanted' : 'all') }
}
