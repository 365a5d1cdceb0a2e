import type { PolicyList } from '@astranet/core'
import { loadPolicy } from '@astranet/policy/file'
import { messageOf, usageFailure } from '../failure.js'

/** Reads the policy. Throws a usage `Failure` with the file, the line and the key that is wrong. */
export async function readPolicyFile(path: string): Promise<PolicyList> {
  try {
    return await loadPolicy(path)
  } catch (error) {
    throw usageFailure(`--policy: ${messageOf(error)}`, error)
  }
}
