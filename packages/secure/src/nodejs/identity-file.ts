import { randomBytes } from 'node:crypto'
import { link, open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { secureError } from '../proto/errors.js'
import type { Identity } from '../proto/identity.js'
import { generateIdentity, importIdentity } from './node-identity.js'

/** A key in PEM has 119 bytes. Longer files are something else, and are not read. */
export const MAX_FILE_BYTES = 4_096

/** Whether others than the owner may do anything with a file. Windows has no such modes. */
const OTHERS = 0o077

/**
 * The identity in the file at `path`; when there is no such file, a new one that is kept there.
 *
 * The file is PKCS#8 in PEM with mode 0600. It is written under another name in the same folder and gets its name
 * when it is on the disk, so it is never there in part, and of two processes that do so at once both get the same
 * identity. A file is never replaced: when it holds anything else this rejects with `ASTRA_ERR_SECURE_IDENTITY` and
 * names it. Errors of the file system keep Node's code. A file that others may read or write gives a process warning
 * with the code `ASTRA_WARN_IDENTITY_FILE`.
 */
export async function openIdentityFile(path: string): Promise<Identity> {
  return (await readIdentityFile(path)) ?? (await createIdentityFile(path))
}

async function readIdentityFile(path: string): Promise<Identity | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const { size, mode } = await file.stat()
    const name = `The file ${path}`
    if (size > MAX_FILE_BYTES)
      throw secureError('ASTRA_ERR_SECURE_IDENTITY', `${name} holds no identity: it has ${size} bytes.`)
    const identity = await importIdentity(await file.readFile('utf8'), name)
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) warnOfMode(path, mode)
    return identity
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function createIdentityFile(path: string): Promise<Identity> {
  const identity = await generateIdentity()
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  await writeThrough(temporary, await identity.export())
  let isOurs = true
  try {
    // Unlike a rename, a link never takes the place of a file that another process has made meanwhile.
    await link(temporary, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    isOurs = false
  } finally {
    await unlink(temporary)
  }
  if (!isOurs) return openIdentityFile(path)
  await syncFolder(dirname(path))
  return identity
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

/** Brings the file's name to the disk as well. Windows cannot open folders, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function warnOfMode(path: string, mode: number): void {
  process.emitWarning(
    `The identity file ${path} has mode 0${(mode & 0o777).toString(8)}: others on this machine may use the identity. Set it to 0600.`,
    { code: 'ASTRA_WARN_IDENTITY_FILE' },
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
