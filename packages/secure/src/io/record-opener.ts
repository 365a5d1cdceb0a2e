/** The plaintext of a record, in pieces that are not empty; `undefined` when the record is not the peer's next. */
export type OpenedRecord = readonly Uint8Array[] | undefined

/** Opens the records of one direction, in order. */
export interface RecordOpener {
  /** Whether a part may change once `add` has returned. Otherwise it must never change. */
  readonly returnsParts: boolean
  /**
   * The next record begins. `sealedBytes`: the length of its ciphertext and tag. `header` may change after the call.
   */
  begin(header: Uint8Array, sealedBytes: number): void
  /** The next bytes of its ciphertext and tag. */
  add(part: Uint8Array): void
  /** All of it was added. Answers at once or later. */
  finish(): OpenedRecord | Promise<OpenedRecord>
  /** Nobody refers to the piece any more: its memory may be used again at once. */
  release(piece: Uint8Array): void
}
