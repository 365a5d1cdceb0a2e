import { randomBytes } from 'node:crypto'
import { secureError } from '../proto/errors.js'
import type { Identity } from '../proto/identity.js'
import { importIdentitySync } from './node-identity.js'

/** A key in PEM has 119 bytes. Longer files are something else, and are not read. */
export const MAX_FILE_BYTES = 4_096

/** The mode of an identity file: only its owner may read and write it. */
export const FILE_MODE = 0o600

/** Whether others than the owner may do anything with a file. Windows has no such modes. */
const OTHERS = 0o077

/** What of a file's status matters here. */
interface FileStatus {
  readonly size: number
  readonly mode: number
}

/** Throws `ASTRA_ERR_SECURE_IDENTITY` when the file is too long to hold an identity. */
export function checkSize(path: string, { size }: FileStatus): void {
  if (size <= MAX_FILE_BYTES) return
  throw secureError('ASTRA_ERR_SECURE_IDENTITY', `The file ${path} holds no identity: it has ${size} bytes.`)
}

/** The identity of a file's text. Gives a process warning when others than the owner may use the file. */
export function identityOfFile(path: string, text: string, { mode }: FileStatus): Identity {
  const identity = importIdentitySync(text, `The file ${path}`)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) warnOfMode(path, mode)
  return identity
}

/** A name in the same folder that nothing else has. */
export function temporaryNameFor(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.tmp`
}

/** The error of a file that could not be written under another name, with the name that the caller gave. */
export function withNameOf(error: unknown, temporary: string, path: string): unknown {
  if (error instanceof Error && 'path' in error && error.path === temporary) {
    error.message = error.message.replaceAll(temporary, path)
    error.path = path
  }
  return error
}

/** Whether a folder's names can be brought to the disk. Windows cannot open folders, and needs no such thing. */
export const canSyncFolders: boolean = process.platform !== 'win32'

/** The code of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function warnOfMode(path: string, mode: number): void {
  process.emitWarning(
    `The identity file ${path} has mode 0${(mode & 0o777).toString(8)}: others on this machine may use the identity. Set it to 0600.`,
    { code: 'ASTRA_WARN_IDENTITY_FILE' },
  )
}
