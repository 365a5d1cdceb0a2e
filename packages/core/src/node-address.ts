import type { NodeId } from '@astranet/interface'

/** RFC 4193: a unique local prefix, `fd` and "astra" in ASCII's bytes for the global id. */
const PREFIX = 'fd61:7374:7261:0'

/**
 * A node's address for programs that want an IP address: an IPv6 unique local address (RFC 4193) whose last 64 bits are
 * the node id. It cannot be dialed; `remoteNode` is the id itself.
 */
export function nodeAddress(nodeId: NodeId): string {
  let address = PREFIX
  for (let shift = 48n; shift >= 0n; shift -= 16n) address += `:${((nodeId >> shift) & 0xffffn).toString(16)}`
  return address
}
