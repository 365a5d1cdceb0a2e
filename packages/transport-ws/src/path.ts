import type { IncomingMessage } from 'node:http'

/**
 * The path that a request asks for, as it was sent and without the query; `undefined` when there is none. Some proxies send
 * the whole URL (RFC 9112, section 3.2.2).
 */
export function pathOf({ url = '' }: IncomingMessage): string | undefined {
  if (url.startsWith('/')) return url.replace(/[?#].*$/s, '')
  return URL.canParse(url) ? new URL(url).pathname : undefined
}

/**
 * A path to listen at as clients send it: letters beyond ASCII percent-encoded, `.` and `..` resolved. Nothing else is made
 * equal: a slash at the end, upper and lower case and what is percent-encoded without need count. Throws a `TypeError` that
 * quotes `path` unless it begins with `/` and has no query, white space or fragment: requests are told apart by the path
 * alone, so a query would keep nobody out.
 */
export function listenPath(path: string): string {
  if (typeof path !== 'string' || !/^\/[^\s?#]*$/.test(path))
    throw new TypeError(
      `address must have a path like "/astranet" without a query, got ${JSON.stringify(path)}`,
    )
  // A path that begins with two slashes would be taken for a host.
  return new URL(`ws://host${path}`).pathname
}
