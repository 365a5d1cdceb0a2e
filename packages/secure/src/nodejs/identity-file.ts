import { link, open, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Identity } from '../proto/identity.js'
import {
  canSyncFolders,
  checkSize,
  codeOf,
  FILE_MODE,
  identityOfFile,
  temporaryNameFor,
  withNameOf,
} from './identity-file-rules.js'
import { generateIdentity } from './node-identity.js'

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
  const kept = await readIdentityFile(path)
  if (kept !== undefined) return kept
  const identity = await generateIdentity()
  try {
    await createIdentityFile(path, identity)
    return identity
  } catch (error) {
    // Another process may have made it meanwhile. A symbolic link that leads nowhere is neither there nor can be made.
    const others = codeOf(error) === 'EEXIST' ? await readIdentityFile(path) : undefined
    if (others !== undefined) return others
    throw error
  }
}

/**
 * Keeps the identity in a new file at `path`, as {@link openIdentityFile} does. Rejects with `EEXIST` when there is
 * anything at `path`, which stays as it is, and with `ASTRA_ERR_SECURE_IDENTITY` when the identity cannot be
 * exported. Other errors of the file system keep Node's code.
 */
export async function createIdentityFile(path: string, identity: Identity): Promise<void> {
  const temporary = temporaryNameFor(path)
  const text = await identity.export()
  try {
    await writeThrough(temporary, text)
  } catch (error) {
    throw withNameOf(error, temporary, path)
  }
  try {
    // Unlike a rename, a link never takes the place of a file that another process has made meanwhile.
    await link(temporary, path)
  } finally {
    await unlink(temporary)
  }
  if (canSyncFolders) await syncFolder(dirname(path))
}

async function readIdentityFile(path: string): Promise<Identity | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const status = await file.stat()
    checkSize(path, status)
    return identityOfFile(path, await file.readFile('utf8'), status)
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

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE)
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

/** Brings the file's name to the disk as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
