import { outOfRange } from '@astranet/interface/check'
import { checkOptions, checkString, checkTimeout } from './check.js'

/** How many bytes of UTF-8 a reason may have: a close on the wire takes no more. */
const MAX_REASON_BYTES = 255

/** How `AstraNet.leave` ends links. */
export interface LeaveOptions {
  /** A sentence for the other node's operator, 0 to 255 bytes of UTF-8. Default `'the other node has left'`. */
  readonly reason?: string
  /**
   * How long open streams may go on, in ms, 0 to 2^31 - 1; meanwhile no new ones are opened on these links. Default 0:
   * they end at once.
   */
  readonly drainMs?: number
}

/** @internal The options, with defaults. */
export type CheckedLeaveOptions = Required<LeaveOptions>

/** @internal Fills in defaults. Throws a TypeError or RangeError that names the option. */
export function checkLeaveOptions(options: LeaveOptions): CheckedLeaveOptions {
  const { reason = 'the other node has left', drainMs = 0 } = checkOptions('options', options, {
    reason: true,
    drainMs: true,
  })
  const bytes = new TextEncoder().encode(checkString('options.reason', reason)).length
  if (bytes > MAX_REASON_BYTES)
    throw outOfRange('options.reason', `at most ${MAX_REASON_BYTES} bytes of UTF-8`, bytes)
  return { reason, drainMs: checkTimeout('options.drainMs', drainMs) }
}
