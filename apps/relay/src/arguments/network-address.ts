import { isIP } from 'node:net'
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
    throw usageFailure(
      `${option} ${quoted(text)} has no network: did you mean tcp://${bracketed(text) ?? text}?`,
    )
  if (network === undefined)
    throw usageFailure(
      `${option} ${quoted(text)} must begin with one of ${NETWORKS.map((each) => `${each}://`).join(', ')}`,
    )
  if (address === '') throw usageFailure(`${option} ${quoted(text)} has no address behind ${network}://`)
  const meant = network === 'unix' ? undefined : bracketed(address)
  if (meant !== undefined)
    throw usageFailure(
      `${option} ${quoted(text)} needs brackets around its IPv6 address: did you mean ${network}://${meant}?`,
    )
  return { network, address, text, isLocal: network === 'unix' || isLoopback(hostOf(address)) }
}

/**
 * Throws a usage `Failure` that names the option unless a listener of TCP or TLS has a host, which may be empty, and a
 * port. The other networks have addresses of other forms, and check them when they listen.
 */
export function checkListenAddress(option: string, { network, address, text }: NetworkAddress): void {
  if (!/^(tcp[46]?|tls)$/.test(network)) return
  const [, port] = /^(?:\[[^[\]]*\]|[^[\]:\s/@]*):(\d+)$/.exec(address) ?? []
  if (port === undefined) {
    const meant = /^\d+$/.test(address) ? `${network}://0.0.0.0:${address}` : `${network}://${address}:10000`
    const hint = /^[\w.-]+$/.test(address) ? `: did you mean ${meant}?` : ''
    throw usageFailure(`${option} ${quoted(text)} must be ${network}://HOST:PORT${hint}`)
  }
  if (Number(port) > 0xffff) throw usageFailure(`${option} ${text}: Port should be >= 0 and < 65536.`)
}

/** The most addresses that a node advertises. */
const MAX_ADVERTISED = 16

/** Throws a usage `Failure` that names the option unless other nodes can dial all `addresses`. */
export function checkAdvertised(option: string, addresses: readonly NetworkAddress[]): void {
  if (addresses.length > MAX_ADVERTISED)
    throw usageFailure(`${option} has ${addresses.length} addresses, and ${MAX_ADVERTISED} are the most`)
  for (const { network, address, text } of addresses) {
    if (network === 'unix') continue
    const [, host = '', port] = /^(\[[^\]]+\]|[^:/]*)(?::(\d+))?(?:\/|$)/.exec(address) ?? []
    if (host === '') throw usageFailure(`${option} ${quoted(text)} has no host that other nodes can dial`)
    const needsPort = !network.startsWith('ws')
    if (port === undefined ? needsPort : Number(port) < 1 || Number(port) > 0xffff)
      throw usageFailure(`${option} ${quoted(text)} must have a port from 1 to 65535`)
  }
}

/** `[IPv6]:port` for an IPv6 address whose brackets are missing; `undefined` for another text. */
function bracketed(address: string): string | undefined {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(address) ?? []
  if (isIP(host) === 6) return `[${host}]:${port}`
  return isIP(address) === 6 ? `[${address}]:10000` : undefined
}

/** The host of `host:port` or `host:port/path`, without brackets; empty when there is none. */
export function hostOf(address: string): string {
  const [, bracketed, name = ''] = /^(?:\[([^\]]*)\]|([^:/]*))/.exec(address) ?? []
  return bracketed ?? name
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
