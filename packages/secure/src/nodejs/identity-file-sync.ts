import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
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
import { generateWithText } from './node-identity.js'

/**
 * `openIdentityFile` within the call, with the same guarantees: it throws what that rejects with. It waits for the disk
 * once, when it makes the file.
 */
export function openIdentityFileSync(path: string): Identity {
  const kept = readIdentityFile(path)
  if (kept !== undefined) return kept
  const { identity, text } = generateWithText()
  try {
    createFile(path, text)
    return identity
  } catch (error) {
    const others = codeOf(error) === 'EEXIST' ? readIdentityFile(path) : undefined
    if (others !== undefined) return others
    throw error
  }
}

function readIdentityFile(path: string): Identity | undefined {
  const file = openIfThere(path)
  if (file === undefined) return undefined
  try {
    const status = fstatSync(file)
    checkSize(path, status)
    return identityOfFile(path, readFileSync(file, 'utf8'), status)
  } finally {
    closeSync(file)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function createFile(path: string, text: string): void {
  const temporary = temporaryNameFor(path)
  try {
    writeThrough(temporary, text)
  } catch (error) {
    throw withNameOf(error, temporary, path)
  }
  try {
    // Unlike a rename, a link never takes the place of a file that another process has made meanwhile.
    linkSync(temporary, path)
  } finally {
    unlinkSync(temporary)
  }
  if (canSyncFolders) syncFolder(dirname(path))
}

function writeThrough(path: string, text: string): void {
  const file = openSync(path, 'wx', FILE_MODE)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
}

/** Brings the file's name to the disk as well. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
