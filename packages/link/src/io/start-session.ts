import type { Clock } from '@astranet/interface'
import { Session, type SessionHandler } from '@astranet/mux'
import { StreamCode } from '../proto/error-codes.js'
import type { Passage } from './doorway/doorway.js'
import type { LinkSessionOptions } from './link-options.js'

/**
 * Starts the session of a link on a pipe that has passed the doorway. The peer gets the limits of the handshake until
 * `raiseLimits`. The handler may be called from inside this function.
 */
export function startSession(
  { duplex, role, initialBytes }: Passage,
  options: { limits: LinkSessionOptions | undefined; clock: Clock; handler: SessionHandler },
): Session {
  return new Session(duplex, {
    ...options.limits,
    maxConcurrentUniStreams: 0,
    evictionCode: StreamCode.EVICTED,
    internalErrorCode: StreamCode.INTERNAL_ERROR,
    refusalCode: StreamCode.GOING_AWAY,
    role,
    isTrusted: false,
    clock: options.clock,
    initialBytes,
    handler: options.handler,
  })
}
