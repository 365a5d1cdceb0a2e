import type { IncomingMessage } from 'node:http'
import { invalidValue } from '@astranet/interface/check'

/**
 * The path of a request as it was sent, without the query; `undefined` when there is none. Some proxies send the
 * whole URL (RFC 9112, section 3.2.2).
 */
export function pathOf({ url = '' }: IncomingMessage): string | undefined {
  if (url.startsWith('/')) return url.replace(/[?#].*$/s, '')
  return URL.canParse(url) ? new URL(url).pathname : undefined
}

/**
 * A path to listen at as clients send it: letters beyond ASCII percent-encoded, `.` and `..` resolved. Nothing else
 * is normalized: a slash at the end, letter case and needless percent-encoding make a difference. Throws a
 * `TypeError` that quotes `path` unless it begins with `/` and has no query, white space or fragment. Requests are
 * distinguished by their path alone, so a query would protect nothing.
 */
export function listenPath(path: string): string {
  if (typeof path !== 'string' || !/^\/[^\s?#]*$/.test(path))
    throw invalidValue('address', 'must have a path like "/astranet" without a query', path)
  // Two slashes at the beginning would introduce a host.
  return new URL(`ws://host${path}`).pathname
}
