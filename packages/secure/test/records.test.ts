import { concatBytes } from '@astranet/interface'
import { turn } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeCrypto, type DirectAead } from '../src/index.js'
import { DirectCipher } from '../src/io/direct-cipher.js'
import { DirectOpener, JOINED_PART_BYTES } from '../src/io/direct-opener.js'
import { PromisedCipher } from '../src/io/promised-cipher.js'
import { nodeAead } from '../src/nodejs/node-aead.js'
import type { Crypto } from '../src/proto/crypto.js'
import { writeNonce } from '../src/proto/noise/nonce.js'
import { MAX_RECORD_BYTES, recordHeader, RecordType } from '../src/proto/records/header.js'
import { RecordCounter, RECORDS_PER_KEY } from '../src/proto/records/record-counter.js'
import { RecordReader } from '../src/proto/records/record-reader.js'
import { counting, hex, unhex, utf8 } from './support/bytes.js'
import { openerOf, openOne, readAll, sealOne, sealRecords } from './support/records.js'

const key = counting(5)
const plaintexts = [utf8('a'), utf8('some more bytes'), utf8('x'.repeat(100)), new Uint8Array(0)]
const records = sealRecords(key, plaintexts)
const wire = concatBytes(records)

describe('a reader', () => {
  test('finds whole records in one chunk', () => {
    expect(readAll(new RecordReader(), [wire])).toEqual({ records, fault: '' })
  })

  test('finds them at every split in two, and byte by byte', () => {
    for (let at = 0; at <= wire.length; at++) {
      const found = readAll(new RecordReader(), [wire.subarray(0, at), wire.subarray(at)])
      expect(found, `split at ${at}`).toEqual({ records, fault: '' })
    }
    const bytes = Array.from(wire, (byte) => Uint8Array.of(byte))
    expect(readAll(new RecordReader(), bytes)).toEqual({ records, fault: '' })
  })

  test('finds a record of the largest size in pieces', () => {
    const [large] = sealRecords(key, [new Uint8Array(MAX_RECORD_BYTES).fill(3)]) as [Uint8Array]
    const pieces = Array.from({ length: 400 }, (_, index) => large.subarray(index * 700, (index + 1) * 700))
    expect(readAll(new RecordReader(), pieces).records.map(hex)).toEqual([hex(large)])
  })
})

test('a record that is cut at any byte is not found, and known to be begun', () => {
  const [first] = records as [Uint8Array]
  for (let length = 0; length < first.length; length++) {
    const reader = new RecordReader()
    expect(readAll(reader, [first.subarray(0, length)])).toEqual({ records: [], fault: '' })
    expect(reader.hasPartialRecord).toBe(length > 0)
  }
})

test.each([
  ['00000000', 'it announces 0 bytes of data'],
  ['00040001', 'it announces 262145 bytes of data'],
  ['00ffffff', 'it announces 16777215 bytes of data'],
  ['01000001', 'its end announces 1 bytes'],
  ['02000001', 'its type is 2'],
  ['ff000000', 'its type is 255'],
])('the header %s is refused before anything of its record is there', (header, fault) => {
  expect(readAll(new RecordReader(), [unhex(header)])).toEqual({ records: [], fault })
  const bytes = Array.from(unhex(header), (byte) => Uint8Array.of(byte))
  expect(readAll(new RecordReader(), bytes)).toEqual({ records: [], fault })
})

test('a reader that is at a fault stays there', () => {
  const reader = new RecordReader()
  readAll(reader, [unhex('02000001')])
  reader.feed(wire)
  expect(reader.next()).toBe('malformed')
})

test('any byte behind an end is refused', () => {
  const reader = new RecordReader()
  expect(readAll(reader, [concatBytes([wire, Uint8Array.of(0)])])).toEqual({
    records,
    fault: 'bytes follow the end',
  })
  const later = new RecordReader()
  expect(readAll(later, [wire, Uint8Array.of(0)]).fault).toBe('bytes follow the end')
})

test('largest and smallest record have the lengths of the spec', () => {
  expect(sealRecords(key, [new Uint8Array(MAX_RECORD_BYTES)])[0]?.length).toBe(262_164)
  expect(sealRecords(key, [new Uint8Array(0)])[0]?.length).toBe(20)
})

