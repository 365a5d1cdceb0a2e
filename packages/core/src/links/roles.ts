import { Feature, type Hello } from '@astranet/link'
import type { CatalogueRole, CatalogueRoleOptions, NeighbourFacts } from '@astranet/registry'

/** The roles in HELLO and in the node's record; a plain node has none. */
export function rolesOf(role: CatalogueRole): readonly string[] {
  return role === 'node' ? [] : [role]
}

/** The features in HELLO, beside those that the link adds. */
export function featuresOf(scope: CatalogueRoleOptions['catalogue']): readonly string[] {
  return scope === 'all' ? [Feature.REGISTRY_ALL] : []
}

/** What a peer does for the network, as its HELLO says. */
export function roleOf({ roles }: Pick<Hello, 'roles'>): CatalogueRole {
  if (roles.includes('router')) return 'router'
  return roles.includes('leaf') ? 'leaf' : 'node'
}

/** Whether a peer has a registry. */
export function hasRegistry({ features }: Pick<Hello, 'features'>): boolean {
  return features.includes(Feature.REGISTRY)
}

/** Whether a peer holds everything that it hears. */
export function holdsAll({ features }: Pick<Hello, 'features'>): boolean {
  return features.includes(Feature.REGISTRY_ALL)
}

/** What this node's catalogue is told of a neighbour, by its HELLO. */
export function neighbourFacts(peer: Hello): NeighbourFacts {
  const { nodeId, incarnation } = peer
  if (!hasRegistry(peer)) return { nodeId, incarnation, role: 'node', holdsAll: false }
  return { nodeId, incarnation, role: roleOf(peer), holdsAll: holdsAll(peer) }
}
