import type { CatalogueRole, CatalogueRoleOptions, CatalogueScope } from '@astranet/registry'
import { checkOneOf, invalidArgument } from '@astranet/interface/check'

/** What a node does for the network; see `AstraNetOptions.role`. */
export type NodeRole = CatalogueRole

const ROLES: readonly NodeRole[] = ['router', 'node', 'leaf']
const SCOPES: readonly CatalogueScope[] = ['all', 'wanted']

/**
 * The role and what goes with it; a leaf holds what it asks for, other nodes everything that they receive. Throws a
 * TypeError or RangeError that names the option.
 */
export function checkRole(role: NodeRole, catalogue: CatalogueScope | undefined): CatalogueRoleOptions {
  checkOneOf('options.role', role, ROLES)
  if (catalogue !== undefined) checkOneOf('options.catalogue', catalogue, SCOPES)
  if (role === 'router' && catalogue === 'wanted')
    throw invalidArgument('options.catalogue', "must be 'all' for a router, because it passes on everything")
  return { role, catalogue: catalogue ?? (role === 'leaf' ? 'wanted' : 'all') }
}
