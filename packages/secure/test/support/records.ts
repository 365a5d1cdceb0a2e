import { concatBytes } from '@astranet/interface'
import { DirectCipher } from '../../src/io/direct-cipher.js'
import { nodeAead } from '../../src/nodejs/node-aead.js'
import { recordHeader, RecordType } from '../../src/proto/records/header.js'
import type { RecordReader } from '../../src/proto/records/record-reader.js'

/** The records of one direction: of each plaintext one, an empty one being the end. */
export function sealRecords(key: Uint8Array, plaintexts: readonly Uint8Array[]): Uint8Array[] {
  const cipher = new DirectCipher(nodeAead, key)
  return plaintexts.map((plaintext) => {
    const header = recordHeader(plaintext.length === 0 ? RecordType.END : RecordType.DATA, plaintext.length)
    const { ciphertext, tag } = cipher.seal(header, plaintext)
    return concatBytes([header, ciphertext, tag])
  })
}

/**
 * Everything that `reader` finds in `chunks`: header and sealed bytes of each record, and its fault if there is one.
 */
export function readAll(
  reader: RecordReader,
  chunks: Iterable<Uint8Array>,
): { records: Uint8Array[]; fault: string } {
  const records: Uint8Array[] = []
  for (const chunk of chunks) {
    reader.feed(chunk)
    for (let found = reader.next(); found !== 'more'; found = reader.next()) {
      if (found === 'malformed') return { records, fault: reader.fault }
      records.push(concatBytes([reader.header, reader.sealed]))
    }
  }
  return { records, fault: '' }
}
