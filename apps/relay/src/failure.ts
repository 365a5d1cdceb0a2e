/** Exit codes of the program. */
export const ExitCode = {
  /** It has left the network in order. */
  DONE: 0,
  /** It could not start, or has failed while it ran. */
  FAILED: 1,
  /** An option, an environment variable or a file that one of them names is wrong. */
  USAGE: 2,
} as const

/** Why the program cannot go on. The message is for the person who started it, and names the option. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** An option or a file is wrong. */
export function usageFailure(message: string, cause?: unknown): Failure {
  return new Failure(message, ExitCode.USAGE, cause)
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The code of an error; `undefined` for one without. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
