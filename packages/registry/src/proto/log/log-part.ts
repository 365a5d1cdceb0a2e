/** One part of what a log holds after a sequence. */
export interface LogPart {
  /** The stored bytes of the entries, a view: not to be changed. */
  readonly entries: Uint8Array
  /** The sequence up to which this part is complete. */
  readonly until: number
  /** Whether the log holds more than this. */
  readonly hasMore: boolean
}
