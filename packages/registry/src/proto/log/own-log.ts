import { concatBytes } from '@astranet/interface'
import { after, type MaybePromise, type RegistryCrypto, type RegistrySigner } from '../crypto.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { CatalogueRecord, RecordKey } from '../model/record.js'
import type { Version } from '../model/version.js'
import { InOrder } from './in-order.js'
import type { LogKind } from './log-id.js'
import { partAfter, remembered, type LogPart, type RememberedPart } from './log-part.js'
import { OwnEntries } from './own-entries.js'
import { checkOf, statementOf, type SignedState } from './signed-state.js'

interface Sealed {
  readonly state: SignedState
  readonly bytes: Uint8Array
}

const EMPTY: LogPart = Object.freeze({ entries: new Uint8Array(0), until: 0, hasMore: false })

/**
 * One of this node's own logs. What was changed is sealed (hashed and signed) in batches. Only what is sealed goes to
 * others.
 */
export class OwnLog {
  readonly kind: LogKind
  readonly #entries: OwnEntries
  readonly #inOrder = new InOrder()
  #incarnation: number
  #sealed: Sealed | undefined = undefined
  #part: RememberedPart | undefined = undefined

  constructor(kind: LogKind, incarnation: number, limits: CatalogueLimits) {
    this.kind = kind
    this.#incarnation = incarnation
    this.#entries = new OwnEntries(limits)
  }

  /** Whether something has changed since it was sealed, or nothing was sealed yet. */
  get isDirty(): boolean {
    const state = this.state
    // Every change has a sequence of its own, also one that drops tombstones.
    return state?.sequence !== this.#entries.sequence || state.incarnation !== this.#incarnation
  }

  /** The incarnation of the next state that is sealed. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** The sealed state. `undefined` before the first. */
  get state(): SignedState | undefined {
    return this.#sealed?.state
  }

  /** The version of the sealed state. `undefined` before the first. */
  get version(): Version | undefined {
    return this.state
  }

  /** Tombstones of this sequence and below are not in the sealed state: less than that cannot be added to. */
  get watermark(): number {
    return this.state?.watermark ?? 0
  }

  /** The live record of that key, sealed or not. */
  record(key: RecordKey): CatalogueRecord | undefined {
    return this.#entries.record(key)
  }

  /** The live records, sealed or not, in the order of their last change. */
  records(): CatalogueRecord[] {
    return this.#entries.records()
  }

  /** Why there is no room for `record`, or `undefined` when there is. */
  refusal(record: CatalogueRecord): string | undefined {
    return this.#entries.refusal(record)
  }

  /** Writes `record`. Returns whether that changed anything. Throws a `RangeError` when there is no room for it. */
  put(record: CatalogueRecord): boolean {
    return this.#entries.put(record)
  }

  /** Withdraws the entry of that key. Returns whether there was one. */
  withdraw(key: RecordKey): boolean {
    return this.#entries.withdraw(key)
  }

  /** Continues in a later incarnation: what was written keeps its sequences. It is to be sealed then. */
  adoptIncarnation(incarnation: number): void {
    this.#incarnation = incarnation
  }

  /**
   * Signs what has changed; gives the present state when nothing has. Changes made while the answer is awaited are for
   * the next sealing. Fails only when the platform's crypto does; then nothing has changed.
   */
  seal(signer: RegistrySigner, crypto: RegistryCrypto): MaybePromise<SignedState> {
    return this.#inOrder.run(() => this.#seal(signer, crypto))
  }

  /** The next part of what was sealed after sequence `since`: as much as fits in `maxBytes`, at least one entry. */
  partAfter(since: number, maxBytes: number): LogPart {
    const sealed = this.#sealed
    if (sealed === undefined) return EMPTY
    const source = { bytes: sealed.bytes, head: 0, sequence: sealed.state.sequence }
    const part = partAfter(source, since, maxBytes, this.#part)
    this.#part = remembered(source, part)
    return part
  }

  #seal(signer: RegistrySigner, crypto: RegistryCrypto): MaybePromise<SignedState> {
    if (this.#sealed !== undefined && !this.isDirty) return this.#sealed.state
    const { sequence, watermark, count } = this.#entries
    const bytes = concatBytes(this.#entries.stored())
    const numbers = { incarnation: this.#incarnation, sequence, watermark, count, size: bytes.length }
    return after(crypto.hash(bytes), (root) =>
      after(signer.sign(statementOf(this.kind, { ...numbers, root })), (signature) => {
        const state = Object.freeze({ ...numbers, check: checkOf(root), root, signature })
        this.#sealed = { state, bytes }
        this.#part = undefined
        return state
      }),
    )
  }
}
