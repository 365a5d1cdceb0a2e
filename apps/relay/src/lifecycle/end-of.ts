import { ExitCode, Failure, messageOf } from '../failure.js'

/** What is printed for an error that ends the program, and its exit code. */
export function endOf(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof Failure) return { message: error.message, exitCode: error.exitCode }
  const message = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  return { message: `unexpected error, please report it: ${message}`, exitCode: ExitCode.FAILED }
}
