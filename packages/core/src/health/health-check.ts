/**
 * @internal One way to check. Resolves with `undefined` when the service is well, otherwise with the reason; a
 * rejection is a reason, too. Ends everything that it began when `signal` aborts.
 */
export type HealthCheck = (signal: AbortSignal) => Promise<string | undefined>

/** @internal Where a check connects. */
export interface TcpTarget {
  readonly host: string
  readonly port: number
}

/** @internal What a runtime can ask over the network. */
export interface HealthChecks {
  /** Connects and closes; `undefined` where a program has no sockets. */
  readonly tcp: ((target: TcpTarget) => HealthCheck) | undefined
  /** Resolves with the status of a GET that follows no redirect, and ends the exchange without its body. */
  readonly httpStatus: (url: URL, signal: AbortSignal) => Promise<number>
}

/** @internal The longest reason, in UTF-16 units. */
export const MAX_REASON_LENGTH = 200

/** @internal What an error says, of at most {@link MAX_REASON_LENGTH} UTF-16 units. */
export function reasonOf(error: unknown): string {
  return textOf(error).slice(0, MAX_REASON_LENGTH)
}

function textOf(error: unknown): string {
  // A connection that tried several addresses fails with all their errors and an empty message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ')
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  try {
    return String(error)
  } catch {
    return 'an error without a text'
  }
}
