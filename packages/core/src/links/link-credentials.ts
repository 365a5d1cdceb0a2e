import type { NodeId } from '@astranet/interface'
import type { LinkGrant, LinkPair } from '@astranet/link'
import type { PskSource } from '../api/secret.js'

/** What one side of a link proves of a secret, and the node that it expects. */
export interface LinkCredentials {
  /** The network's secret; `undefined`: there is none, or {@link grant} takes its place. */
  readonly psk: PskSource | undefined
  /** What a dialer presents that is not to know the secret. */
  readonly grant?: LinkGrant
  /** What takes the place of both, on links between two nodes that found each other through routers. */
  readonly pair?: LinkPair
  /** The only node that is accepted. Default: any. */
  readonly expectedNodeId?: NodeId
  /** Its key, where the whole key is known; beside {@link expectedNodeId}. */
  readonly expectedKey?: Uint8Array
}

/**
 * What let this node in at one node, for a link to another one of the network: without the id and key that were
 * expected there.
 */
export function forOtherNode(credentials: LinkCredentials | undefined): LinkCredentials | undefined {
  if (credentials === undefined) return undefined
  const { psk, grant } = credentials
  return grant === undefined ? { psk } : { psk, grant }
}
