import type { Clock } from '@astranet/interface'
import { Session, type SessionHandler } from '@astranet/mux'
import { StreamCode } from '../proto/error-codes.js'
import type { SessionRole } from '../proto/negotiate-role.js'
import type { SessionPipe } from './doorway/passage.js'
import type { LinkSessionOptions } from './link-options.js'

/**
 * Starts the session of a link on the pipe that has passed the doorway; the pipe is still paused then. The handler may
 * be called from inside this function.
 */
export function startSession(
  { duplex, initialBytes }: SessionPipe,
  options: {
    role: SessionRole
    limits: LinkSessionOptions | undefined
    /** Whether the session is only for its close: then the peer is allowed no stream. */
    isRefusing: boolean
    clock: Clock
    handler: SessionHandler
  },
): Session {
  return new Session(duplex, {
    ...options.limits,
    ...(options.isRefusing ? { maxConcurrentStreams: 0 } : {}),
    maxConcurrentUniStreams: 0,
    evictionCode: StreamCode.EVICTED,
    internalErrorCode: StreamCode.INTERNAL_ERROR,
    refusalCode: StreamCode.GOING_AWAY,
    role: options.role,
    clock: options.clock,
    ...(initialBytes === undefined ? {} : { initialBytes }),
    handler: options.handler,
  })
}
