import { copyBytes } from '@astranet/interface/bytes'
import type { ReadEntry } from '../model/entry.js'
import { itemBytes, STAGED_ENTRY_BYTES } from '../model/held-bytes.js'
import type { Version } from '../model/version.js'
import type { Delta } from './delta.js'
import type { SignedState } from './signed-state.js'
import { isSameState } from './verify-state.js'

/** What one speaker sends of a log, in one part or several, as far as it has arrived. */
export class Stage {
  /** The version that it starts after. `undefined`: a snapshot. */
  readonly since: Version | undefined
  /** The public key that came with the first part of a snapshot. */
  readonly publicKey: Uint8Array | undefined
  /** The entries that have arrived. */
  readonly entries: ReadEntry[] = []
  /** The sequence where the last part ended. */
  until: number
  /** Incarnation and watermark of the last part. */
  #incarnation: number
  #watermark: number
  #bytes = 0
  #heldBytes = 0
  #verified: SignedState | undefined = undefined
  #hasChanged = false

  constructor(delta: Delta) {
    this.since = delta.since
    // What stays after the message must not refer to it.
    const { publicKey, hasMore } = delta
    this.publicKey = publicKey !== undefined && hasMore ? copyBytes(publicKey) : publicKey
    this.until = delta.since?.sequence ?? 0
    this.#incarnation = delta.state.incarnation
    this.#watermark = delta.state.watermark
  }

  /** Bytes of the entries that have arrived. */
  get bytes(): number {
    return this.#bytes
  }

  /** The memory that they take, in bytes: an upper bound. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether the parts came with different states: the log has changed while it was sent. */
  get hasChanged(): boolean {
    return this.#hasChanged
  }

  /**
   * Whether `delta` starts where this ends, in the same life of the owner. Tombstones that were dropped since the part
   * before must not have been behind it: what they withdraw may be among what has arrived.
   */
  isContinuedBy({ since, state }: Delta): boolean {
    return (
      this.entries.length > 0 &&
      since?.sequence === this.until &&
      since.incarnation === this.#incarnation &&
      state.watermark <= Math.max(this.#watermark, this.until)
    )
  }

  /** Takes a part that is not the last. Its entries must not refer to the message it came in. */
  add(entries: readonly ReadEntry[], { incarnation, watermark }: SignedState): void {
    this.#incarnation = incarnation
    this.#watermark = watermark
    for (const entry of entries) {
      const size = entry.end - entry.start
      this.#bytes += size
      this.#heldBytes += size + STAGED_ENTRY_BYTES + itemBytes(entry.item)
      this.entries.push(entry)
      this.until = entry.sequence
    }
  }

  /** Whether the signature of `state` was found right in a part before. */
  isVerified(state: SignedState): boolean {
    return this.#verified !== undefined && isSameState(this.#verified, state)
  }

  /** Notes that the signature of a part's state is right. */
  verified(state: SignedState): void {
    if (this.#verified !== undefined && !isSameState(this.#verified, state)) this.#hasChanged = true
    const { root, signature } = state
    // Copies, because the state refers to the message it came in.
    this.#verified = { ...state, root: copyBytes(root), signature: copyBytes(signature) }
  }
}
