import type { NodeId } from '@astranet/interface'

/**
 * Whether a neighbour may send an owner's entries. Each node speaks for itself only: entries are not passed on, and a
 * catalogue holds what this node and its direct neighbours offer.
 */
export function maySpeakFor(speaker: NodeId, owner: NodeId): boolean {
  return speaker === owner
}
