import { equalBytes } from '@astranet/interface/bytes'
import type { MaybePromise, RegistryCrypto } from '../crypto.js'
import { compareVersions } from '../model/version.js'
import type { LogKind } from './log-id.js'
import { statementOf, type SignedState } from './signed-state.js'

/** Whether the holder of the private key that belongs to `publicKey` signed `state` as the state of its log. */
export function verifyState(
  kind: LogKind,
  state: SignedState,
  publicKey: Uint8Array,
  crypto: RegistryCrypto,
): MaybePromise<boolean> {
  return crypto.verify(publicKey, state.signature, statementOf(kind, state))
}

/** Whether two states are equal in all that is signed, and in the signature. */
export function isSameState(a: SignedState, b: SignedState): boolean {
  return (
    a === b ||
    (compareVersions(a, b) === 0 &&
      a.watermark === b.watermark &&
      a.count === b.count &&
      a.size === b.size &&
      equalBytes(a.root, b.root) &&
      equalBytes(a.signature, b.signature))
  )
}
