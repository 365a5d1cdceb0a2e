import { concatBytes } from '@astranet/interface'
import { DirectCipher } from '../../src/io/direct-cipher.js'
import { DirectOpener } from '../../src/io/direct-opener.js'
import type { RecordOpener } from '../../src/io/record-opener.js'
import { nodeAead } from '../../src/nodejs/node-aead.js'
import { HEADER_BYTES, recordHeader, RecordType } from '../../src/proto/records/header.js'
import type { RecordReader } from '../../src/proto/records/record-reader.js'

/** Ciphertext and tag of one record. */
export function sealOne(cipher: DirectCipher, header: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const sealing = cipher.seal(header)
  return concatBytes([sealing.update(plaintext), sealing.finish()])
}

/** The records of one direction: of each plaintext one, an empty one being the end. */
export function sealRecords(key: Uint8Array, plaintexts: readonly Uint8Array[]): Uint8Array[] {
  const cipher = new DirectCipher(nodeAead, key)
  return plaintexts.map((plaintext) => {
    const header = recordHeader(plaintext.length === 0 ? RecordType.END : RecordType.DATA, plaintext.length)
    return concatBytes([header, sealOne(cipher, header, plaintext)])
  })
}

/** An opener of one direction's records, by node:crypto. */
export function openerOf(key: Uint8Array): DirectOpener {
  return new DirectOpener(new DirectCipher(nodeAead, key))
}

/** The plaintext of a whole record that is given in `parts`; `undefined` when it is not the peer's next. */
export async function openOne(
  opener: RecordOpener,
  record: Uint8Array,
  parts: readonly Uint8Array[] = [record.subarray(HEADER_BYTES)],
): Promise<Uint8Array | undefined> {
  opener.begin(record.subarray(0, HEADER_BYTES), record.length - HEADER_BYTES)
  for (const part of parts) opener.add(part)
  const opened = await opener.finish()
  return opened === undefined ? undefined : concatBytes(opened)
}

/**
 * Everything that `reader` finds in `chunks`: header and sealed bytes of each whole record, and its fault if there is
 * one.
 */
export function readAll(
  reader: RecordReader,
  chunks: Iterable<Uint8Array>,
): { records: Uint8Array[]; fault: string } {
  const records: Uint8Array[] = []
  let parts: Uint8Array[] = []
  for (const chunk of chunks) {
    reader.feed(chunk)
    for (let found = reader.next(); found !== 'more'; found = reader.next()) {
      if (found === 'malformed') return { records, fault: reader.fault }
      if (found === 'header') parts = [reader.header.slice()]
      else parts.push(reader.part)
      if (!reader.hasPartialRecord) records.push(concatBytes(parts))
    }
  }
  return { records, fault: '' }
}
