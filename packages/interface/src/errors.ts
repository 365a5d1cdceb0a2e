/**
 * The base of every error AstraNet makes.
 *
 * `code` is what a program branches on and never changes its meaning: `ASTRA_ERR_*` for protocol-level errors, Node's
 * own codes (`ECONNREFUSED`, `ETIMEDOUT`, ...) where the API stands in for `node:net`. `message` is a sentence for a
 * person. `docs/ERRORS.md` lists every code with its cause and cure.
 */
export class AstraError extends Error {
  /** What a program branches on, for example `'ECONNREFUSED'`. */
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    // An Error that is given a cause that is undefined has the property, and shows it.
    super(message, options?.cause === undefined ? undefined : options)
    this.name = 'AstraError'
    this.code = code
  }
}

/** What was thrown or passed as a reason, as an `Error`: itself when it is one, otherwise wrapped. */
export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new AstraError('ASTRA_ERR_UNKNOWN', String(reason))
}
