/** Opens the records of one direction, in order. */
export interface RecordOpener {
  /** Whether `sealed` must stay as it is after `open` has returned. */
  readonly keepsRecords: boolean
  /** The plaintext, at once or later; `undefined` when the record is not the peer's next. */
  open(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>
}
