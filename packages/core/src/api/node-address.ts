import { toNodeId, type NodeId } from '@astranet/interface'

/** A unique local prefix of RFC 4193: `fd`, then the ASCII bytes of "astra" as the global id. */
const PREFIX = 'fd61:7374:7261:0'

/**
 * A node's address for programs that need an IP address: an IPv6 unique local address (RFC 4193) whose last 64 bits are
 * the node id. `httpDial` accepts it for the node, `dial` does not; `remoteNode` is the id itself.
 */
export function nodeAddress(nodeId: NodeId): string {
  let address = PREFIX
  for (let shift = 48n; shift >= 0n; shift -= 16n) address += `:${((nodeId >> shift) & 0xffffn).toString(16)}`
  return address
}

/** The node whose {@link nodeAddress} this is, in any spelling of an IPv6 address, with or without brackets. */
export function nodeOfAddress(text: string): NodeId | undefined {
  const url = `http://[${text.replace(/^\[|\]$/g, '')}]`
  if (!/^\[?[\da-f:.]+\]?$/i.test(text) || !URL.canParse(url)) return undefined
  // A URL has the spelling of RFC 5952, in which at most one `::` stands for zeros.
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  while (groups.length + last.length < 8) groups.push('0')
  groups.push(...last)
  if (groups.slice(0, 4).join(':') !== PREFIX) return undefined
  return toNodeId(groups.slice(4).reduce((id, group) => (id << 16n) | BigInt(`0x${group}`), 0n))
}
