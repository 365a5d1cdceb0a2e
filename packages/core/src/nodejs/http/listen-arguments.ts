import { isIP } from 'node:net'
import { MAX_PORT } from '@astranet/interface'
import { badPort, checkString } from '@astranet/interface/check'
import type { BindOptions } from '../../api/bind-options.js'
import { checkObject } from '../../api/check.js'

/** The object that `listen` of a server of services takes: that of `net.Server`, or what `bind` takes. */
export interface ServiceListenOptions extends BindOptions {
  /** A service's name. */
  path?: string
  /** A port of the node, or of the service; 0, or none: a free one. */
  port?: number | string
  /** A service's name where there is no `path`. An IP address, or `localhost`, is the node itself. */
  host?: string
}

/** What `listen` was asked for. */
export interface ListenRequest {
  /** For `bind`. */
  readonly address: string
  readonly options: BindOptions
  readonly onListening: (() => void) | undefined
}

/**
 * Reads the arguments of `listen`, which are those of `net.Server`: `(path)`, `(port, host?)` or `(options)`, the first
 * two with a backlog, all with a callback. Text that is a number is a port. Throws a TypeError that names the argument,
 * and `ERR_SOCKET_BAD_PORT` for a port, as Node does.
 */
export function readListenArguments(given: readonly unknown[]): ListenRequest {
  const args = [...given]
  const onListening = typeof args.at(-1) === 'function' ? (args.pop() as () => void) : undefined
  const [first, ...others] = args
  if (typeof first === 'object' && first !== null)
    return { ...readOptions(first as ServiceListenOptions), onListening }
  const host = others.find((each) => typeof each === 'string')
  const backlog = others.find((each) => typeof each === 'number')
  const place = typeof first === 'string' && !isPort(first) ? { path: first } : { port: first as number }
  const options = { ...place, ...(host === undefined ? {} : { host }) }
  return { ...readOptions(backlog === undefined ? options : { ...options, backlog }), onListening }
}

function readOptions(given: ServiceListenOptions): Pick<ListenRequest, 'address' | 'options'> {
  const { path, port, host, ...options } = checkObject('options', given)
  const name = path ?? serviceOfHost(host)
  if (name !== undefined) checkString('options.path', name)
  if (port === undefined || port === null) return { address: name ?? ':0', options }
  if (!isPort(port) || !isPortNumber(Number(port))) throw badPort('options.port', port, MAX_PORT)
  return { address: `${name ?? ''}:${port}`, options }
}

function isPort(value: unknown): value is number | string {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))
}

function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= MAX_PORT
}

function serviceOfHost(host: string | undefined): string | undefined {
  return host === undefined || host === 'localhost' || isIP(host) !== 0 ? undefined : host
}
