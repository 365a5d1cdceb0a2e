import { TAG_BYTES } from '../crypto.js'

/** What a record carries. */
export const RecordType = {
  /** Bytes of the user, at least one. */
  DATA: 0x00,
  /** Nothing: no record follows in this direction. */
  END: 0x01,
} as const

/** What a record carries. */
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

/** Bytes of a record's header, which is its associated data. */
export const HEADER_BYTES = 4

/** The most plaintext that a record carries. */
export const MAX_RECORD_BYTES = 262_144

/** How much plaintext fits into `bytes` of records, with the record that ends the direction behind it. */
export function plaintextBytes(bytes: number): number {
  const records = Math.ceil(bytes / MAX_RECORD_BYTES) + 1
  return Math.max(0, bytes - records * (HEADER_BYTES + TAG_BYTES))
}

/** The header: the type in 1 byte, the length of the plaintext in 3, big-endian. */
export function recordHeader(type: RecordType, length: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  writeHeader(header, type, length)
  return header
}

/** Writes a header to the start of `target`. */
export function writeHeader(target: Uint8Array, type: RecordType, length: number): void {
  target[0] = type
  target[1] = length >> 16
  target[2] = (length >> 8) & 0xff
  target[3] = length & 0xff
}

/** Why a header is none, as the end of a sentence; `undefined` when it is one. */
export function headerFault(type: number, length: number): string | undefined {
  if (type === RecordType.DATA)
    return length >= 1 && length <= MAX_RECORD_BYTES ? undefined : `it announces ${length} bytes of data`
  if (type === RecordType.END) return length === 0 ? undefined : `its end announces ${length} bytes`
  return `its type is ${type}`
}
