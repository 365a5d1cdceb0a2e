import { StreamError } from '@astranet/mux'
import { errnoOf } from './errno.js'
import { NetError } from './net-error.js'

/** The call of a socket that failed. */
export type SocketCall = 'read' | 'write'

/**
 * The error of a socket for `error`, as `net.Socket` has it. A stream's error with a system's code becomes a
 * {@link NetError} such as `read ECONNRESET`, with `errno` and `syscall`; its `cause` is why the session ended, or the
 * stream's error. Other errors are returned unchanged: a program's own error, `ASTRA_ERR_STREAM_EVICTED`.
 *
 * This is the only place where a stream's error becomes a socket's, in both entries. All sockets that fail with the same
 * stream error share one error: when a session ends there may be a million sockets.
 */
export function socketError<TError extends Error | undefined>(
  error: TError,
  syscall: SocketCall,
): TError | NetError {
  if (!(error instanceof StreamError) || errnoOf(error.code) === undefined) return error
  let made = MADE[syscall].get(error)
  if (made === undefined) {
    made = new NetError(error.code, error.code, { syscall, cause: error.cause ?? error })
    MADE[syscall].set(error, made)
  }
  return made
}

/** By the stream's error, and kept as long as that. */
const MADE: Readonly<Record<SocketCall, WeakMap<StreamError, NetError>>> = {
  read: new WeakMap(),
  write: new WeakMap(),
}
