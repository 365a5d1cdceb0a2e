import { createHash } from 'node:crypto'
import { encodeMessage } from '@astranet/frame/message'
import { concatBytes } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { DeltaResult } from '../src/proto/log/delta-result.js'
import { checkOf, statementOf, type SignedState } from '../src/proto/log/signed-state.js'
import type { Replica } from '../src/proto/log/replica.js'
import type { PlainValue } from '../src/proto/model/plain-value.js'
import { identity, nodeCrypto } from './support/identity.js'
import { deltaOf, now, ownLog, partsOf, replica, sealed, service } from './support/logs.js'

const owner = identity(1)
const mallory = identity(2)

function apply(of: Replica, delta: Delta): DeltaResult {
  return now(of.apply(delta, mallory.nodeId))
}

/** What `delta` leads to at a replica that holds nothing, and that it changes nothing there. */
function refused(delta: Delta, of = replica(owner.nodeId)): DeltaResult {
  const before = of.state
  const result = apply(of, delta)
  expect(of.state).toEqual(before)
  expect([...of.records()].length).toBe(before?.count ?? 0)
  return result
}

function snapshot(): Delta {
  const log = ownLog()
  log.put(service(owner.nodeId, 'echo', 7))
  log.put(service(owner.nodeId, 'echo', 8))
  sealed(log, owner)
  return deltaOf(log, owner)
}

/** The state that `signer` signs over any bytes. */
function signedState(entries: Uint8Array, numbers: Partial<SignedState> = {}, signer = owner): SignedState {
  const root = new Uint8Array(createHash('sha256').update(entries).digest())
  const rest = { incarnation: 1, sequence: 9, watermark: 0, count: 1, size: entries.length, ...numbers }
  const signature = signer.sign(statementOf('services', { ...rest, root })) as Uint8Array
  return { ...rest, root, check: checkOf(root), signature }
}

/** A snapshot of any bytes, rightly signed by the owner. */
function signed(entries: Uint8Array, numbers: Partial<SignedState> = {}): Delta {
  return {
    owner: owner.nodeId,
    kind: 'services',
    publicKey: owner.publicKey,
    state: signedState(entries, numbers),
    since: undefined,
    hasMore: false,
    entries,
  }
}

function entry(...fields: PlainValue[]): Uint8Array {
  return encodeMessage(fields)
}

const FORGED = { kind: 'forged', error: { code: 'ASTRA_ERR_REGISTRY_FORGED' } }
const MALFORMED = { kind: 'forged', error: { code: 'ASTRA_ERR_REGISTRY_MESSAGE' } }

describe('what an owner did not sign', () => {
  it('is forged, whichever byte of it was changed', () => {
    const good = snapshot()
    fc.assert(
      fc.property(fc.nat(good.entries.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const entries = good.entries.slice()
        entries[at] = (entries[at] as number) ^ bits
        expect(refused({ ...good, entries }).kind).toBe('forged')
      }),
    )
  })

  it.each(['incarnation', 'sequence', 'watermark', 'count', 'size'] as const)(
    'is forged with another %s',
    (name) => {
      const { state, ...rest } = snapshot()
      expect(refused({ ...rest, state: { ...state, [name]: state[name] + 1 } })).toMatchObject(FORGED)
    },
  )

  it('is forged with another root or signature, or as another kind of log', () => {
    const good = snapshot()
    const { state } = good
    const root = nodeCrypto.hash(new Uint8Array(0)) as Uint8Array
    expect(refused({ ...good, state: { ...state, root } })).toMatchObject(FORGED)
    const signature = state.signature.slice()
    signature[0] = (signature[0] as number) ^ 1
    expect(refused({ ...good, state: { ...state, signature } })).toMatchObject(FORGED)
    const links = replica(owner.nodeId, { kind: 'links' })
    expect(refused({ ...good, kind: 'links' }, links)).toMatchObject(FORGED)
  })

  it('is forged with the key of another node, also where the right key is held', () => {
    const good = snapshot()
    const own = {
      ...good,
      publicKey: mallory.publicKey,
      state: signedState(good.entries, { count: 2 }, mallory),
    }
    expect(refused(own)).toMatchObject(FORGED)
    const of = replica(owner.nodeId)
    apply(of, good)
    const later = { ...own, state: signedState(good.entries, { count: 2, incarnation: 2 }, mallory) }
    expect(refused(later, of)).toMatchObject(FORGED)
    expect(refused({ ...later, publicKey: owner.publicKey }, of)).toMatchObject(FORGED)
  })

  it('is not staged', () => {
    const of = replica(owner.nodeId)
    const log = ownLog()
    for (let port = 0; port < 5; port++) log.put(service(owner.nodeId, 'echo', port))
    sealed(log, owner)
    const [first, second] = partsOf(log, owner, undefined, 1) as [Delta, Delta]
    const lie = (part: Delta): Delta => ({ ...part, state: { ...part.state, sequence: 99 } })
    expect(refused(lie(first), of)).toMatchObject(FORGED)
    expect(of.stagedBytes).toBe(0)
    expect(apply(of, first).kind).toBe('staged')
    expect(refused(lie(second), of)).toMatchObject(FORGED)
    expect(of.stagedBytes).toBe(0)
  })
})

