import { Server as NodeServer, Socket as NodeSocket } from 'node:net'

/** The options of a `connect` or `listen`, as the program gave them: nothing is checked yet. */
export type Given = Readonly<Record<string, unknown>>

/** The arguments of `connect` and `listen` in one form, as Node reads them. */
export interface NormalArguments {
  readonly options: Given
  readonly callback: (() => void) | undefined
}

/** The largest port of `net`. Ports above are reached by a path: `':4000000000'`. */
export const MAX_NET_PORT = 65_535

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
  const { path, port, lookup } = options
  const isPlainPath = typeof path === 'string' && path !== ''
  if (isPlainPath) return
  const isPlain = isNetPort(port) && !path && RARE_CONNECT.every((name) => options[name] === undefined)
  if (isPlain && (lookup === undefined || lookup === null || typeof lookup === 'function')) return
  const rare = Object.fromEntries(RARE_CONNECT.map((name) => [name, options[name]]))
  // A function would be called. With an IP address nothing is looked up.
  const host = typeof lookup === 'function' ? { host: '127.0.0.1' } : { host: 'localhost', lookup }
  const asked = { port, path, ...rare, ...(lookup === undefined ? { host: '127.0.0.1' } : host) }
  const socket = new NodeSocket()
  try {
    socket.connect(asked as never)
  } finally {
    socket.destroy()
  }
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
  const { signal } = options
  const isPlainSignal = signal === undefined || signal === null || signal instanceof AbortSignal
  if (isPlainSignal && RARE_SOCKET.every((name) => options[name] === undefined)) return
  const rare = Object.fromEntries(RARE_SOCKET.map((name) => [name, options[name]]))
  new NodeSocket({ ...rare, ...(isPlainSignal ? {} : { signal }) } as never).destroy()
}

/** What Node makes of the options of a server. Throws Node's own error for wrong ones. */
export function nodeServer(options: unknown): NodeServer {
  return new NodeServer(options as never)
}

/**
 * Throws Node's own error for options of `listen` that are wrong. To be called with those only; returns when Node has
 * nothing against them.
 */
export function refuseListen(options: Given): void {
  const server = new NodeServer()
  server.on('error', () => {})
  server.listen(options as never)
  server.close()
}
