import { checkOneOf } from '@astranet/interface/check'
import { TCP_NETWORKS, type TcpNetwork } from './address.js'
import { UNIX_NETWORK } from './unix-address.js'

/** The networks of this transport. */
export const NETWORKS: readonly Network[] = [...TCP_NETWORKS, UNIX_NETWORK]

/** One of them. */
export type Network = TcpNetwork | typeof UNIX_NETWORK

/** `network` when this transport answers to it. Otherwise throws a `TypeError` that names it. */
export function checkNetwork(network: string): Network {
  return checkOneOf('network', network as Network, NETWORKS)
}
