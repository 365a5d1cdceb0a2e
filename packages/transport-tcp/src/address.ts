import { isIP } from 'node:net'
import { badPort, checkString, invalidValue } from '@astranet/interface/check'

/** The networks that {@link parseTcpAddress} knows. */
export const TCP_NETWORKS = ['tcp', 'tcp4', 'tcp6'] as const

/** `tcp` is either family, `tcp4` and `tcp6` are one. */
export type TcpNetwork = (typeof TCP_NETWORKS)[number]

/** A TCP address in its parts. */
export interface TcpAddress {
  /** An IP address without brackets or a host name; empty when the text has none. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
}

/** The IP family that a network is limited to; 0 when it is not. */
export function familyOf(network: TcpNetwork): 0 | 4 | 6 {
  return network === 'tcp' ? 0 : network === 'tcp4' ? 4 : 6
}

/**
 * Reads `host:port`, `[v6]:port` or `:port`. Throws a `TypeError` (not an address, or one of the other IP family) or a
 * `RangeError` (a port above 65535) that quotes the text.
 */
export function parseTcpAddress(network: TcpNetwork, text: string): TcpAddress {
  checkString('address', text)
  const match = /^(?:\[([^[\]]*)\]|([^[\]:\s/@]*)):(\d+)$/.exec(text)
  if (match === null) {
    const hint = isIP(text.replace(/:\d+$/, '')) === 6 ? ' (an IPv6 address needs brackets)' : ''
    throw invalidValue('address', `must be "host:port", "[IPv6]:port" or ":port"${hint}`, text)
  }
  const [, bracketed, name = '', digits] = match
  const host = bracketed ?? name
  const port = Number(digits)
  if (port > 0xffff) throw badPort('Port', text, 0xffff)
  if (bracketed !== undefined && isIP(bracketed) !== 6) {
    throw invalidValue('address', 'must have an IPv6 address in its brackets', text)
  }
  checkFamily(network, host, text)
  return { host, port }
}

/** The text form: `host:port`, with brackets around an IPv6 address. */
export function formatTcpAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function checkFamily(network: TcpNetwork, host: string, text: string): void {
  const family = familyOf(network)
  const found = isIP(host)
  if (family !== 0 && found !== 0 && found !== family) {
    throw invalidValue('address', `must be IPv${family} on the network ${network}`, text)
  }
}
