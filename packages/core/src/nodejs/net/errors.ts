import { getSystemErrorMap } from 'node:util'
import { codedError, type ArgumentError } from '@astranet/interface/check'
import { StreamError } from '@astranet/mux'
import { errnoOf } from '../../api/errno.js'
import { SocketErrors } from '../../api/socket-error.js'

/** The socket is not connected, or not any more. */
export function socketClosed(): ArgumentError {
  return codedError(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed')
}

/** The socket was destroyed before it was connected, and something was written to it. */
export function closedBeforeConnection(): ArgumentError {
  return codedError(
    Error,
    'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
    'Socket closed before the connection was established',
  )
}

/** `close` of a server that does not listen. */
export function serverNotRunning(): ArgumentError {
  return codedError(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.')
}

/** `listen` of a server that listens already. */
export function alreadyListening(): ArgumentError {
  return codedError(
    Error,
    'ERR_SERVER_ALREADY_LISTEN',
    'Listen method has been called more than once without closing.',
  )
}

/** A lookup has given something that is no IP address. */
export function invalidIpAddress(address: unknown): ArgumentError {
  return codedError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${String(address)}`)
}

/** A lookup has given an unknown family. */
export function invalidFamily(family: unknown, host: unknown, port: unknown): ArgumentError {
  const text = `Invalid address family: ${String(family)} ${String(host)}:${String(port)}`
  return Object.assign(codedError(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', text), { host, port })
}

/** What a call of the system was about. */
export interface Where {
  readonly address: string
  readonly port?: number | undefined
}

/** `connect ECONNREFUSED db:5432`, with `errno`, `code`, `syscall`, `address` and `port`, as Node has it. */
export function connectError(code: string, where: Where, cause?: unknown): Error {
  return located(systemError('connect', code, `connect ${code} ${textAt(where)}`, cause), where)
}

/** `connect EALREADY 127.0.0.1:80 - Local (0.0.0.0:0)`: a socket that is connecting, or connected, connects again. */
export function againError(code: string, where: Where, local: Where): Error {
  const error = connectError(code, where)
  if (where.port !== undefined) error.message += ` - Local (${textAt(local)})`
  return error
}

/** `bind EADDRINUSE 127.0.0.1:80`: the local port that a socket asks for is taken. */
export function bindError(code: string, where: Where): Error {
  return located(systemError('bind', code, `bind ${code} ${textAt(where)}`, undefined), where)
}

/** `getaddrinfo ENOTFOUND db`, with `hostname`: no node offers a service of the name. */
export function lookupError(hostname: string, cause?: unknown): Error {
  const error = systemError('getaddrinfo', 'ENOTFOUND', `getaddrinfo ENOTFOUND ${hostname}`, cause)
  return Object.assign(error, { hostname })
}

/**
 * `read ECONNRESET` and `write EPIPE`, with `errno`, `code` and `syscall`, as Node has them. Only when a link has ended
 * there is a `cause`, which says why: of what the peer does with its socket, the code says everything.
 */
export const callErrors: SocketErrors<Error> = new SocketErrors(({ code, cause }, syscall) =>
  systemError(syscall, code, `${syscall} ${code}`, cause instanceof StreamError ? undefined : cause),
)

/** `listen EADDRINUSE: address already in use :::80`, with `address` and `port`. */
export function listenError(code: string, where: Where, cause?: unknown): Error {
  const message = `listen ${code}: ${textOf(code)} ${textAt(where)}`
  return located(systemError('listen', code, message, cause), where)
}

function textAt({ address, port }: Where): string {
  return port === undefined ? address : `${address}:${port}`
}

function located(error: Error, { address, port }: Where): Error {
  return Object.assign(error, { address }, port === undefined ? {} : { port })
}

function systemError(syscall: string, code: string, message: string, cause: unknown): Error {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  const errno = errnoOf(code)
  return Object.assign(error, errno === undefined ? {} : { errno }, { code, syscall })
}

/** The system's words for a code. */
function textOf(code: string): string {
  const errno = errnoOf(code)
  return errno === undefined ? code : (getSystemErrorMap().get(errno)?.[1] ?? code)
}
