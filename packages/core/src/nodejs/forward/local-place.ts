import { badPort, invalidType, invalidValue, outOfRange } from '@astranet/interface/check'

/** Where a program of this machine listens: a TCP port, or the path of a Unix socket. */
export type LocalPlace = { readonly path: string } | { readonly host: string; readonly port: number }

/**
 * Reads `127.0.0.1:80`, `localhost:80`, `[::1]:80`, the same after `tcp://`, `/run/x.sock` and `unix:/run/x.sock`. A
 * port alone, `80` or `:80`, is one of 127.0.0.1. Throws a TypeError or RangeError that names the argument `name`.
 */
export function parseLocalPlace(name: string, given: string | number, minPort = 0): LocalPlace {
  const text = typeof given === 'number' ? `:${given}` : checkText(name, given)
  const [, path] = /^(?:unix:(?:\/\/)?)?([./].*)$/s.exec(text) ?? []
  if (path !== undefined) return { path }
  const [, bracketed, plain, port] =
    /^(?:tcp:\/\/)?(?:\[([^\]]+)\]|([^:/[\]]+))?:([-\w.+]+)$/.exec(text) ?? []
  const isPort = port !== undefined && (typeof given === 'number' || /^\d+$/.test(port))
  if (!isPort) throw invalidValue(name, `must be ${FORMS}${hint(text)}`, text)
  const number = Number(port)
  if (!Number.isInteger(number) || number < 0 || number > 0xffff)
    throw badPort(`${name}.port`, number, 0xffff)
  if (number < minPort) throw outOfRange(`${name}.port`, `>= ${minPort} && <= 65535`, number)
  return { host: bracketed ?? plain ?? LOOPBACK, port: number }
}

const LOOPBACK = '127.0.0.1'

const FORMS = 'a port, "host:port" or "/path"'

function checkText(name: string, given: unknown): string {
  if (typeof given === 'string') return given
  throw invalidType(name, 'of type string or number', given)
}

/** What to write in place of the URL of an HTTP server. */
function hint(text: string): string {
  const [, scheme, host, port] = /^(https?):\/\/([^/:?#]+|\[[^\]]*\])(?::(\d+))?(?:[/?#]|$)/.exec(text) ?? []
  if (host === undefined) return ''
  const place = `${host}:${port ?? (scheme === 'https' ? 443 : 80)}`
  return `; bytes pass as they are, whatever the protocol, so write ${JSON.stringify(place)}`
}

/** The same place as text. */
export function formatLocalPlace(place: LocalPlace): string {
  if ('path' in place) return place.path
  return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`
}
