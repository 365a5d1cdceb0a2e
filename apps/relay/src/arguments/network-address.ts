import { isLoopback } from '@astranet/interface/transport-tools'
import { usageFailure } from '../failure.js'

/** The networks that the relay has. */
export const NETWORKS = ['tcp', 'tcp4', 'tcp6', 'tls', 'unix', 'ws', 'wss'] as const

/** One of {@link NETWORKS}. */
export type Network = (typeof NETWORKS)[number]

/** A network and an address of it. */
export interface NetworkAddress {
  readonly network: Network
  readonly address: string
  /** As it was given. */
  readonly text: string
  /** Whether only this machine can reach it. A name that is not known to be this machine's counts as reachable. */
  readonly isLocal: boolean
}

/** Reads `network://address`. Throws a usage `Failure` that names the option. */
export function readAddress(option: string, text: string): NetworkAddress {
  const [, scheme = '', address = ''] = /^([a-z0-9]+):\/\/(.*)$/is.exec(text) ?? []
  const network = NETWORKS.find((each) => each === scheme.toLowerCase())
  if (scheme === '' && /^[^/\s]*:\d+$/.test(text))
    throw usageFailure(`${option} ${quoted(text)} has no network: did you mean tcp://${text}?`)
  if (network === undefined)
    throw usageFailure(
      `${option} ${quoted(text)} must begin with one of ${NETWORKS.map((each) => `${each}://`).join(', ')}`,
    )
  if (address === '') throw usageFailure(`${option} ${quoted(text)} has no address behind ${network}://`)
  return { network, address, text, isLocal: network === 'unix' || isLoopback(hostOf(address)) }
}

/** The host of `host:port` or `host:port/path`, without brackets; empty when there is none. */
export function hostOf(address: string): string {
  const [, bracketed, name = ''] = /^(?:\[([^\]]*)\]|([^:/]*))/.exec(address) ?? []
  return bracketed ?? name
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
