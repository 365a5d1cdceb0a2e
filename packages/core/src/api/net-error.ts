import { AstraError } from '@astranet/interface'
import { errnoOf } from './errno.js'

/** What a {@link NetError} says besides its code and message. */
export interface NetErrorDetails {
  readonly syscall: string
  /** What it was done to. Of a socket: absent, and the message is the call and the code, as Node's. */
  readonly address?: string
  readonly cause?: unknown
}

/**
 * An error of the `net`-like surface. `code` is one of Node's: `ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`, `ETIMEDOUT`,
 * `ECONNRESET`, `EPIPE`, `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EOPNOTSUPP`, ...; the message says which node, service or
 * port. A socket's is Node's own: `read ECONNRESET`, `write EPIPE`.
 */
export class NetError extends AstraError {
  /**
   * What was being done: `'dial'`, `'bind'`, `'accept'`, `'join'`, `'listen'`, `'attach'`, `'ping'` or `'close'`; of a socket
   * `'read'` or `'write'`.
   */
  readonly syscall: string
  /** What it was done to, as the caller wrote it; empty for a socket's error. */
  readonly address: string
  /** The system's number for `code`, negative as in Node; absent where `code` is none of a system's. */
  declare readonly errno?: number

  constructor(code: string, message: string, { syscall, address, cause }: NetErrorDetails) {
    super(code, address === undefined ? `${syscall} ${message}` : `${syscall} ${address}: ${message}`, {
      cause,
    })
    this.name = 'NetError'
    this.syscall = syscall
    this.address = address ?? ''
    const errno = errnoOf(code)
    if (errno !== undefined) this.errno = errno
  }
}
