/** `localhost` and names below it (RFC 6761 section 6.3), 127.0.0.0/8, `::1`, and the first two mapped into IPv6. */
const LOOPBACK = /^(?:(?:[^.]+\.)*localhost\.?|(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i

/** Whether `host`, a host name or an IP address without brackets, is one that no other machine reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}
