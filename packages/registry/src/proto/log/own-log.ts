import type { MaybePromise, RegistryCrypto, RegistrySigner } from '../crypto.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { CatalogueRecord, RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'
import type { LogKind } from './log-id.js'
import type { LogPart } from './log-part.js'
import type { SignedState } from './signed-state.js'

/** One of this node's own logs. Changes are kept apart until they are sealed; only what is sealed goes to others. */
export class OwnLog {
  readonly kind: LogKind

  constructor(kind: LogKind, incarnation: number, limits: CatalogueLimits) {
    this.kind = kind
    void incarnation
    void limits
  }

  /** Whether there are changes that are not sealed, or nothing was sealed yet. */
  get isDirty(): boolean {
    throw new Error('to follow')
  }

  /** The incarnation of the next sealed state. */
  get incarnation(): number {
    throw new Error('to follow')
  }

  /** The sealed state. `undefined` before the first. */
  get state(): SignedState | undefined {
    throw new Error('to follow')
  }

  /** The version of the sealed state. */
  get version(): Version | undefined {
    return this.state
  }

  /** The live record of that key, sealed or not. */
  record(key: RecordKey): CatalogueRecord | undefined {
    throw new Error(`to follow ${key.kind}`)
  }

  /** The live records, sealed or not, in the order of their last change. */
  records(): CatalogueRecord[] {
    throw new Error('to follow')
  }

  /** Why there is no room for `record`, or `undefined` when there is. */
  refusal(record: CatalogueRecord): string | undefined {
    throw new Error(`to follow ${record.kind}`)
  }

  /** Writes `record`. Returns whether that changed anything. Throws a `RangeError` when there is no room for it. */
  put(record: CatalogueRecord): boolean {
    throw new Error(`to follow ${record.kind}`)
  }

  /** Withdraws the entry of that key. Returns whether there was one. */
  withdraw(key: RecordKey): boolean {
    throw new Error(`to follow ${key.kind}`)
  }

  /** Continues in a later incarnation: what was written keeps its sequences. Sealing is due then. */
  adoptIncarnation(incarnation: number): void {
    throw new Error(`to follow ${incarnation}`)
  }

  /**
   * Signs what has changed. Changes made while the answer is awaited belong to the next sealing. Seals are made one
   * after the other. Rejects only when the platform fails; then nothing has changed.
   */
  seal(signer: RegistrySigner, crypto: RegistryCrypto): MaybePromise<SignedState> {
    void crypto
    throw new Error(`to follow ${signer.nodeId}`)
  }

  /** The next part of what was sealed after sequence `since`: as much as fits in `maxBytes`, at least one entry. */
  partAfter(since: number, maxBytes: number): LogPart {
    throw new Error(`to follow ${since} ${maxBytes}`)
  }
}
