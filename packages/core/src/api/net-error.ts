import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { errnoOf } from './errno.js'

/** The details of a {@link NetError} besides its code and message. */
export interface NetErrorDetails {
  readonly syscall: string
  /** The object of the call. Absent for a socket: then the message is the call and the code, as in Node. */
  readonly address?: string
  readonly cause?: unknown
}

/**
 * An error of the `net`-like surface. `code` is one of Node's: `ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`,
 * `ETIMEDOUT`, `ECONNRESET`, `EPIPE`, `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EOPNOTSUPP`, ...; the message names
 * the node, service or port. A socket's error has Node's own message: `read ECONNRESET`, `write EPIPE`.
 */
export class NetError extends AstraError {
  /**
   * The call that failed: `'dial'`, `'bind'`, `'accept'`, `'join'`, `'listen'`, `'attach'`, `'ping'`, `'leave'` or
   * `'close'`; `'read'` or `'write'` of a socket.
   */
  readonly syscall: string
  /** The object of the call as the caller wrote it; absent for a socket's error, as in Node. */
  declare readonly address: string
  /** The system's number for `code`, negative as in Node; absent if `code` is no code of a system. */
  declare readonly errno?: number

  constructor(code: string, message: string, { syscall, address, cause }: NetErrorDetails) {
    super(code, address === undefined ? `${syscall} ${message}` : `${syscall} ${address}: ${message}`, {
      cause,
    })
    this.name = 'NetError'
    // A socket's error looks like Node's own: it has neither an address nor a name of its own.
    if (address === undefined) Object.defineProperty(this, 'name', { value: 'Error', enumerable: false })
    else this.address = address
    this.syscall = syscall
    const errno = errnoOf(code)
    if (errno !== undefined) this.errno = errno
  }
}

/** @internal This node was closed during the call. */
export function nodeClosed(syscall: string, address: string, cause?: unknown): NetError {
  return new NetError('ECONNABORTED', 'this node was closed', { syscall, address, cause })
}

/** @internal The program has left the node that the call was joining. */
export function nodeLeft(nodeId: NodeId): NetError {
  return new NetError('ECONNABORTED', 'this program has left the node', {
    syscall: 'join',
    address: formatNodeId(nodeId),
  })
}
