import { concatBytes } from '@astranet/interface'
import { turn } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeCrypto, type DirectAead } from '../src/index.js'
import { DirectCipher } from '../src/io/direct-cipher.js'
import { PromisedCipher } from '../src/io/promised-cipher.js'
import { nodeAead } from '../src/nodejs/node-aead.js'
import type { Crypto } from '../src/proto/crypto.js'
import { writeNonce } from '../src/proto/noise/nonce.js'
import { MAX_RECORD_BYTES, recordHeader, RecordType } from '../src/proto/records/header.js'
import { RecordCounter, RECORDS_PER_KEY } from '../src/proto/records/record-counter.js'
import { RecordReader } from '../src/proto/records/record-reader.js'
import { counting, hex, unhex, utf8 } from './support/bytes.js'
import { readAll, sealRecords } from './support/records.js'

const key = counting(5)
const plaintexts = [utf8('a'), utf8('some more bytes'), utf8('x'.repeat(100)), new Uint8Array(0)]
const records = sealRecords(key, plaintexts)
const wire = concatBytes(records)

describe.each([true, false])('a reader, keepsRecords %s', (keepsRecords) => {
  test('finds whole records in one chunk', () => {
    expect(readAll(new RecordReader(keepsRecords), [wire])).toEqual({ records, fault: '' })
  })

  test('finds them at every split in two, and byte by byte', () => {
    for (let at = 0; at <= wire.length; at++) {
      const found = readAll(new RecordReader(keepsRecords), [wire.subarray(0, at), wire.subarray(at)])
      expect(found, `split at ${at}`).toEqual({ records, fault: '' })
    }
    const bytes = Array.from(wire, (byte) => Uint8Array.of(byte))
    expect(readAll(new RecordReader(keepsRecords), bytes)).toEqual({ records, fault: '' })
  })

  test('finds a record of the largest size in pieces', () => {
    const [large] = sealRecords(key, [new Uint8Array(MAX_RECORD_BYTES).fill(3)]) as [Uint8Array]
    const pieces = Array.from({ length: 100 }, (_, index) => large.subarray(index * 700, (index + 1) * 700))
    expect(readAll(new RecordReader(keepsRecords), pieces).records.map(hex)).toEqual([hex(large)])
  })
})

test('a record that is cut at any byte is not found, and known to be begun', () => {
  const [first] = records as [Uint8Array]
  for (let length = 0; length < first.length; length++) {
    const reader = new RecordReader(false)
    expect(readAll(reader, [first.subarray(0, length)])).toEqual({ records: [], fault: '' })
    expect(reader.hasPartialRecord).toBe(length > 0)
  }
})

test.each([
  ['00000000', 'it announces 0 bytes of data'],
  ['00010001', 'it announces 65537 bytes of data'],
  ['00ffffff', 'it announces 16777215 bytes of data'],
  ['01000001', 'its end announces 1 bytes'],
  ['02000001', 'its type is 2'],
  ['ff000000', 'its type is 255'],
])('the header %s is refused before anything of its record is there', (header, fault) => {
  expect(readAll(new RecordReader(false), [unhex(header)])).toEqual({ records: [], fault })
  const bytes = Array.from(unhex(header), (byte) => Uint8Array.of(byte))
  expect(readAll(new RecordReader(true), bytes)).toEqual({ records: [], fault })
})

test('a reader that is at a fault stays there', () => {
  const reader = new RecordReader(false)
  readAll(reader, [unhex('02000001')])
  reader.feed(wire)
  expect(reader.next()).toBe('malformed')
})

test('any byte behind an end is refused', () => {
  const reader = new RecordReader(false)
  expect(readAll(reader, [concatBytes([wire, Uint8Array.of(0)])])).toEqual({
    records,
    fault: 'bytes follow the end',
  })
  const later = new RecordReader(false)
  expect(readAll(later, [wire, Uint8Array.of(0)]).fault).toBe('bytes follow the end')
})

test('largest and smallest record have the lengths of the spec', () => {
  expect(sealRecords(key, [new Uint8Array(MAX_RECORD_BYTES)])[0]?.length).toBe(65_556)
  expect(sealRecords(key, [new Uint8Array(0)])[0]?.length).toBe(20)
})

test('the key changes with record 65,536 in both ciphers, and the nonce goes on', async () => {
  let isCounting = true
  const nothing = new Uint8Array(16)
  // Records before the border only count.
  const aead: DirectAead = {
    seal: (...parts) => (isCounting ? { ciphertext: nothing, tag: nothing } : nodeAead.seal(...parts)),
    open: (...parts) => (isCounting ? nothing : nodeAead.open(...parts)),
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
    direct.seal.seal(header, Uint8Array.of(7))
    direct.open.open(header, nothing)
    void promised.seal(header, Uint8Array.of(7))
  }
  await turn()
  isCounting = false
  const nextKey = nodeAead.seal(
    key,
    unhex(`00000000${'ff'.repeat(8)}`),
    new Uint8Array(0),
    new Uint8Array(32),
  ).ciphertext
  for (const [count, expectedKey] of [
    [RECORDS_PER_KEY - 1, key],
    [RECORDS_PER_KEY, nextKey],
    [RECORDS_PER_KEY + 1, nextKey],
  ] as const) {
    const nonce = new Uint8Array(12)
    writeNonce(nonce, count)
    const { ciphertext, tag } = nodeAead.seal(expectedKey, nonce, header, Uint8Array.of(7))
    const sealed = concatBytes([ciphertext, tag])
    expect(direct.seal.seal(header, Uint8Array.of(7)), `record ${count}`).toEqual({ ciphertext, tag })
    expect(hex(direct.open.open(header, sealed) as Uint8Array), `record ${count}`).toBe('07')
    expect(hex(await promised.seal(header, Uint8Array.of(7))), `record ${count}`).toBe(hex(sealed))
  }
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
