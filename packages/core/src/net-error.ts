import { AstraError } from '@astranet/interface'

/** What a {@link NetError} says besides its code and message. */
export interface NetErrorDetails {
  readonly syscall: string
  readonly address: string
  readonly cause?: unknown
}

/**
 * An error of the `net`-like surface. `code` is one of Node's: `ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`, `ETIMEDOUT`,
 * `ECONNRESET`, `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EOPNOTSUPP`, ...; the message says which node, service or port.
 */
export class NetError extends AstraError {
  /** What was being done: `'dial'`, `'bind'`, `'accept'`, `'join'`, `'listen'`, `'attach'`, `'ping'` or `'close'`. */
  readonly syscall: string
  /** What it was done to, as the caller wrote it. */
  readonly address: string

  constructor(code: string, message: string, details: NetErrorDetails) {
    super(code, `${details.syscall} ${details.address}: ${message}`, { cause: details.cause })
    this.name = 'NetError'
    this.syscall = details.syscall
    this.address = details.address
  }
}
