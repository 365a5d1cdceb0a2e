import type { NodeId } from '@astranet/interface'
import type { MaybePromise, RegistryCrypto } from '../crypto.js'
import type { Interner } from '../model/interner.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { CatalogueRecord, RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'
import type { Delta } from './delta.js'
import type { DeltaResult } from './delta-result.js'
import type { LogId, LogKind } from './log-id.js'
import type { LogPart } from './log-part.js'
import type { SignedState } from './signed-state.js'

/** What a replica shares with others. */
export interface ReplicaParts {
  readonly limits: CatalogueLimits
  readonly crypto: RegistryCrypto
  readonly interner: Interner
}

/** What this node holds of one log of another owner: checked, and as its owner wrote it. */
export class Replica implements LogId {
  readonly owner: NodeId
  readonly kind: LogKind

  constructor(id: LogId, parts: ReplicaParts) {
    this.owner = id.owner
    this.kind = id.kind
    void parts
  }

  /** The owner's public key. `undefined` until something is held. */
  get publicKey(): Uint8Array | undefined {
    throw new Error('to follow')
  }

  /** The state held, made anew by each call. `undefined` when nothing is held. */
  get state(): SignedState | undefined {
    throw new Error('to follow')
  }

  /** The version held. `undefined` when nothing is held. */
  get version(): Version | undefined {
    throw new Error('to follow')
  }

  /** The memory that the state held takes, in bytes: an upper bound. */
  get heldBytes(): number {
    throw new Error('to follow')
  }

  /** The memory that parts of what is not complete take, in bytes. */
  get stagedBytes(): number {
    throw new Error('to follow')
  }

  /** Whether `speaker` has sent a part and not the last one. */
  isStaging(speaker: NodeId): boolean {
    throw new Error(`to follow ${speaker}`)
  }

  /** The record held under that key. */
  record(key: RecordKey): CatalogueRecord | undefined {
    throw new Error(`to follow ${key.kind}`)
  }

  /** The records held, in the order of their last change. */
  records(): Iterable<CatalogueRecord> {
    throw new Error('to follow')
  }

  /**
   * Applies what `speaker` sent. While the answer is awaited everything stays as it was; deltas are handled in the
   * order of the calls. Rejects only when the platform's crypto fails; then nothing has changed.
   */
  apply(delta: Delta, speaker: NodeId): MaybePromise<DeltaResult> {
    throw new Error(`to follow ${delta.owner} ${speaker}`)
  }

  /** The next part of what is held after sequence `since`: as much as fits in `maxBytes`, at least one entry. */
  partAfter(since: number, maxBytes: number): LogPart {
    throw new Error(`to follow ${since} ${maxBytes}`)
  }

  /** Drops the parts that `speaker` sent, or all of them: what carried them has ended. */
  dropStaged(speaker?: NodeId): void {
    throw new Error(`to follow ${speaker}`)
  }
}
