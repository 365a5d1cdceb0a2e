import { usageFailure } from '../failure.js'
import { readTextFile } from './read-file.js'

/** The longest secret, in bytes. One that `astranet-secret` makes has 43. */
export const MAX_SECRET_BYTES = 4_096

/** The fewest characters of a secret, as the node checks it. */
const MIN_SECRET_CHARACTERS = 16

/** Whether others than the owner may do anything with a file. */
const OTHERS = 0o077

/** The secret of a file. */
export interface Secret {
  readonly secret: string
  /** A sentence, if others may read the file. */
  readonly warning: string | undefined
}

/**
 * Reads the network's secret. A line break at the end of the file does not belong to it. Throws a usage `Failure` that
 * names the file, and never shows what is in it.
 */
export async function readSecretFile(path: string): Promise<Secret> {
  const { text, mode } = await readTextFile('--secret-file', path, MAX_SECRET_BYTES)
  const secret = text.replace(/\r?\n$/, '')
  const fault = faultOf(secret)
  if (fault !== undefined) throw usageFailure(`--secret-file ${path}: ${fault}`)
  return { secret, warning: warningOf(path, mode) }
}

function faultOf(secret: string): string | undefined {
  const advice = `make one with: npx -p @astranet/core astranet-secret > FILE`
  if (secret === '') return `the file is empty; ${advice}`
  if (/[\r\n]/.test(secret))
    return 'the file has more than one line; it must have the secret and nothing else'
  if (secret !== secret.trim()) return 'the secret begins or ends with white space'
  if (secret.length >= MIN_SECRET_CHARACTERS) return undefined
  return `the secret has ${secret.length} characters, and must have at least ${MIN_SECRET_CHARACTERS}; ${advice}`
}

function warningOf(path: string, mode: number): string | undefined {
  // Windows has no such modes.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return undefined
  return `the secret file ${path} has mode 0${mode.toString(8)}: others on this machine may read it. Set it to 0600.`
}
