import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AstraNet, type AstraNetOptions } from '@astranet/core'
import { onTestFinished } from 'vitest'

/** A folder for one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'astranet-relay-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A file of one test, with mode 0600 unless another one is given; resolves with its path. */
export function file(text: string, { name = 'file', mode = 0o600 } = {}): string {
  const path = join(folder(), name)
  writeFileSync(path, text, { mode })
  return path
}

/** A node of a user, closed when the test has finished. It is linked with the relays that the test names. */
export function user(options: AstraNetOptions = {}): AstraNet {
  const node = new AstraNet({ spareRouter: false, ...options })
  onTestFinished(() => node.close())
  return node
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it should have failed')
}
