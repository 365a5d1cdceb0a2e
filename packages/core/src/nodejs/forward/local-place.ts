import { checkString } from '../../api/check.js'
import { badPort, invalidValue, outOfRange } from '@astranet/interface/check'

/** Where a program of this machine listens: a TCP port, or the path of a Unix socket. */
export type LocalPlace = { readonly path: string } | { readonly host: string; readonly port: number }

/**
 * Reads `127.0.0.1:80`, `localhost:80`, `[::1]:80`, the same after `tcp://`, `/run/x.sock` and `unix:/run/x.sock`.
 * Throws a TypeError or RangeError that names the argument `name`.
 */
export function parseLocalPlace(name: string, text: string, minPort = 0): LocalPlace {
  const [, path] = /^(?:unix:(?:\/\/)?)?([./].*)$/s.exec(checkString(name, text)) ?? []
  if (path !== undefined) return { path }
  const [, bracketed, plain, digits] = /^(?:tcp:\/\/)?(?:\[([^\]]+)\]|([^:/[\]]+)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || digits === undefined)
    throw invalidValue(name, 'must be "host:port" or "/path"', text)
  const port = Number(digits)
  if (port > 0xffff) throw badPort(`${name}.port`, port, 0xffff)
  if (port < minPort) throw outOfRange(`${name}.port`, `>= ${minPort} && <= 65535`, port)
  return { host, port }
}

/** The same place as text. */
export function formatLocalPlace(place: LocalPlace): string {
  if ('path' in place) return place.path
  return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`
}
