import type { AstraError } from '@astranet/interface'
import { ticketError } from '../errors.js'
import { CLOCK_TOLERANCE_MS } from '../limits.js'

/** Whether something that ends at `expiresAt` has ended, also for a clock that is slow. Both in ms since 1970. */
export function isExpired(expiresAt: number, nowMs: number): boolean {
  return nowMs > expiresAt + CLOCK_TOLERANCE_MS
}

/** The error of a grant whose time is over. */
export function expiredError(expiresAt: number): AstraError {
  return ticketError(
    'ASTRA_ERR_TICKET_EXPIRED',
    `This grant ended at ${new Date(expiresAt).toISOString()}. Ask its issuer for a new ticket; ` +
      'if that time is not over, set the clock of this machine.',
  )
}
