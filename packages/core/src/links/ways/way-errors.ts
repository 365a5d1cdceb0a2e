import { toError } from '@astranet/interface'
import { DialError, LinkError, RefusalReason } from '@astranet/link'
import { isForWantOfPlace } from '../no-place-error.js'

const LASTING: readonly (number | undefined)[] = [RefusalReason.FORBIDDEN, RefusalReason.QUOTA]

/** Whether the next attempt would fail likewise: a policy or a limit said no. */
export function lastingRefusal(error: Error): boolean {
  if (error instanceof DialError) return LASTING.includes(error.reason)
  return isRefusal(error) || isForWantOfPlace(error)
}

/** Why a dial fails for want of a link. */
export function noLinkError(error: Error): DialError {
  if (error instanceof DialError) return error
  const code = isRefusal(error) ? 'EACCES' : 'EHOSTUNREACH'
  return new DialError(code, `no link could be made: ${error.message}`, { isRetryable: true, cause: error })
}

/** The first of several errors that says more than that nobody was there. */
export function tellingError(errors: readonly unknown[]): Error {
  const known = errors.map(toError)
  return known.find(lastingRefusal) ?? known.at(-1) ?? new Error('there was no way to try')
}

/** The node at the other end does not admit this one. */
function isRefusal(error: Error): boolean {
  return error instanceof LinkError && error.code === 'ASTRA_ERR_LINK_REFUSED'
}
