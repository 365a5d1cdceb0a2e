import type { LinkCredentials } from './link-credentials.js'
import { forOtherNode } from './link-credentials.js'

/** What a node has, to prove something of a secret to a node that it has not joined. */
export interface OwnProofs {
  /** The node's own. */
  readonly own: LinkCredentials
  /** Those of its links, the best ones first. */
  readonly links: Iterable<LinkCredentials>
  /** Whether it has joined the network by a secret or grant that is not its own. */
  readonly cameInByTicket: boolean
}

/**
 * What a node proves to a node that it has not joined: what let it in on a link, or its own. `undefined`: it came in by
 * a ticket, and no link proves anything now. Then no other node may be dialed: without a secret, any node that answers
 * would be taken for a member.
 */
export function credentialsForOthers({ own, links, cameInByTicket }: OwnProofs): LinkCredentials | undefined {
  for (const credentials of links) if (provesSomething(credentials)) return forOtherNode(credentials)
  return provesSomething(own) || !cameInByTicket ? own : undefined
}

/** Whether a link with these credentials shows that the other node knows a secret. */
export function provesSomething({ psk, grant }: LinkCredentials): boolean {
  return psk !== undefined || grant !== undefined
}
