/** An error of the program itself: thrown in a listener, or given to `destroy`. */
export class ProgramError extends Error {
  readonly code = 'MINE'
}

/** What Node's errors have beside a message. */
export type SystemError = Error & {
  readonly code?: string
  readonly syscall?: string
  readonly errno?: number
}

export function describeError(error: SystemError): string {
  if (error instanceof ProgramError) return `of the program: ${error.message}`
  return error.code ?? `${error.name} ${error.message}`
}
