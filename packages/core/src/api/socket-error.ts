import { StreamError } from '@astranet/mux'
import { errnoOf } from './errno.js'
import { NetError } from './net-error.js'

/** The call of a socket that failed. */
export type SocketCall = 'read' | 'write'

/**
 * Makes the errors of sockets, one for each error of a stream and each call. All sockets that fail with the same stream
 * error share one: when a session ends there may be a million sockets.
 */
export class SocketErrors<TMade extends Error> {
  readonly #make: (error: StreamError, syscall: SocketCall) => TMade
  /** By the stream's error, and kept as long as that. */
  readonly #made: Readonly<Record<SocketCall, WeakMap<StreamError, TMade>>> = {
    read: new WeakMap(),
    write: new WeakMap(),
  }

  constructor(make: (error: StreamError, syscall: SocketCall) => TMade) {
    this.#make = make
  }

  /**
   * The socket's error for a stream's error with a system's code. Other errors are returned unchanged: a program's own
   * error, `ASTRA_ERR_STREAM_EVICTED`.
   */
  of<TError extends Error | undefined>(error: TError, syscall: SocketCall): TError | TMade {
    if (!(error instanceof StreamError) || errnoOf(error.code) === undefined) return error
    const known = this.#made[syscall].get(error)
    if (known !== undefined) return known
    const made = this.#make(error, syscall)
    this.#made[syscall].set(error, made)
    return made
  }
}

const NET_ERRORS = new SocketErrors(
  (error, syscall) => new NetError(error.code, error.code, { syscall, cause: error.cause ?? error }),
)

/**
 * The error of a socket for `error`, as `net.Socket` has it. A stream's error with a system's code becomes a
 * {@link NetError} such as `read ECONNRESET`, with `errno` and `syscall`; its `cause` is why the session ended, or the
 * stream's error. Other errors are returned unchanged. Sockets of `AstraNet.net` have errors of their own.
 */
export function socketError<TError extends Error | undefined>(
  error: TError,
  syscall: SocketCall,
): TError | NetError {
  return NET_ERRORS.of(error, syscall)
}
