import { StreamError } from '@astranet/mux'
import { errnoOf } from './errno.js'
import { NetError } from './net-error.js'

/** What a socket was doing when it failed. */
export type SocketCall = 'read' | 'write'

/**
 * What a socket says of `error`, as `net.Socket` does: of a stream's error with a system's code a {@link NetError} such as
 * `read ECONNRESET`, with `errno`, `syscall`, and as `cause` why the session ended or what the stream said. Anything else
 * is returned as it is: a program's own error, `ASTRA_ERR_STREAM_EVICTED`.
 *
 * The one place where a stream's error becomes a socket's, in both entries. One error is made for all sockets that fail
 * alike: when a session ends there may be a million.
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

/** By the stream's error; an error and what was made of it go together. */
const MADE: Readonly<Record<SocketCall, WeakMap<StreamError, NetError>>> = {
  read: new WeakMap(),
  write: new WeakMap(),
}
