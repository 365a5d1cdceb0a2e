import { encodeMessage as encodeBytes, MessageDecoder } from '@astranet/frame/message'
import { AstraError, toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../src/proto/wire/decode.js'
import { encodeMessage } from '../src/proto/wire/encode.js'
import type { Message } from '../src/proto/wire/message.js'
import { MESSAGE_TYPES } from '../src/proto/wire/message-type.js'
import { bucketOf, mix, xorMix } from '../src/proto/wire/mix.js'
import { deltaBytes, MAX_PART_BYTES, MESSAGE_OVERHEAD_BYTES, splitNames } from '../src/proto/wire/sizes.js'
import { BUCKETS, MAX_ITEMS_PER_MESSAGE, MAX_MESSAGE_BYTES } from '../src/proto/model/limits.js'
import { identity } from './support/identity.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

const owner = identity(1)

const number = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER))
const six = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff_ffff }))
const nodeId = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toNodeId)
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const version = fc.record({ incarnation: number, sequence: number, check: six })
const id = { owner: nodeId, kind: fc.constantFrom('services' as const, 'links' as const) }
const items = (maxLength: number) => fc.array(fc.record({ ...id, version }), { maxLength })
const name = fc.record({
  environment: fc.constantFrom('', 'a', 'a/b', 'ж'),
  name: fc.constantFrom('echo', 'x'.repeat(255)),
})
const state = fc
  .record({
    incarnation: number,
    sequence: number,
    watermark: number,
    count: fc.integer({ min: 0, max: 0xffff_ffff }),
    size: fc.integer({ min: 0, max: 0xffff_ffff }),
    root: bytes(32),
    signature: bytes(64),
  })
  .map((each) => ({
    ...each,
    watermark: Math.min(each.watermark, each.sequence),
    check: Buffer.from(each.root).readUIntBE(0, 6),
  }))
const delta = fc
  .record({
    ...id,
    publicKey: bytes(32),
    state,
    since: fc.option(version, { nil: undefined }),
    hasMore: fc.boolean(),
    entries: fc.uint8Array({ maxLength: 300 }),
  })
  .map((each) => ({ ...each, publicKey: each.since === undefined ? each.publicKey : undefined }))

const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('greeting' as const),
    root: six,
    count: number,
    items: fc.option(items(64), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('buckets' as const),
    buckets: fc.array(six, { minLength: BUCKETS, maxLength: BUCKETS }),
  }),
  fc.record({ type: fc.constant('versions' as const), items: items(100), hasMore: fc.boolean() }),
  fc.record({ type: fc.constant('deltas' as const), deltas: fc.array(delta, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant('ask' as const),
    items: fc.array(fc.record({ ...id, held: fc.option(version, { nil: undefined }) }), { maxLength: 100 }),
  }),
  fc.record({ type: fc.constant('announce' as const), items: items(100) }),
  fc.record({ type: fc.constant('gone' as const), owners: fc.array(nodeId, { maxLength: 100 }) }),
  fc.record({ type: fc.constant('confirm' as const), owners: fc.array(nodeId, { maxLength: 100 }) }),
  fc.record({ type: fc.constant('confirmed' as const), items: items(100) }),
  fc.record({
    type: fc.constant('wants' as const),
    token: number,
    all: fc.boolean(),
    add: fc.array(name),
    remove: fc.array(name),
    held: items(20),
  }),
  fc.record({ type: fc.constant('settled' as const), token: number }),
  fc.record({ type: fc.constant('root' as const), root: six }),
  fc.constant({ type: 'restart' as const }),
)

/** What a peer receives when `value` is sent. */
function carried(value: unknown): unknown {
  const decoder = new MessageDecoder({ maxBytes: MAX_MESSAGE_BYTES })
  decoder.push(encodeBytes(value))
  const result = decoder.next()
  return result.kind === 'message' ? result.value : result
}