describe('any delta', () => {
  const base = ownLog()
  for (let port = 0; port < 5; port++) base.put(service(owner.nodeId, 'echo', port))
  const first = sealed(base, owner)
  const whole = deltaOf(base, owner)
  base.put(service(owner.nodeId, 'echo', 9))
  sealed(base, owner)
  const good = [
    whole,
    deltaOf(base, owner),
    deltaOf(base, owner, first),
    ...partsOf(base, owner, undefined, 1),
  ]
  const number = fc.oneof(fc.nat(20), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 52, Number.MAX_SAFE_INTEGER))
  const mutation = fc.record({
    delta: fc.constantFrom(...good),
    state: fc.option(
      fc.record({ sequence: number, watermark: number, count: number, size: number }, { requiredKeys: [] }),
      { nil: undefined },
    ),
    since: fc.option(fc.record({ incarnation: fc.nat(2), sequence: number, check: fc.nat(3) }), {
      nil: undefined,
    }),
    isSinceKept: fc.boolean(),
    hasMore: fc.boolean(),
    cut: fc.option(fc.nat(200), { nil: undefined }),
    flip: fc.option(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 255 })), { nil: undefined }),
  })

  it('of a hostile speaker never throws, and what is held is always what the owner signed', () => {
    const signed = [first, base.state as SignedState]
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 12 }), (mutations) => {
        const of = replica(owner.nodeId)
        for (const { delta, state, since, isSinceKept, hasMore, cut, flip } of mutations) {
          const entries = delta.entries.slice(0, cut ?? delta.entries.length)
          if (flip !== undefined && flip[0] < entries.length)
            entries[flip[0]] = (entries[flip[0]] as number) ^ flip[1]
          const from = isSinceKept ? delta.since : since
          const changed = { ...delta, state: { ...delta.state, ...state }, since: from, hasMore, entries }
          apply(of, { ...changed, publicKey: from === undefined ? owner.publicKey : undefined })
          const held = of.state
          if (held === undefined) continue
          const { root, check } = signed.find((each) => each.sequence === held.sequence) as SignedState
          expect(held.check).toBe(check)
          const stored = of.partAfter(0, 65_000).entries
          expect(createHash('sha256').update(stored).digest().equals(root)).toBe(true)
          expect([...of.records()]).toHaveLength(held.count)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('what an owner signed and should not have', () => {
  it.each([
    ['no msgpack', Uint8Array.of(3, 0xc1, 0xc1, 0xc1)],
    ['an entry that is cut off', Uint8Array.of(9, 0x94, 1, 1)],
    ['an entry that is no array', encodeMessage('echo')],
    ['an entry of three fields', encodeMessage([1, 1, ['', 'echo', 7]])],
    ['a sequence of 0', entry(0, 1, ['', 'echo', 7], null)],
    ['a sequence that is no integer', entry(1.5, 1, ['', 'echo', 7], null)],
    ['a sequence above that of the state', entry(10, 1, ['', 'echo', 7], null)],
    ['sequences that fall', concatBytes([entry(2, 1, ['', 'a', 7], null), entry(1, 1, ['', 'b', 7], null)])],
    ['a kind that is no number', entry(1, 'x', [], null)],
    ['an entry of more than 16,384 bytes', entry(1, 9, [], new Uint8Array(16_384))],
  ])('is malformed: %s', (_, entries) => {
    expect(refused(signed(entries))).toMatchObject(MALFORMED)
  })

  it('is malformed with a sequence above 2^53', () => {
    const huge = Uint8Array.of(0x94, 0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 0x90, 0xc0)
    expect(refused(signed(concatBytes([Uint8Array.of(huge.length), huge])))).toMatchObject(MALFORMED)
  })

  it('is forged when there are two entries of a key, or tombstones that should be dropped', () => {
    const twice = concatBytes([entry(1, 1, ['', 'a', 7], null), entry(2, 1, ['', 'a', 7], null)])
    expect(refused(signed(twice, { count: 2 }))).toMatchObject(FORGED)
    expect(refused(signed(entry(3, 1, ['', 'a', 7], null), { watermark: 3 }))).toMatchObject(FORGED)
  })

  it.each<[string, number, PlainValue, PlainValue]>([
    ['an unknown kind', 9, ['', 'echo', 7], [[], 1, '', '', 0]],
    ['a kind of the other log', 2, [new Uint8Array(8)], [1]],
    ['a name that is none', 1, ['', 'a:b', 7], [[], 1, '', '', 0]],
    ['an environment with an empty part', 1, ['a//b', 'echo', 7], [[], 1, '', '', 0]],
    ['a port above 2^32 - 1', 1, ['', 'echo', 2 ** 32], [[], 1, '', '', 0]],
    ['a key of four items', 1, ['', 'echo', 7, 1], [[], 1, '', '', 0]],
    ['33 tags', 1, ['', 'echo', 7], [Array.from({ length: 33 }, () => 'a'), 1, '', '', 0]],
    ['a weight of -1', 1, ['', 'echo', 7], [[], -1, '', '', 0]],
    ['a zone of 256 bytes', 1, ['', 'echo', 7], [[], 1, 'z'.repeat(256), '', 0]],
    ['a health of 2', 1, ['', 'echo', 7], [[], 1, '', '', 2]],
    ['a value that is no array', 1, ['', 'echo', 7], 'value'],
    ['a role with a space', 0, [], [['a b'], [], []]],
    ['nine roles', 0, [], [Array.from({ length: 9 }, () => 'a'), [], []]],
    ['17 addresses', 0, [], [[], Array.from({ length: 17 }, () => 'a'), []]],
    ['65 routers', 0, [], [[], [], Array.from({ length: 65 }, () => new Uint8Array(8))]],
    ['a router of 7 bytes', 0, [], [[], [], [new Uint8Array(7)]]],
  ])('is held and passed on, but shows nothing: %s', (_, kind, key, value) => {
    const entries = entry(1, kind, key, value)
    const of = replica(owner.nodeId)
    expect(apply(of, signed(entries))).toEqual({ kind: 'applied', changes: [], isReplaced: false })
    expect([...of.records()]).toEqual([])
    expect(of.partAfter(0, 100).entries).toEqual(entries)
    const tombstone = entry(10, kind, key, null)
    const state = signedState(tombstone, { sequence: 10 })
    const next = { ...signed(tombstone), publicKey: undefined, state, since: of.version }
    expect(apply(of, next)).toEqual({ kind: 'applied', changes: [], isReplaced: false })
    expect(of.partAfter(0, 100).entries).toEqual(tombstone)
  })

  it('that is written in a longer form than needed shows nothing, so that no key has two forms', () => {
    // The port 7 as an integer of 16 bits, and as a float.
    for (const port of [Uint8Array.of(0xcd, 0, 7), Uint8Array.of(0xca, 0x40, 0xe0, 0, 0)]) {
      const head = Uint8Array.of(0x94, 1, 1, 0x93, 0xa0, 0xa1, 0x61)
      const body = concatBytes([head, port, Uint8Array.of(0x95, 0x90, 1, 0xa0, 0xa0, 0)])
      const of = replica(owner.nodeId)
      expect(apply(of, signed(concatBytes([Uint8Array.of(body.length), body])))).toMatchObject({
        changes: [],
      })
    }
  })

  it('beyond the limits is refused, also in parts, but only with the signature of the owner', () => {
    const log = ownLog()
    for (let port = 0; port < 11; port++) log.put(service(owner.nodeId, 'e'.repeat(200), port))
    sealed(log, owner)
    const few = () => replica(owner.nodeId, { limits: { maxEntriesPerOwner: 10 } })
    const TOO_LARGE = { kind: 'tooLarge', error: { code: 'ASTRA_ERR_REGISTRY_LIMIT' } }
    expect(refused(deltaOf(log, owner), few())).toMatchObject(TOO_LARGE)
    expect(refused(deltaOf(log, owner, undefined, 100), few())).toMatchObject(TOO_LARGE)
    const delta = deltaOf(log, owner)
    expect(refused({ ...delta, state: { ...delta.state, count: 70_000 } })).toMatchObject(FORGED)
    const large = signed(new Uint8Array(0), { size: 2 ** 32 - 1, count: 0 })
    expect(refused(large)).toMatchObject(TOO_LARGE)
  })

  it('in parts without end is dropped at twice the limit', () => {
    const of = replica(owner.nodeId, { limits: { maxBytesPerOwner: 65_536 } })
    const state = signedState(new Uint8Array(0), { sequence: 2 ** 50, size: 65_536, count: 1 })
    const kinds = new Set<string>()
    let since: Delta['since']
    for (let sequence = 1; sequence < 20; sequence++) {
      const entries = entry(sequence, 1, ['', 'echo', 7], [[], 1, '', '', 0, new Uint8Array(16_000)])
      const publicKey = since === undefined ? owner.publicKey : undefined
      const part = {
        owner: owner.nodeId,
        kind: 'services' as const,
        publicKey,
        state,
        since,
        hasMore: true,
        entries,
      }
      kinds.add(apply(of, part).kind)
      expect(of.stagedBytes).toBeLessThan(3 * 65_536)
      since = { incarnation: 1, sequence, check: 0 }
    }
    expect([...kinds]).toEqual(['staged', 'gap'])
  })
})
