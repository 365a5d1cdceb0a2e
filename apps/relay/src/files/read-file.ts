import { open, type FileHandle } from 'node:fs/promises'
import { codeOf, messageOf, usageFailure } from '../failure.js'

/** A file's text, and what its owner lets others do with it. */
export interface TextFile {
  readonly text: string
  /** The permission bits, for example 0o600. */
  readonly mode: number
}

/**
 * Reads a file of text that an option names. Throws a usage `Failure` that names the option and the file: it is not there,
 * cannot be read, or has more than `maxBytes`.
 */
export async function readTextFile(option: string, path: string, maxBytes: number): Promise<TextFile> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { mode } = await file.stat()
    // The size of a pipe or a device is not known before it is read.
    const buffer = Buffer.alloc(maxBytes + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > maxBytes) throw usageFailure(`${option} ${path}: the file has more than ${maxBytes} bytes`)
    return { text: buffer.toString('utf8', 0, length), mode: mode & 0o777 }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw usageFailure(`${option} ${path}: ${reasonOf(error)}`, error)
  } finally {
    await file?.close()
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'this user may not read the file'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return messageOf(error)
  }
}
