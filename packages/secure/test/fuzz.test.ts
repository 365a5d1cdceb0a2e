import { concatBytes } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../src/index.js'
import { PromisedCipher } from '../src/io/promised-cipher.js'
import { PromisedOpener } from '../src/io/promised-opener.js'
import { messageLengths } from '../src/proto/handshake/lengths.js'
import { frameMessage, MessageReader } from '../src/proto/handshake/message-reader.js'
import { HEADER_BYTES, MAX_RECORD_BYTES } from '../src/proto/records/header.js'
import { RecordReader } from '../src/proto/records/record-reader.js'
import { counting, hex } from './support/bytes.js'
import { codeOf, exchange, side } from './support/handshakes.js'
import { openerOf, openOne, readAll, sealRecords } from './support/records.js'

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength, size: 'max' })

/** `whole` in pieces that end at the given places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b)
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end))
}

/** `whole` with some bytes changed, and a part cut out or doubled. */
const mutation = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
  length: fc.option(fc.nat({ max: 400 })),
  appended: bytes(64),
})

function mutated(
  whole: Uint8Array,
  { changes, length, appended }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  const copy = new Uint8Array(whole)
  for (const [at, change] of changes) {
    const place = at % Math.max(1, copy.length)
    if (place < copy.length) copy[place] = (copy[place] as number) ^ change
  }
  return concatBytes([
    copy.subarray(0, length ?? copy.length),
    length === null ? new Uint8Array(0) : appended,
  ])
}

describe('records', () => {
  const key = counting(9)

  test('any plaintexts pass at any splits', async () => {
    const plaintexts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 8 })
    const places = fc.array(fc.nat(), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(plaintexts, places, fc.boolean(), async (texts, cuts, isDirect) => {
        const records = sealRecords(key, [...texts, new Uint8Array(0)])
        const found = readAll(new RecordReader(), cut(concatBytes(records), cuts))
        expect(found.fault).toBe('')
        const opener = isDirect
          ? openerOf(key)
          : new PromisedOpener(new PromisedCipher(nodeCrypto.crypto, key))
        for (const [index, text] of [...texts, new Uint8Array(0)].entries()) {
          const record = found.records[index] as Uint8Array
          const parts = cut(record.subarray(HEADER_BYTES), cuts).filter(({ length }) => length > 0)
          const opened = await openOne(opener, record, parts)
          expect(hex(opened as Uint8Array)).toBe(hex(text))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('any bytes are records or a fault, the same at any splits, and never more than one record is held', () => {
    fc.assert(
      fc.property(bytes(2_000), fc.array(fc.nat(), { maxLength: 20 }), (input, places) => {
        const whole = readAll(new RecordReader(), [input])
        const split = readAll(new RecordReader(), cut(input, places))
        expect(split.records.map(hex)).toEqual(whole.records.map(hex))
        expect(split.fault).toBe(whole.fault)
        for (const record of whole.records) expect(record.length).toBeLessThanOrEqual(MAX_RECORD_BYTES + 20)
      }),
      { numRuns: 1_000 },
    )
  })

  test('changed records never open to anything but a beginning of what was sent', async () => {
    const texts = [counting(1), counting(2), counting(3)]
    const wire = concatBytes(sealRecords(key, [...texts, new Uint8Array(0)]))
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { records } = readAll(new RecordReader(), [mutated(wire, change)])
        const opener = openerOf(key)
        const opened: string[] = []
        for (const record of records) {
          const text = await openOne(opener, record)
          if (text === undefined) break
          opened.push(hex(text))
        }
        expect([...texts.map(hex), ''].slice(0, opened.length)).toEqual(opened)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('handshake messages', () => {
  test('any messages pass the reader at any splits, and what follows stays', () => {
    const messages = fc.array(bytes(300), { maxLength: 5 })
    fc.assert(
      fc.property(messages, bytes(100), fc.array(fc.nat(), { maxLength: 20 }), (sent, rest, places) => {
        const reader = new MessageReader()
        const read: string[] = []
        for (const chunk of cut(concatBytes([...sent.map(frameMessage), rest]), places)) {
          reader.push(chunk)
          while (read.length < sent.length) {
            const found = reader.next({ min: 0, max: 65_535 })
            if (found.kind !== 'message') break
            read.push(hex(found.message))
          }
        }
        expect(read).toEqual(sent.map(hex))
        expect(hex(reader.takeRest() ?? new Uint8Array(0))).toBe(hex(rest))
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes are a message within the bounds, a wrong length, or too few, the same at any splits', () => {
    fc.assert(
      fc.property(bytes(700), fc.array(fc.nat(), { maxLength: 10 }), (input, places) => {
        const lengths = messageLengths(2, false, 200)
        const whole = new MessageReader()
        whole.push(input)
        const expected = whole.next(lengths)
        const split = new MessageReader()
        let found = split.next(lengths)
        for (const chunk of cut(input, places)) {
          split.push(chunk)
          if (found.kind === 'more') found = split.next(lengths)
        }
        expect(found).toEqual(expected)
        if (found.kind === 'message') expect(found.message.length).toBeLessThanOrEqual(lengths.max)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([1, 2, 3] as const)(
    'a changed message %i gives an error with a code, and never a handshake',
    async (target) => {
      const psk = counting(4)
      await fc.assert(
        fc.asyncProperty(mutation, fc.boolean(), async (change, hasSecret) => {
          const options = { psk: hasSecret ? psk : undefined, crypto: nodeCrypto.crypto }
          let isSame = false
          const attack = exchange(
            side('initiator', options),
            side('responder', options),
            (message, number) => {
              if (number !== target) return message
              const changed = mutated(message, change)
              isSame = hex(changed) === hex(message)
              return changed
            },
          )
          const code = await codeOf(attack)
          if (isSame) expect(code).toBe('none')
          else expect(code).toMatch(/^ASTRA_ERR_SECURE_(HANDSHAKE|SECRET|KEY)$/)
        }),
        { numRuns: 150 },
      )
    },
  )
})