test('the key changes with record 65,536 in both ciphers, and the nonce goes on', async () => {
  let isCounting = true
  const nothing = new Uint8Array(16)
  // Records before the border only count.
  const aead: DirectAead = {
    seal: (...parts) =>
      isCounting ? { update: () => nothing, finish: () => nothing } : nodeAead.seal(...parts),
    open: (...parts) =>
      isCounting ? { update: () => nothing, finish: () => true } : nodeAead.open(...parts),
  }
  const crypto: Crypto = {
    ...nodeCrypto.crypto,
    aead: async (rawKey) => {
      const real = await nodeCrypto.crypto.aead(rawKey)
      return { ...real, seal: async (...parts) => (isCounting ? nothing : real.seal(...parts)) }
    },
  }
  const direct = { seal: new DirectCipher(aead, key), open: new DirectCipher(aead, key) }
  const promised = new PromisedCipher(crypto, key)
  const header = recordHeader(RecordType.DATA, 1)
  for (let count = 0; count < RECORDS_PER_KEY - 1; count++) {
    direct.seal.seal(header)
    direct.open.open(header)
    void promised.seal(header, Uint8Array.of(7))
  }
  await turn()
  isCounting = false
  const nextKey = nodeAead
    .seal(key, unhex(`00000000${'ff'.repeat(8)}`), new Uint8Array(0))
    .update(new Uint8Array(32))
  for (const [count, expectedKey] of [
    [RECORDS_PER_KEY - 1, key],
    [RECORDS_PER_KEY, nextKey],
    [RECORDS_PER_KEY + 1, nextKey],
  ] as const) {
    const nonce = new Uint8Array(12)
    writeNonce(nonce, count)
    const sealing = nodeAead.seal(expectedKey, nonce, header)
    const sealed = concatBytes([sealing.update(Uint8Array.of(7)), sealing.finish()])
    expect(hex(sealOne(direct.seal, header, Uint8Array.of(7))), `record ${count}`).toBe(hex(sealed))
    const opened = await openOne(new DirectOpener(direct.open), concatBytes([header, sealed]))
    expect(opened, `record ${count}`).toEqual(Uint8Array.of(7))
    expect(hex(await promised.seal(header, Uint8Array.of(7))), `record ${count}`).toBe(hex(sealed))
  }
})

describe('an opener that is given a record in parts', () => {
  const plaintext = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251)
  const [record] = sealRecords(key, [plaintext]) as [Uint8Array]
  const sealed = record.subarray(4)

  test('opens it whatever the parts, down to single bytes', async () => {
    for (const length of [1, 15, 16, 17, 1_000, 4_095, 4_096, 4_097, 9_999, 20_000, 20_001]) {
      const parts: Uint8Array[] = []
      for (let at = 0; at < sealed.length; at += length) parts.push(sealed.subarray(at, at + length))
      expect(await openOne(openerOf(key), record, parts), `parts of ${length}`).toEqual(plaintext)
    }
  })

  test('makes few pieces of a record of the largest size that arrives byte by byte', () => {
    const [large] = sealRecords(key, [new Uint8Array(MAX_RECORD_BYTES)]) as [Uint8Array]
    const opener = openerOf(key)
    opener.begin(large.subarray(0, 4), large.length - 4)
    for (let at = 4; at < large.length; at++) opener.add(large.subarray(at, at + 1))
    expect(opener.finish()?.length).toBe(MAX_RECORD_BYTES / JOINED_PART_BYTES)
  })

  test('gives nothing when a part was changed', async () => {
    for (const at of [0, 5_000, sealed.length - 17, sealed.length - 16, sealed.length - 1]) {
      const changed = sealed.slice()
      changed[at] = (changed[at] as number) ^ 1
      const parts = [changed.subarray(0, 10_000), changed.subarray(10_000)]
      expect(await openOne(openerOf(key), record, parts), `byte ${at}`).toBeUndefined()
    }
  })
})

test('the counter is 64 bits, big-endian, behind 4 bytes of zeros, and says when the key is due', () => {
  const nonce = new Uint8Array(12)
  for (const [count, text] of [
    [0, '000000000000000000000000'],
    [1, '000000000000000000000001'],
    [0xffff_ffff, '0000000000000000ffffffff'],
    [0x1_0000_0000, '000000000000000100000000'],
    [Number.MAX_SAFE_INTEGER, '00000000001fffffffffffff'],
  ] as const) {
    writeNonce(nonce, count)
    expect(hex(nonce)).toBe(text)
  }
  const counter = new RecordCounter()
  const due: number[] = []
  for (let count = 0; count <= 3 * RECORDS_PER_KEY; count++) if (counter.next()) due.push(count)
  expect(due).toEqual([RECORDS_PER_KEY, 2 * RECORDS_PER_KEY, 3 * RECORDS_PER_KEY])
})
