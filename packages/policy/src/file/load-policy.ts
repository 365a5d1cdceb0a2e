import { open, type FileHandle } from 'node:fs/promises'
import { invalidType } from '@astranet/interface/check'
import { MAX_POLICY_BYTES } from '../proto/limits.js'
import type { PolicyList } from '../proto/list/policy-list.js'
import { parsePolicy } from './parse-policy.js'
import { policyError, tooLarge } from './policy-error.js'

/**
 * Reads a list from a file of JSON or YAML in UTF-8, at most 1 MiB, as `parsePolicy` does. Rejects with
 * `ASTRA_ERR_POLICY`, which names the file; its `cause` is the system's error if the file cannot be read.
 */
export async function loadPolicy(path: string): Promise<PolicyList> {
  if (typeof path !== 'string') throw invalidType('path', 'of type string', path)
  const bytes = await readUpTo(path, MAX_POLICY_BYTES + 1).catch((error: unknown) => {
    throw policyError(
      `${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  })
  if (bytes.length > MAX_POLICY_BYTES) throw tooLarge(path)
  return parsePolicy(decode(bytes, path), path)
}

/** The first `max` bytes of a file, whatever size it claims to have. */
async function readUpTo(path: string, max: number): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const buffer = new Uint8Array(max)
    let length = 0
    while (length < max) {
      const { bytesRead } = await file.read(buffer, length, max - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await file?.close()
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw policyError(`${path}: is not UTF-8`, error)
  }
}
