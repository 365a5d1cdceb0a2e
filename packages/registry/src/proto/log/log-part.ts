import { entryEnd, entrySequence } from '../model/entry-layout.js'

/** One part of what a log holds after a sequence. */
export interface LogPart {
  /** The stored bytes of the entries, a view: not to be changed. */
  readonly entries: Uint8Array
  /** The sequence up to which this part is complete. */
  readonly until: number
  /** Whether the log holds more than this. */
  readonly hasMore: boolean
}

/** The log that a {@link LogPart} is taken from. */
export interface PartSource {
  /** Its entries, behind `head` other bytes. */
  readonly bytes: Uint8Array
  readonly head: number
  /** The sequence of its newest change. */
  readonly sequence: number
}

/** A part with what it was asked for by, so that it can be given again: many neighbours want the same. */
export interface RememberedPart extends LogPart {
  readonly since: number
  readonly maxBytes: number
}

/** A part of a log of fewer bytes is found again sooner than it is worth being kept. */
const MIN_REMEMBERED_BYTES = 1_024

/** What is kept of an answer for the next one. */
export function remembered(source: PartSource, part: RememberedPart): RememberedPart | undefined {
  return source.bytes.length < MIN_REMEMBERED_BYTES ? undefined : part
}

/** The entries after sequence `since`: as many as fit in `maxBytes`, but at least one. `last` is an earlier answer. */
export function partAfter(
  source: PartSource,
  since: number,
  maxBytes: number,
  last: RememberedPart | undefined,
): RememberedPart {
  if (last?.since === since && last.maxBytes === maxBytes) return last
  const { bytes, head, sequence } = source
  let start = head
  while (start < bytes.length && entrySequence(bytes, start) <= since) start = entryEnd(bytes, start)
  let end = start
  let until = since
  while (end < bytes.length) {
    const next = entryEnd(bytes, end)
    if (end > start && next - start > maxBytes) {
      return { entries: bytes.subarray(start, end), until, hasMore: true, since, maxBytes }
    }
    until = entrySequence(bytes, end)
    end = next
  }
  return { entries: bytes.subarray(start, end), until: sequence, hasMore: false, since, maxBytes }
}
