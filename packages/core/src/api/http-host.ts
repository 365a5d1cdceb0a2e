import { formatNodeId, isNodeIdText } from '@astranet/interface'
import { nodeOfAddress } from './node-address.js'

/**
 * The address that the host of a URL, with or without a port, stands for. A port of 80 or 443 behind a service's name is
 * HTTP's and left out; behind a node it stays. A node is written as its id, or as the IPv6 address that its sockets say,
 * in brackets or, as HTTP clients have it, without.
 */
export function addressOfHost(host: string): string {
  const [, name = host, port = ''] = /^(.+)(:\d+)$/.exec(isBracketed(host) ? '' : host) ?? []
  const node = nodeOfAddress(name)
  if (node !== undefined) return formatNodeId(node) + port
  const id = name.replace(/\.$/, '')
  if (isNodeIdText(id)) return id + port
  return port === ':80' || port === ':443' ? name : host
}

/** Whether all of it is an address in brackets: its last colon is no port's. */
function isBracketed(host: string): boolean {
  return host.startsWith('[') && host.endsWith(']')
}
