import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkServiceKey, checkServiceRecord } from '../src/proto/model/check-record.js'
import { bodyStart, entryEnd } from '../src/proto/model/entry-layout.js'
import { encodeEntry, readAnyEntry, readEntries } from '../src/proto/model/entry.js'
import { BoundedInterner } from '../src/proto/model/interner.js'
import { PlainEntries, type PlainEntry } from '../src/proto/model/plain-entries.js'
import type { ReadContext } from '../src/proto/model/read-context.js'
import type { CatalogueRecord } from '../src/proto/model/record.js'

const OWNER = toNodeId(7n)
const EVERYTHING = { since: 0, until: Number.MAX_SAFE_INTEGER }

const ascii = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme-ascii', minLength, maxLength })
const name = fc.oneof(fc.stringMatching(/^[a-z0-9._-]{1,40}$/), fc.constant('service-1'))
const id = fc.bigInt(0n, 2n ** 64n - 1n).map(toNodeId)
const label = fc.constantFrom('', 'a', '1.0.0', 'europe-west-4-long-enough-for-another-head')
const integer = fc.oneof(
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
)

const service: fc.Arbitrary<CatalogueRecord> = fc
  .record({
    environment: fc.oneof(fc.constant(''), name),
    name,
    port: fc.oneof(
      fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    ),
    tags: fc.array(fc.constantFrom('blue', 'green', 'canary'), { maxLength: 6 }),
    weight: fc.integer({ min: 0, max: 65_535 }),
    zone: label,
    version: label,
    health: fc.constantFrom('passing' as const, 'failing' as const),
  })
  .map(({ environment, name, port, ...fields }) =>
    checkServiceRecord(OWNER, checkServiceKey(environment, name, port), fields),
  )
const node: fc.Arbitrary<CatalogueRecord> = fc.record({
  kind: fc.constant('node' as const),
  roles: fc.array(fc.constantFrom('router', 'leaf'), { maxLength: 3 }),
  addresses: fc.array(fc.constantFrom('tcp4://10.0.0.1:80', 'ws://node.example'), { maxLength: 5 }),
  routers: fc.array(id, { maxLength: 15 }),
})
const link: fc.Arbitrary<CatalogueRecord> = fc.record({
  kind: fc.constant('link' as const),
  neighbour: id,
  incarnation: integer,
  cost: fc.option(fc.oneof(fc.double({ min: 0, max: 1_000, noNaN: true }), fc.nat(1_000)), {
    nil: undefined,
  }),
})
const log = fc.constantFrom('services' as const, 'links' as const)

/** The entry by the plain decoder; each reader of a property shares what makes one object of equal texts. */
function plainEntry(bytes: Uint8Array, context: ReadContext): PlainEntry | undefined {
  return new PlainEntries(bytes, context).read(bodyStart(bytes, 0), entryEnd(bytes, 0))
}

function contextOf(kind: 'services' | 'links'): ReadContext {
  return { id: { owner: OWNER, kind }, interner: new BoundedInterner() }
}

/** What the plain decoder reads the general one reads as well, and the same. */
function expectSame(body: Uint8Array, kind: 'services' | 'links'): void {
  const bytes = new Uint8Array([0x80, 0, body.length >> 8, body.length & 0xff, ...body])
  const plain = plainEntry(bytes, contextOf(kind))
  if (plain === undefined) return
  expect(readAnyEntry(bytes, 0, contextOf(kind))).toStrictEqual({
    ...plain,
    source: bytes,
    start: 0,
    end: bytes.length,
  })
}

/** The msgpack of a value, without its length. */
function bodyOf(value: unknown): Uint8Array {
  const message = encodeMessage(value)
  return message.subarray(bodyStart(message, 0))
}

/** Values in the places of an entry's fields that are often, but not always, what belongs there. */
const field = fc.oneof(
  { weight: 4, arbitrary: integer },
  { weight: 4, arbitrary: fc.oneof(name, ascii(0, 300), fc.string({ unit: 'grapheme', maxLength: 40 })) },
  { weight: 2, arbitrary: fc.array(fc.oneof(name, ascii(0, 40)), { maxLength: 20 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 7, maxLength: 9 }) },
  fc.constantFrom(null, true, -1, 0.5, NaN, Infinity, 1e300),
  fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 20 }),
)
const oddEntry = fc.tuple(
  fc.oneof(integer, field),
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1, 2, 3) }, { weight: 1, arbitrary: field }),
  fc.oneof(
    fc.constant([]),
    fc.tuple(fc.constantFrom('', 'test'), name, integer),
    fc.tuple(fc.uint8Array({ minLength: 8, maxLength: 8 })),
    fc.array(field, { maxLength: 4 }),
  ),
  fc.oneof(
    fc.constant(null),
    fc.tuple(fc.constant(['blue']), fc.nat(70_000), label, label, fc.nat(2)),
    fc.array(field, { maxLength: 6 }),
    field,
  ),
)

