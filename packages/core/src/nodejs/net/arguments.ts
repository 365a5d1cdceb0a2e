import { lookup } from 'node:dns'
import { isIP, Server as NodeServer, Socket as NodeSocket } from 'node:net'
import { codedError } from '@astranet/interface/check'
import { MAX_NET_PORT } from '../../listen/port-table.js'

/** The options of a `connect` or `listen`, as the program gave them: nothing is checked yet. */
export type Given = Readonly<Record<string, unknown>>

/** The arguments of `connect` and `listen` in one form, as Node reads them. */
export interface NormalArguments {
  readonly options: Given
  readonly callback: (() => void) | undefined
}

/** `(options, callback)`, `(path, callback)` and `(port, host, callback)`, each with anything missing. */
export function normalArguments(args: readonly unknown[]): NormalArguments {
  const last = args.at(-1)
  const callback = typeof last === 'function' ? (last as () => void) : undefined
  const [first, second] = args
  if (args.length === 0) return { options: {}, callback }
  if (typeof first === 'object' && first !== null) return { options: first as Given, callback }
  if (isPath(first)) return { options: { path: first }, callback }
  return { options: { port: first, ...(typeof second === 'string' ? { host: second } : {}) }, callback }
}

/** Whether Node takes it as a path: a text that is no number from 0. */
export function isPath(value: unknown): value is string {
  return typeof value === 'string' && toNumber(value) === undefined
}

/** The number if it is one from 0, as Node reads the backlog. */
export function toNumber(value: unknown): number | undefined {
  const number = Number(value)
  return number >= 0 ? number : undefined
}

/** Whether it is a port as `net` takes it: a number or a text of one. */
export function isNetPort(port: unknown): port is number | string {
  if (typeof port === 'string' && port.trim() === '') return false
  if (typeof port !== 'number' && typeof port !== 'string') return false
  const number = Number(port)
  return Number.isInteger(number) && number >= 0 && number <= MAX_NET_PORT
}

/** The options of `connect` that are rare, and of which Node checks each. */
const RARE_CONNECT = ['localAddress', 'localPort', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout']

/**
 * Throws Node's own error for wrong options of `connect`: Node itself is asked, with a socket that is destroyed before
 * it connects. Options that are right need no question.
 */
export function checkConnect(options: Given): void {
  const { path, port, host, lookup: own } = options
  const isPlainPath = typeof path === 'string' && path !== ''
  if (isPlainPath) return
  const isLookedUp = own === undefined && !(typeof host === 'string' && isIP(host) !== 0)
  if (isLookedUp) checkLookup(options)
  const isPlain = isNetPort(port) && !path && RARE_CONNECT.every((name) => options[name] === undefined)
  if (isPlain && (own === undefined || own === null || typeof own === 'function')) return
  const rare = Object.fromEntries(RARE_CONNECT.map((name) => [name, options[name]]))
  // A function would be called. With an IP address nothing is looked up.
  const where = typeof own === 'function' ? { host: '127.0.0.1' } : { host: 'localhost', lookup: own }
  const asked = { port, path, ...rare, ...(own === undefined ? { host: '127.0.0.1' } : where) }
  const socket = new NodeSocket()
  try {
    socket.connect(asked as never)
  } finally {
    socket.destroy()
  }
}

/** What `dns.lookup` would throw, which Node's sockets call for a name. */
function checkLookup({ hints, family }: Given): void {
  if (hints === undefined && family === undefined) return
  const version = { IPv4: 4, IPv6: 6 }[family as 'IPv4' | 'IPv6'] ?? family
  // It checks its options, and has nothing to look up for an IP address.
  lookup('127.0.0.1', { family: version, hints: hints || 0 } as never, () => undefined)
}

/** The options of a socket that are rare, and that Node checks or refuses. */
const RARE_SOCKET = [
  'objectMode',
  'readableObjectMode',
  'writableObjectMode',
  'keepAliveInitialDelay',
  'highWaterMark',
  'readableHighWaterMark',
  'writableHighWaterMark',
]

/** Throws Node's own error for wrong options of `new Socket`. */
export function checkSocket(options: Given): void {
  const { signal, fd } = options
  if (fd !== undefined && fd !== null) refuseDescriptor(fd)
  const isPlainSignal = signal === undefined || signal === null || signal instanceof AbortSignal
  if (isPlainSignal && RARE_SOCKET.every((name) => options[name] === undefined)) return
  const rare = Object.fromEntries(RARE_SOCKET.map((name) => [name, options[name]]))
  new NodeSocket({ ...rare, ...(isPlainSignal ? {} : { signal }) } as never).destroy()
}

/** There is no file descriptor that a socket of AstraNet can have. */
function refuseDescriptor(fd: unknown): never {
  // Node's own error for what is no descriptor.
  if (typeof fd !== 'number' || !Number.isInteger(fd) || fd < 0) new NodeSocket({ fd: fd as number })
  throw codedError(TypeError, 'ERR_INVALID_FD_TYPE', 'Unsupported fd type: UNKNOWN')
}

/** What Node makes of the options of a server. Throws Node's own error for wrong ones. */
export function nodeServer(options: unknown): NodeServer {
  return new NodeServer(options as never)
}

/**
 * Throws Node's own error for options of `listen` that are wrong. To be called with those only; returns when Node
 * accepts them.
 */
export function refuseListen(options: Given): void {
  const server = new NodeServer()
  server.on('error', () => {})
  server.listen(options as never)
  server.close()
}
