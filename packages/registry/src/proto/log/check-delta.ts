import { equalBytes } from '@astranet/interface/bytes'
import { after, type MaybePromise, type RegistryCrypto } from '../crypto.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { Version } from '../model/version.js'
import type { Delta } from './delta.js'
import { forged, tooLarge, type DeltaResult } from './delta-result.js'
import type { LogContent } from './log-content.js'
import { heldKey } from './log-head.js'
import type { Stage } from './stage.js'
import { verifyState } from './verify-state.js'

/** What {@link checkSigned} checks with and against. */
export interface SignedCheck {
  readonly content: LogContent | undefined
  readonly stage: Stage
  readonly crypto: RegistryCrypto
  readonly limits: CatalogueLimits
}

/** Whether what starts after `since` can be added to what is held, to make a state of this incarnation and watermark. */
export function fits(
  since: Version | undefined,
  state: { readonly incarnation: number; readonly watermark: number },
  content: LogContent | undefined,
): boolean {
  if (since === undefined) return true
  if (content === undefined) return false
  const { incarnation, sequence, check } = content.version
  if (sequence < since.sequence || sequence < state.watermark) return false
  if (incarnation !== since.incarnation) return incarnation === state.incarnation
  // Two lives of the owner with one incarnation: what the sender has added belongs to the other one.
  return sequence !== since.sequence || check === since.check
}

/** The owner's key and signature, and then the limits: `undefined` when all is well. */
export function checkSigned(delta: Delta, check: SignedCheck): MaybePromise<DeltaResult | undefined> {
  const { stage, crypto, limits } = check
  if (stage.isVerified(delta.state)) return undefined
  return after(ownerKey(delta, check), (key) => {
    if (key === undefined) return forged(delta, 'its public key does not belong to that node')
    return after(verifyState(delta.kind, delta.state, key, crypto), (isRight) => {
      if (!isRight) return forged(delta, 'the signature of its state is wrong')
      if (delta.hasMore || stage.entries.length > 0) stage.verified(delta.state)
      return aboveLimits(delta, limits)
    })
  })
}

function ownerKey(
  delta: Delta,
  { content, stage, crypto }: SignedCheck,
): MaybePromise<Uint8Array | undefined> {
  const given = delta.publicKey ?? stage.publicKey
  const held = content === undefined ? undefined : heldKey(content)
  if (held !== undefined) return given === undefined || equalBytes(given, held) ? held : undefined
  if (given === undefined) return undefined
  return after(crypto.nodeIdOf(given), (nodeId) => (nodeId === delta.owner ? given : undefined))
}

function aboveLimits(delta: Delta, limits: CatalogueLimits): DeltaResult | undefined {
  const { maxEntriesPerOwner, maxBytesPerOwner } = limits
  if (delta.state.count > maxEntriesPerOwner) return tooLarge(delta, `${maxEntriesPerOwner} entries`)
  if (delta.state.size > maxBytesPerOwner) return tooLarge(delta, `${maxBytesPerOwner} bytes`)
  return undefined
}
