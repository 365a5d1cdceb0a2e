import { parseIpEnd } from '../ip-end.js'

/**
 * The part of a remote address that stands for one machine or household: an IPv4 address, or the /64 of an IPv6
 * address, which one of its machines can fill alone. For a link through routers it is the whole text, which begins with
 * `tunnel:` and names the nodes that the link claims to come through. `undefined` for other texts, such as the path of
 * a Unix socket.
 */
export function remoteHost(remoteAddress: string): string | undefined {
  if (remoteAddress.startsWith('tunnel:')) return remoteAddress
  const end = parseIpEnd(remoteAddress)
  return end && (end.four ?? end.six.slice(0, 4).join(':'))
}