describe('entries in the form that almost all have', () => {
  it('are read without the general decoder, as it reads them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(service, node), { minLength: 1, maxLength: 6 }),
        integer,
        (records, until) => {
          const first = Math.max(1, until - records.length)
          const all = records.map((record, index) => encodeEntry(first + index, record, record))
          const context = contextOf('services')
          for (const bytes of all) expect(plainEntry(bytes, context)).toBeDefined()
          const bytes = Buffer.concat(all)
          const entries = readEntries(bytes, EVERYTHING, context)
          if (typeof entries === 'string') throw new Error(entries)
          expect(entries.map(({ item }) => item)).toEqual(records)
          for (const entry of entries) expect(entry).toStrictEqual(readAnyEntry(bytes, entry.start, context))
        },
      ),
    )
  })

  it('of links and tombstones too', () => {
    fc.assert(
      fc.property(fc.oneof(service, node, link), integer, fc.boolean(), (record, sequence, isTombstone) => {
        const bytes = encodeEntry(sequence, record, isTombstone ? undefined : record)
        const context = contextOf(record.kind === 'link' ? 'links' : 'services')
        const plain = plainEntry(bytes, context)
        expect(plain).toBeDefined()
        expect(readAnyEntry(bytes, 0, context)).toStrictEqual({
          ...plain,
          source: bytes,
          start: 0,
          end: bytes.length,
        })
      }),
    )
  })

  it('are frozen, and share equal texts and lists', () => {
    const record = { kind: 'service', environment: '', name: 'a', port: 1, nodeId: OWNER, tags: ['blue'], weight: 1, zone: 'b', version: '1', health: 'passing' } as const // prettier-ignore
    const bytes = Buffer.concat(
      [1, 2].map((sequence) => encodeEntry(sequence, { ...record, port: sequence }, record)),
    )
    const entries = readEntries(bytes, EVERYTHING, contextOf('services'))
    const items = typeof entries === 'string' ? [] : entries.map(({ item }) => item)
    expect(items).toHaveLength(2)
    const [one, other] = items.map((item) => (item.kind === 'service' ? item : undefined))
    expect(Object.isFrozen(one)).toBe(true)
    expect(Object.isFrozen(one?.tags)).toBe(true)
    expect(one?.tags).toBe(other?.tags)
  })
})

describe('entries in any other form', () => {
  it('are left to the general decoder, or read as it reads them', () => {
    fc.assert(
      fc.property(oddEntry, log, (entry, kind) => expectSame(bodyOf(entry), kind)),
      { numRuns: 2_000 },
    )
  })

  it('also when bytes of an entry are changed, left out or added', () => {
    const change = fc.record({
      at: fc.nat(80),
      byte: fc.oneof(
        fc.constantFrom(
          0x00,
          0x01,
          0x80,
          0x90,
          0x93,
          0xa0,
          0xc0,
          0xc4,
          0xca,
          0xcb,
          0xcc,
          0xcd,
          0xce,
          0xcf,
          0xd9,
          0xda,
        ),
        fc.nat(255),
      ),
      removed: fc.nat(2),
      isAdded: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.oneof(service, node, link),
        fc.array(change, { maxLength: 3 }),
        log,
        (record, changes, kind) => {
          const entry = encodeEntry(300, record, record)
          const body = [...entry.subarray(bodyStart(entry, 0))]
          for (const { at, byte, removed, isAdded } of changes)
            body.splice(at % body.length, removed, ...(isAdded ? [byte] : []))
          expectSame(Uint8Array.from(body), kind)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  const a = [0xa1, 0x61]
  const value = [0x95, 0x90, 1, 0xa0, 0xa0, 0]
  const bodies: [what: string, kind: 'services' | 'links', body: number[]][] = [
    ['a name with a longer head than it needs', 'services', [0x94, 1, 1, 0x93, 0xa0, 0xd9, 1, 0x61, 1, ...value]],
    ['an environment with a longer head', 'services', [0x94, 1, 1, 0x93, 0xd9, 0, ...a, 1, ...value]],
    ['a port in 2 bytes that fits in 1', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 0xcd, 0, 0xff, ...value]],
    ['a port in 1 byte that fits in the head', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 0xcc, 0x7f, ...value]],
    ['a sequence of 2^53', 'services', [0x94, 0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 0x93, 0xa0, ...a, 1, 0xc0]],
    ['a text that ends behind the entry', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 1, 0x95, 0x90, 1, 0xa0, 0xa2, 0]],
    ['a byte behind the entry', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 1, ...value, 0]],
    ['a sixth field', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 1, 0x96, ...value.slice(1), 0]],
    ['another health', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 1, ...value.slice(0, -1), 2]],
    ['a weight above the largest', 'services', [0x94, 1, 1, 0x93, 0xa0, ...a, 1, 0x95, 0x90, 0xce, 0, 1, 0, 0, 0xa0, 0xa0, 0]],
    ['a link in the log of services', 'services', [0x94, 1, 2, 0x91, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0x91, 1]],
    ['a node in the log of links', 'links', [0x94, 1, 0, 0x90, 0x93, 0x90, 0x90, 0x90]],
    ['a link without an incarnation', 'links', [0x94, 1, 2, 0x91, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0x90]],
    ['a cost that is not a number', 'links', [0x94, 1, 2, 0x91, 0xc4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0x92, 1, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
  ] // prettier-ignore
  it.each(bodies)('such as %s', (_, kind, body) => {
    const bytes = new Uint8Array([body.length, ...body])
    expect(plainEntry(bytes, contextOf(kind))).toBeUndefined()
    const read = readEntries(bytes, EVERYTHING, contextOf(kind))
    const general = readAnyEntry(bytes, 0, contextOf(kind))
    expect(typeof read === 'string' ? read : read[0]).toStrictEqual(general)
  })

  it('end the list with a sentence when they are cut off at any byte', () => {
    const record = { kind: 'link', neighbour: toNodeId(1n), incarnation: 5, cost: 1.5 } as const
    const bytes = encodeEntry(1, record, record)
    for (let length = 1; length < bytes.length; length++)
      expect(readEntries(bytes.subarray(0, length), EVERYTHING, contextOf('links'))).toBe(
        'an entry is cut off',
      )
    for (const head of [0x40, 0x80, 0xc0])
      expect(readEntries(Uint8Array.of(head), EVERYTHING, contextOf('links'))).toBe('an entry is cut off')
  })
})
