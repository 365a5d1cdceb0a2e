import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { after, type MaybePromise, type RegistryCrypto, type RegistrySigner } from '../crypto.js'
import { INCARNATION_INTERVAL_MS } from '../model/limits.js'
import { compareVersions, type Version } from '../model/version.js'
import type { LogKind } from './log-id.js'
import { statementOf, type SignedState } from './signed-state.js'

/** What {@link IncarnationClaims} work with. */
export interface IncarnationClaimsParts {
  readonly signer: RegistrySigner
  readonly crypto: RegistryCrypto
  /** The version of an own log; before it was sealed, the one that it begins after. */
  readonly versionOf: (kind: LogKind) => Version
  /** A later incarnation is to be adopted, because of what `speaker` sent. */
  readonly onAdopt: (incarnation: number, speaker: NodeId) => void
}

/** The latest incarnation that another one can be adopted after. */
const LAST_INCARNATION = Number.MAX_SAFE_INTEGER - 2

/**
 * States of this node's own logs that it does not know and that are signed with its key: an earlier life had a clock
 * that was ahead, or another node uses the same key now. The node adopts an incarnation above them, so that its
 * versions go on growing everywhere; at most once in `INCARNATION_INTERVAL_MS`, so that two nodes with one key do not
 * busy the network.
 */
export class IncarnationClaims {
  readonly #parts: IncarnationClaimsParts
  #adoptedAt: number | undefined = undefined
  #waiting: { readonly incarnation: number; readonly speaker: NodeId } | undefined = undefined

  constructor(parts: IncarnationClaimsParts) {
    this.#parts = parts
  }

  /** `speaker` sent a state of an own log. Returns an error when this node did not sign it. */
  receive(
    kind: LogKind,
    state: SignedState,
    speaker: NodeId,
    now: () => number,
  ): MaybePromise<AstraError | undefined> {
    const { signer, crypto, versionOf } = this.#parts
    if (compareVersions(state, versionOf(kind)) <= 0) return undefined
    const isSigned = crypto.verify(signer.publicKey, state.signature, statementOf(kind, state))
    return after(isSigned, (isOwn) => {
      if (!isOwn) return forgedClaim(speaker)
      const { incarnation } = state
      if (this.#waiting === undefined || incarnation > this.#waiting.incarnation)
        this.#waiting = { incarnation, speaker }
      this.adoptDue(now())
      return undefined
    })
  }

  /** When what waits is due; `undefined`: nothing waits. */
  get dueAt(): number | undefined {
    if (this.#waiting === undefined || this.#adoptedAt === undefined) return undefined
    return this.#adoptedAt + INCARNATION_INTERVAL_MS
  }

  /** Adopts an incarnation above what was claimed, if that is due at `now` (ms). */
  adoptDue(now: number): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    if (this.#adoptedAt !== undefined && now - this.#adoptedAt < INCARNATION_INTERVAL_MS) return
    this.#waiting = undefined
    const { incarnation } = this.#parts.versionOf('services')
    if (waiting.incarnation < incarnation || waiting.incarnation > LAST_INCARNATION) return
    this.#adoptedAt = now
    this.#parts.onAdopt(waiting.incarnation + 1, waiting.speaker)
  }
}

function forgedClaim(speaker: NodeId): AstraError {
  const message = `node ${formatNodeId(speaker)} sent a state of this node that this node did not sign`
  return new AstraError('ASTRA_ERR_REGISTRY_FORGED', message)
}
