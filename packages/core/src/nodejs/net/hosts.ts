import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { formatNodeId, type NodeId } from '@astranet/interface'
import { nodeOfAddress } from '../../api/node-address.js'
import type { NetNetwork } from './network.js'

/** IP addresses that mean "this machine", and here this node. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i

/** IP addresses that mean "all addresses of this machine". */
const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::']

/** The host of a `connect` or `listen` that names none. */
export const LOCALHOST = 'localhost'

/** Whether only this node itself can reach what listens at the host, as on a machine. */
export function isLoopback(host: string): boolean {
  return host === LOCALHOST || LOOPBACK.test(host)
}

/** Whether the host is this node, whatever its id. */
export function isThisNode(host: string): boolean {
  return host === '' || isLoopback(host) || UNSPECIFIED.includes(host)
}

/** Whether a socket of this node can leave from the address: one of the machine, or the node's own. */
export function isOwnAddress(address: string, network: Pick<NetNetwork, 'isSelf'>): boolean {
  if (isThisNode(address) || network.isSelf(address)) return true
  return Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === address))
}

/** The loopback address of the family, IPv4's unless IPv6's is asked for. */
export function loopbackAddress(family: unknown): string {
  return family === 6 || family === 'IPv6' ? '::1' : '127.0.0.1'
}

/**
 * The address to dial or to bind for a host and a port of a `net` program: `:port` of this node for the addresses of
 * the machine itself, `id:port` for a node's IPv6 address, otherwise `host:port` for a node's id or a service's name.
 * `undefined`: an IP address that no node has.
 */
export function addressOf(host: string, port: number): string | undefined {
  if (isThisNode(host)) return `:${port}`
  if (isIP(host) === 0) return `${host}:${port}`
  const nodeId: NodeId | undefined = nodeOfAddress(host)
  return nodeId === undefined ? undefined : `${formatNodeId(nodeId)}:${port}`
}