describe('messages', () => {
  it('are the same after they were sent', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(messages, (message) => {
        seen.add(message.type)
        expect(decodeMessage(carried(encodeMessage(message)))).toEqual(message)
      }),
      { numRuns: 300 },
    )
    expect([...seen].sort()).toEqual([...MESSAGE_TYPES].sort())
  })

  it('may have further items, which are ignored', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(carried([...encodeMessage(message), 1, ['later']]))).toEqual(message)
      }),
    )
  })

  it('of the largest lists are not above the limit', () => {
    const far = {
      incarnation: Number.MAX_SAFE_INTEGER,
      sequence: Number.MAX_SAFE_INTEGER,
      check: 0xffff_ffff_ffff,
    }
    const item = { owner: toNodeId(2n ** 64n - 1n), kind: 'links' as const, version: far, held: far }
    const list = Array.from({ length: MAX_ITEMS_PER_MESSAGE }, () => item)
    for (const type of ['versions', 'announce', 'ask'] as const) {
      const message = encodeMessage({ type, items: list, hasMore: true } as Message)
      expect(encodeBytes(message).length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    }
  })

  it('of one delta take no more than is counted', () => {
    fc.assert(
      fc.property(delta, (each) => {
        const size = encodeBytes(encodeMessage({ type: 'deltas', deltas: [each] })).length
        expect(size).toBeLessThanOrEqual(MESSAGE_OVERHEAD_BYTES + deltaBytes(each))
      }),
    )
    expect(MAX_PART_BYTES).toBeGreaterThan(16_384)
  })

  it('about names are split so that each fits, and no name is lost', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 1_000, size: 'max' }), items(1_024), (names, held) => {
        const lists = splitNames(names, held.length)
        expect(lists.flat()).toEqual(names)
        for (const add of lists) {
          const message = encodeMessage({ type: 'wants', token: 2 ** 50, all: false, add, remove: [], held })
          expect(encodeBytes(message).length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('what is no message', () => {
  const log = ownLog()
  log.put(service(owner.nodeId, 'echo', 7))
  sealed(log, owner)
  const good = encodeMessage({ type: 'deltas', deltas: [deltaOf(log, owner)] })
  const [, [[ownerBytes, kind, key, stateFields, , more, entries]]] = good as unknown as [number, [unknown[]]]

  const deltas = (...fields: unknown[]): unknown => [3, [fields]]
  const stateWith = (index: number, value: unknown): unknown =>
    (stateFields as unknown[]).map((field, at) => (at === index ? value : field))

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a map', { 0: 1 }],
    ['an array of nothing', []],
    ['a type that is none', [12]],
    ['a type that is no integer', [0.5]],
    ['65 fields', [7, ...Array.from({ length: 64 }, () => 0)]],
    ['a root of 7 bytes', [10, 2 ** 48]],
    ['a negative root', [10, -1]],
    ['65 items in a greeting', [0, 0, 65, Array.from({ length: 65 }, () => [ownerBytes, 0, 1, 1, 1])]],
    ['255 buckets', [1, Array.from({ length: 255 }, () => 0)]],
    ['257 buckets', [1, Array.from({ length: 257 }, () => 0)]],
    ['1,025 versions', [2, Array.from({ length: 1_025 }, () => [ownerBytes, 0, 1, 1, 1]), false]],
    ['an owner of 7 bytes', [5, [[new Uint8Array(7), 0, 1, 1, 1]]]],
    ['an owner that is a text', [5, [['12345678', 0, 1, 1, 1]]]],
    ['a kind of log that is none', [5, [[ownerBytes, 2, 1, 1, 1]]]],
    ['an incarnation above 2^53', [5, [[ownerBytes, 0, 2 ** 53, 1, 1]]]],
    ['a sequence that is no integer', [5, [[ownerBytes, 0, 1, 1.5, 1]]]],
    ['a check of 7 bytes', [5, [[ownerBytes, 0, 1, 1, 2 ** 48]]]],
    ['an ask without a version', [4, [[ownerBytes, 0]]]],
    ['a name with a colon', [8, 1, false, [['', 'a:b']], [], []]],
    ['an environment of 256 bytes', [8, 1, false, [['x'.repeat(256), 'a']], [], []]],
    ['an all that is no boolean', [8, 1, 1, [], [], []]],
    ['a snapshot without a key', deltas(ownerBytes, kind, null, stateFields, null, more, entries)],
    ['a key of 31 bytes', deltas(ownerBytes, kind, new Uint8Array(31), stateFields, null, more, entries)],
    ['a count above 2^32', deltas(ownerBytes, kind, key, stateWith(3, 2 ** 32), null, more, entries)],
    ['a watermark above the sequence', deltas(ownerBytes, kind, key, stateWith(2, 2), null, more, entries)],
    [
      'a root of 31 bytes',
      deltas(ownerBytes, kind, key, stateWith(5, new Uint8Array(31)), null, more, entries),
    ],
    [
      'a signature of 63 bytes',
      deltas(ownerBytes, kind, key, stateWith(6, new Uint8Array(63)), null, more, entries),
    ],
    ['entries that are an array', deltas(ownerBytes, kind, key, stateFields, null, more, [])],
    [
      'entries above a message',
      deltas(ownerBytes, kind, key, stateFields, null, more, new Uint8Array(65_537)),
    ],
    ['a more that is no boolean', deltas(ownerBytes, kind, key, stateFields, null, 0, entries)],
  ])('is an error that says so: %s', (_, value) => {
    expect(decodeMessage(value)).toMatchObject({ code: 'ASTRA_ERR_REGISTRY_MESSAGE' })
  })

  it('never throws, whatever is changed in a message', () => {
    const any = fc.oneof(
      fc.anything({ withTypedArray: true, withSparseArray: true }),
      fc.constantFrom(-1, 2 ** 53, NaN, null, ''),
    )
    const mutated = fc.tuple(messages, fc.array(fc.tuple(fc.nat(200), any), { minLength: 1, maxLength: 3 }))
    let errors = 0
    fc.assert(
      fc.property(mutated, ([message, changes]) => {
        let value: unknown = encodeMessage(message)
        for (const [at, change] of changes) value = replaced(value, at, change)
        const result = decodeMessage(value)
        if (result instanceof AstraError) errors++
        else expect(MESSAGE_TYPES).toContain(result.type)
      }),
      { numRuns: 3_000 },
    )
    expect(errors).toBeGreaterThan(500)
  })

  it('never throws on anything', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withBigInt: true, withSparseArray: true }), (value) => {
        const result = decodeMessage(Array.isArray(value) ? [3, ...(value as unknown[])] : value)
        expect(result instanceof AstraError || MESSAGE_TYPES.includes(result.type)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

/** `value` with the part at that place, counted over all arrays, replaced. */
function replaced(value: unknown, at: number, change: unknown): unknown {
  let left = at
  const walk = (each: unknown): unknown => {
    if (left-- === 0) return change
    return Array.isArray(each) ? (each as unknown[]).map(walk) : each
  }
  return walk(value)
}

describe('mix', () => {
  it('is different for each version of each log', () => {
    const seen = new Set<number>()
    for (let n = 0; n < 10_000; n++) {
      const owner8 = toNodeId(BigInt(n % 100) << 32n)
      for (const kindOf of ['services', 'links'] as const)
        seen.add(
          mix({ owner: owner8, kind: kindOf, version: { incarnation: n, sequence: 2 ** 40 + n, check: n } }),
        )
    }
    expect(seen.size).toBe(20_000)
    expect(Math.max(...seen)).toBeGreaterThan(2 ** 47)
    expect(Math.max(...seen)).toBeLessThan(2 ** 48)
  })

  it('is undone by itself', () => {
    fc.assert(
      fc.property(six, six, (a, b) => {
        expect(xorMix(xorMix(a, b), b)).toBe(a)
        expect(BigInt(xorMix(a, b))).toBe(BigInt(a) ^ BigInt(b))
      }),
    )
  })

  it('goes to the bucket of the first byte of the owner', () => {
    expect(bucketOf(toNodeId(0xab00_0000_0000_0001n))).toBe(0xab)
  })
})
