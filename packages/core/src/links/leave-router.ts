import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { LinkRecord } from './link-record.js'
import type { RelayedLinks } from './relayed-links.js'

/**
 * The router goes away: links through it are used no more, and each ends when its last stream does. So the router need
 * not wait until they are idle.
 */
export function leaveRouter(
  router: NodeId,
  links: Iterable<readonly [Link, Pick<LinkRecord, 'nodeId' | 'path'>]>,
  relayed: Pick<RelayedLinks, 'withdraw'>,
): void {
  for (const [link, { nodeId, path }] of [...links]) {
    if (path.via[0] !== router) continue
    relayed.withdraw(nodeId, link)
    void link.drain()
  }
}
