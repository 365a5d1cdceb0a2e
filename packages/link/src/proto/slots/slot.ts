/**
 * How far a peer has come: nothing of it was read; its preamble was read; message 2 was sent to it, until it is
 * admitted.
 */
export type SlotStage = 'silent' | 'greeted' | 'answered'

/** The stages in their order. */
export const SLOT_STAGES: readonly SlotStage[] = ['silent', 'greeted', 'answered']

/** The owner of a pending pipe. Neither function may throw. */
export interface SlotOwner {
  /** The pipe has lost its slot: the peer is refused because the node is busy. The slot is gone. */
  onEvicted(): void
  /** The pipe has been refused before, and has waited long enough: it is cut. The slot is gone. */
  onCut(): void
}

/** The slot of one pipe. Every call is harmless once the slot is gone. */
export interface DoorwaySlot {
  /** The peer has come further. This slot, or another one, may be lost within the call. */
  advance(stage: SlotStage): void
  /** Whether message 1 of the peer may be read at the time `now`, in ms. Counts for its host. */
  begin(now: number): boolean
  /** Whether message 2 may be made for the peer at the time `now`, in ms. Counts for the node. */
  answer(now: number): boolean
  /** Whether a message 1 that was made with the secret, and whose preamble has `nonce`, was not here before. */
  isNew(nonce: Uint8Array): boolean
  /** The peer was refused, in the clear or by a session, and the pipe stays open until the peer has read that. */
  linger(): void
  /** The peer is admitted, or the pipe is closed. */
  release(): void
}
