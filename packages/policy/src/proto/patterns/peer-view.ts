import { formatNodeId } from '@astranet/interface'
import { toBase64url } from '@astranet/interface/bytes'
import type { PolicyPeer } from '../model.js'

/** A peer as patterns see it: everything is text. */
export interface PeerView {
  readonly nodeId: string
  readonly key: string
  /** The roles of the grant, and those that the list gives. */
  readonly roles: readonly string[]
}

/** Who has which role by a list: names of roles by node id and by key. */
export type RoleMembers = ReadonlyMap<string, readonly string[]>

/** The view of `peer`, with the roles that `members` gives it. */
export function peerView(peer: PolicyPeer, members: RoleMembers): PeerView {
  const nodeId = formatNodeId(peer.nodeId)
  const key = toBase64url(peer.publicKey)
  const roles = new Set(peer.roles.filter((role) => typeof role === 'string'))
  for (const role of members.get(nodeId) ?? []) roles.add(role)
  for (const role of members.get(key) ?? []) roles.add(role)
  return { nodeId, key, roles: [...roles] }
}
