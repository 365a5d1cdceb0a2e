import { AstraError } from '@astranet/interface'
import { MAX_POLICY_BYTES } from '../proto/limits.js'

/** What is wrong with a policy. */
export function policyError(message: string, cause?: unknown): AstraError {
  return new AstraError('ASTRA_ERR_POLICY', message, cause === undefined ? undefined : { cause })
}

/** The error of a text or file with more than 1 MiB. */
export function tooLarge(fileName: string): AstraError {
  return policyError(`${fileName}: a policy has at most ${MAX_POLICY_BYTES.toLocaleString('en-US')} bytes`)
}
