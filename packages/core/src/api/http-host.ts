import { formatNodeId, isNodeIdText } from '@astranet/interface'
import { nodeOfAddress } from './node-address.js'

/**
 * The address that the host of a URL stands for, with or without a port. A port of 80 or 443 behind a service's name is
 * left out, because HTTP adds it; behind a node it stays. A node is written as its id, or as the IPv6 address of its
 * sockets, with brackets or, as HTTP clients do, without.
 */
export function addressOfHost(host: string): string {
  const [, name = host, port = ''] = /^(.+)(:\d+)$/.exec(isBracketed(host) ? '' : host) ?? []
  const node = nodeOfAddress(name)
  if (node !== undefined) return formatNodeId(node) + port
  const id = name.replace(/\.$/, '')
  if (isNodeIdText(id)) return id + port
  return port === ':80' || port === ':443' ? name : host
}

/** Whether all of it is an address in brackets: then its last colon does not begin a port. */
function isBracketed(host: string): boolean {
  return host.startsWith('[') && host.endsWith(']')
}
