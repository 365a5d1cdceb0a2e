import type { NodeId } from '@astranet/interface'
import { copyBytes, equalBytes } from '@astranet/interface/bytes'
import { after, type MaybePromise, type RegistryCrypto } from '../crypto.js'
import { readEntries, type ReadEntry } from '../model/entry.js'
import { REPLICA_BYTES } from '../model/held-bytes.js'
import type { Interner } from '../model/interner.js'
import type { CatalogueLimits } from '../model/limits.js'
import { isShown } from '../model/log-item.js'
import type { CatalogueRecord, RecordKey } from '../model/record.js'
import { compareVersions, isSameVersion, type Version } from '../model/version.js'
import { checkSigned, fits } from './check-delta.js'
import type { Delta } from './delta.js'
import { forged, GAP, malformed, MISMATCH_GAP, SUSPECT_GAP, type DeltaResult } from './delta-result.js'
import { InOrder } from './in-order.js'
import type { LogContent } from './log-content.js'
import { HEAD_BYTES, heldKey, heldState, writeHead } from './log-head.js'
import type { LogId, LogKind } from './log-id.js'
import { partAfter, remembered, type LogPart, type RememberedPart } from './log-part.js'
import { Merge } from './merge.js'
import type { SignedState } from './signed-state.js'
import { Stage } from './stage.js'

/** What a replica shares with others. */
export interface ReplicaParts {
  readonly limits: CatalogueLimits
  readonly crypto: RegistryCrypto
  readonly interner: Interner
}

/** What is not complete may take this many times the bytes of the largest log: replaced entries may be among it. */
const MAX_STAGED_SHARE = 2

const NOTHING: LogPart = Object.freeze({ entries: new Uint8Array(0), until: 0, hasMore: false })

/**
 * What this node holds of one log of another owner: checked, and byte by byte as its owner wrote it. What does not pass
 * every check changes nothing.
 */
export class Replica implements LogId {
  readonly owner: NodeId
  readonly kind: LogKind
  readonly #parts: ReplicaParts
  #content: LogContent | undefined = undefined
  /** By speaker, so that none can disturb what another one sends. Most logs never come in several parts. */
  #stages: Map<NodeId, Stage> | undefined = undefined
  #inOrder: InOrder | undefined = undefined
  #part: RememberedPart | undefined = undefined

  constructor(id: LogId, parts: ReplicaParts) {
    this.owner = id.owner
    this.kind = id.kind
    this.#parts = parts
  }

  /** The owner's public key, a view. `undefined` until something is held. */
  get publicKey(): Uint8Array | undefined {
    return this.#content && heldKey(this.#content)
  }

  /** The state held, made anew by each call, with views of what is held. `undefined` when nothing is held. */
  get state(): SignedState | undefined {
    return this.#content && heldState(this.#content)
  }

  /** The version held. `undefined` when nothing is held. */
  get version(): Version | undefined {
    return this.#content?.version
  }

  /** Tombstones of this sequence and below have been dropped: less than that cannot be added to. */
  get watermark(): number {
    return this.#content?.watermark ?? 0
  }

