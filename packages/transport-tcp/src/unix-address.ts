import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { invalidType, invalidValue } from '@astranet/interface/check'
import { nodeCrypto } from './node-modules.js'

/** The network of Unix sockets. */
export const UNIX_NETWORK = 'unix'

/** The longest path that the system accepts, in bytes: `sun_path` without its closing zero. Windows has named pipes. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : process.platform === 'win32' ? 255 : 103

/**
 * `text` when it is a path that a socket can have. Otherwise throws a `TypeError` (empty, a zero byte) or a
 * `RangeError` (too long) that quotes it.
 */
export function checkUnixPath(text: string): string {
  if (typeof text !== 'string') throw invalidType('address', 'of type string', text)
  if (text === '' || text.includes('\0')) {
    throw invalidValue('address', 'must be a path without zero bytes', text)
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_PATH_BYTES) {
    throw invalidValue('address', `must be a path of at most ${MAX_PATH_BYTES} bytes`, text)
  }
  return text
}

/**
 * Whether `path` leads to a program on this machine. On Windows the path of a named pipe can name another machine:
 * `\\other\pipe\name`.
 */
export function isLocalUnixPath(path: string): boolean {
  return process.platform !== 'win32' || /^[\\/]{2}[.?][\\/]/.test(path)
}

/** Where to listen for `text`: `*` is a new path in the system's folder for temporary files. */
export function unixListenPath(text: string): string {
  if (text !== '*') return checkUnixPath(text)
  const name = `astranet-${nodeCrypto().randomBytes(8).toString('hex')}.sock`
  return checkUnixPath(process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name))
}
