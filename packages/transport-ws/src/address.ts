import { badPort, checkOneOf, checkString, invalidValue, outOfRange } from '@astranet/interface/check'

/** The networks of this transport. */
export const WS_NETWORKS = ['ws', 'wss'] as const

/** `ws` is in the clear, `wss` over TLS. */
export type WsNetwork = (typeof WS_NETWORKS)[number]

/** An address in its parts. */
export interface WsAddress {
  /** A host name or an IP address without brackets; empty when the text has none. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
  /** From the first `/` on, with the query; at least `/`. */
  readonly path: string
}

const DEFAULT_PORTS = { ws: 80, wss: 443 } as const

/** `network` when this transport answers to it. Otherwise throws a `TypeError` that names it. */
export function checkWsNetwork(network: string): WsNetwork {
  return checkOneOf('network', network as WsNetwork, WS_NETWORKS)
}

/**
 * Reads a URL of the network's scheme, `host:port`, `[IPv6]:port` or `:port`, the last three with or without a path.
 * Throws a `TypeError` or a `RangeError` (a port above 65535) that quotes the text.
 */
export function parseWsAddress(network: WsNetwork, text: string): WsAddress {
  checkString('address', text)
  const match = /^([a-z]+:\/\/)?(\[[\da-f:.]+\]|[^[\]:\s/@?#]*)(?::(\d+))?(\/[^\s#]*)?$/i.exec(text)
  const [, scheme = '', host = '', digits, path = '/'] = match ?? []
  // A bare name is more likely a service's than a host's: without a scheme the port must be there.
  const isComplete = scheme === '' ? digits !== undefined : host !== ''
  if (match === null || !isComplete) {
    throw invalidValue('address', `must be "${network}://host:port/path", "host:port" or ":port"`, text)
  }
  if (scheme !== '' && scheme.toLowerCase() !== `${network}://`)
    throw invalidValue('address', `must be of the network ${network}`, text)
  const port = digits === undefined ? DEFAULT_PORTS[network] : Number(digits)
  if (port > 0xffff) throw badPort('Port', text, 0xffff)
  return { host: host.replace(/^\[|\]$/g, ''), port, path }
}

/** The same for dialing. `here` stands in for a host that is not given. Also refuses port 0. */
export function parseDialAddress(network: WsNetwork, text: string, here: string): WsAddress {
  const address = parseWsAddress(network, text)
  if (address.port === 0) throw outOfRange('Port', '>= 1 && <= 65535', text)
  return address.host === '' ? { ...address, host: here } : address
}

/** The text form: `host:port`, and the path unless it is `/`. With the network and `://` in front it is a URL. */
export function formatWsAddress({ host, port, path }: WsAddress): string {
  return `${formatHost(host)}:${port}${path === '/' ? '' : path}`
}

/** The URL to dial. */
export function formatUrl(network: WsNetwork, { host, port, path }: WsAddress): string {
  return `${network}://${formatHost(host)}:${port}${path}`
}

/** `host:port` of a socket's end, empty when it has none any more. */
export function formatEnd(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? '' : `${formatHost(host)}:${port}`
}

function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