  /** The memory that what is held takes, in bytes: an upper bound. */
  get heldBytes(): number {
    return REPLICA_BYTES + (this.#content?.heldBytes ?? 0)
  }

  /** The memory that parts of what is not complete take, in bytes: an upper bound. */
  get stagedBytes(): number {
    let bytes = 0
    for (const stage of this.#stages?.values() ?? []) bytes += stage.heldBytes
    return bytes
  }

  /** Those that have sent a part and not the last one. */
  get speakers(): Iterable<NodeId> {
    return this.#stages?.keys() ?? []
  }

  /** Whether `speaker` has sent a part and not the last one. */
  isStaging(speaker: NodeId): boolean {
    return this.#stages?.has(speaker) ?? false
  }

  /** The record held under that key. */
  record(key: RecordKey): CatalogueRecord | undefined {
    return this.#content?.record(key)
  }

  /** The records held, in the order of their last change. */
  *records(): IterableIterator<CatalogueRecord> {
    for (const item of this.#content?.items ?? []) if (isShown(item)) yield item
  }

  /**
   * Applies what `speaker` sent. While the answer is awaited everything stays as it was; deltas are handled in the
   * order of the calls. Fails only when the platform's crypto does; then nothing has changed.
   */
  apply(delta: Delta, speaker: NodeId): MaybePromise<DeltaResult> {
    const task = (): MaybePromise<DeltaResult> => this.#apply(delta, speaker)
    if (this.#inOrder !== undefined) return this.#inOrder.run(task)
    const result = task()
    if (!(result instanceof Promise)) return result
    this.#inOrder = new InOrder()
    return this.#inOrder.run(() => result)
  }

  /** The next part of what is held after sequence `since`: as much as fits in `maxBytes`, at least one entry. */
  partAfter(since: number, maxBytes: number): LogPart {
    const content = this.#content
    if (content === undefined) return NOTHING
    const source = { bytes: content.bytes, head: HEAD_BYTES, sequence: content.version.sequence }
    const part = partAfter(source, since, maxBytes, this.#part)
    this.#part = remembered(source, part)
    return part
  }

  /** Drops the parts that `speaker` sent, or all of them: what carried them has ended. */
  dropStaged(speaker?: NodeId): void {
    if (speaker !== undefined) this.#stages?.delete(speaker)
    if (speaker === undefined || this.#stages?.size === 0) this.#stages = undefined
  }

  /** Drops everything that is held. */
  drop(): void {
    this.dropStaged()
    this.#content = undefined
    this.#part = undefined
  }

  #apply(delta: Delta, speaker: NodeId): MaybePromise<DeltaResult> {
    const stage = this.#stageFor(delta, speaker)
    const result = this.#early(delta) ?? (stage === undefined ? GAP : this.#check(delta, stage, speaker))
    return after(result, (known) => {
      if (known.kind !== 'staged') this.dropStaged(speaker)
      return known
    })
  }

  #early({ state }: Delta): DeltaResult | undefined {
    const held = this.version
    const order = held === undefined ? 1 : compareVersions(state, held)
    return order > 0 ? undefined : { kind: order === 0 ? 'duplicate' : 'stale' }
  }

  #stageFor(delta: Delta, speaker: NodeId): Stage | undefined {
    const stage = this.#stages?.get(speaker)
    if (stage?.isContinuedBy(delta) === true) return stage
    return fits(delta.since, delta.state, this.#content) ? new Stage(delta) : undefined
  }

  #check(delta: Delta, stage: Stage, speaker: NodeId): MaybePromise<DeltaResult> {
    if (delta.hasMore) (this.#stages ??= new Map<NodeId, Stage>()).set(speaker, stage)
    const { crypto, limits } = this.#parts
    const problem = checkSigned(delta, { content: this.#content, stage, crypto, limits })
    return after(problem, (error) => {
      if (error !== undefined) return error
      // What carried the parts may have ended while the signature was checked.
      if (delta.hasMore && !this.isStaging(speaker)) return GAP
      return this.#take(delta, stage)
    })
  }

  #take(delta: Delta, stage: Stage): MaybePromise<DeltaResult> {
    const bytes = delta.hasMore ? copyBytes(delta.entries) : delta.entries
    const range = { since: stage.until, until: delta.state.sequence }
    const entries = readEntries(bytes, range, { id: this, interner: this.#parts.interner })
    if (typeof entries === 'string') return malformed(this, entries)
    if (!delta.hasMore) return this.#complete(delta, stage, entries)
    if (entries.length === 0) return malformed(this, 'a part that is not the last has none')
    stage.add(entries, delta.state)
    return stage.bytes > MAX_STAGED_SHARE * this.#parts.limits.maxBytesPerOwner ? GAP : { kind: 'staged' }
  }

  #complete({ state }: Delta, stage: Stage, last: readonly ReadEntry[]): MaybePromise<DeltaResult> {
    const held = this.#content
    const isSnapshot = stage.since === undefined
    // Another speaker may have brought something newer between the parts. Their watermarks were compared as they came.
    if (!fits(stage.since, { incarnation: state.incarnation, watermark: 0 }, held)) return GAP
    const newest = isSnapshot ? 0 : (held?.version.sequence ?? 0)
    const all = stage.entries.length === 0 ? last : [...stage.entries, ...last]
    const entries = newest === 0 ? all : all.filter((entry) => entry.sequence > newest)
    const merge = new Merge({ held, isSnapshot, entries, state })
    const mismatch = (): DeltaResult => {
      if (isSnapshot && !stage.hasChanged) return forged(this, 'its entries do not make its state')
      return isSnapshot || isSameVersion(stage.since, held?.version) ? SUSPECT_GAP : MISMATCH_GAP
    }
    if (merge.count !== state.count || merge.size !== state.size) return mismatch()
    const bytes = merge.write()
    return after(this.#parts.crypto.hash(bytes.subarray(HEAD_BYTES)), (root) =>
      equalBytes(root, state.root) ? this.#accept(merge, bytes, state, stage) : mismatch(),
    )
  }

  #accept(merge: Merge, bytes: Uint8Array, state: SignedState, stage: Stage): DeltaResult {
    const publicKey = this.publicKey ?? stage.publicKey
    if (publicKey !== undefined) writeHead(bytes, publicKey, state)
    const changes = merge.changes()
    const isReplaced = stage.since === undefined && this.#content !== undefined
    this.#content = merge.accept(bytes)
    this.#part = undefined
    return { kind: 'applied', changes, isReplaced }
  }
}
