import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import type { CheckedOptions } from './node-options.js'

/**
 * Whether the page that a request comes from may connect. Only browsers send an origin, and a page cannot forge it.
 * But a page can make its own name resolve to an address of the visitor's machine or network, and then has the same
 * origin as a listener there (DNS rebinding). TLS prevents that, because the listener has no certificate for such a
 * name; in the clear an IP address or `localhost` in place of the name does.
 */
export function isAllowedOrigin(request: IncomingMessage, options: CheckedOptions): boolean {
  const { origin, host } = request.headers
  const { origins } = options
  if (origin === undefined || origins === '*') return true
  if (origins !== undefined) return origins.includes(origin)
  const isSecure = (request.socket as Socket & { encrypted?: boolean }).encrypted === true
  const own = `${isSecure ? 'https' : 'http'}://${host ?? ''}`
  if (!URL.canParse(own) || !URL.canParse(origin)) return false
  const { hostname, origin: ownOrigin } = new URL(own)
  if (new URL(origin).origin !== ownOrigin) return false
  return isSecure || isFixed(hostname) || !isInside(request.socket.localAddress)
}

/** Whether a host in a URL does not depend on name servers. */
function isFixed(hostname: string): boolean {
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
}

/** Addresses that the internet cannot reach, but a page could that is visited in the private network. */
const INSIDE = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  INSIDE.addSubnet(network, prefix, 'ipv4')
}
INSIDE.addAddress('::1', 'ipv6')
INSIDE.addSubnet('fc00::', 7, 'ipv6')
INSIDE.addSubnet('fe80::', 10, 'ipv6')

/** A socket without an address counts as inside: a pipe, or a socket that has just been reset. */
function isInside(address: string | undefined): boolean {
  const text = address?.replace(/^::ffff:(?=[\d.]+$)/, '').replace(/%.*$/, '') ?? ''
  const family = isIP(text)
  return family === 0 || INSIDE.check(text, family === 4 ? 'ipv4' : 'ipv6')
}
