import { AstraError, nodeIdToBytes } from '@astranet/interface'
import { VirtualClock, rng } from '@astranet/testkit/sim'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Catalogue } from '../src/index.js'
import { encodeMessage } from '../src/proto/wire/encode.js'
import { forge, nodeEntry, serviceEntry, type Forgery } from './sim/forge.js'
import { simCrypto } from './sim/sim-crypto.js'

const { crypto, identity } = simCrypto('stand-in', new VirtualClock(), rng(1))
const NEIGHBOUR = identity(2)
const OWNER = nodeIdToBytes(NEIGHBOUR.nodeId)
const SELF = nodeIdToBytes(identity(1).nodeId)
const ROOT = new Uint8Array(32)
const SIGNATURE = new Uint8Array(64)
const STATE = [1, 1, 0, 0, 0, ROOT, SIGNATURE]
const VERSION = [OWNER, 0, 1, 1, 1]

function catalogue(): Catalogue {
  const made = new Catalogue({
    signer: identity(1),
    crypto,
    incarnation: 10,
    role: 'router',
    catalogue: 'all',
    random: () => 0.5,
  })
  made.publishService({ name: 'mine', port: 1 })
  made.neighbourUp({ nodeId: NEIGHBOUR.nodeId, incarnation: 1, role: 'router', holdsAll: true }, 0)
  drain(made)
  return made
}

/** Takes all that is due, as the owner of the links does. */
function drain(node: Catalogue, now = 0): void {
  for (const to of node.due(now)) while (node.nextMessage(to, now) !== undefined);
}

function received(node: Catalogue, message: unknown): AstraError | undefined {
  const error = node.receive(NEIGHBOUR.nodeId, message, 0)
  if (error instanceof Promise) throw new Error('the stand-in answers at once')
  drain(node)
  return error
}

describe('messages that are none', () => {
  it.each([
    ['an empty list', []],
    ['not a list', 7],
    ['nothing', undefined],
    ['an unknown type', [12]],
    ['a greeting without a root', [0]],
    ['a greeting with a root of more than 6 bytes', [0, 2 ** 48, 0, null]],
    ['a greeting with too many items', [0, 1, 65, Array(65).fill(VERSION)]],
    ['buckets that are too few', [1, Array(255).fill(0)]],
    ['buckets that are no numbers', [1, Array(256).fill('x')]],
    ['too many versions', [2, Array(1_025).fill(VERSION), false]],
    ['versions without an end', [2, []]],
    ['a version of an owner of 7 bytes', [2, [[OWNER.subarray(1), 0, 1, 1, 1]], false]],
    ['a version of a third kind', [2, [[OWNER, 2, 1, 1, 1]], false]],
    ['a negative version', [2, [[OWNER, 0, -1, 1, 1]], false]],
    ['a version above 2^53 - 1', [2, [[OWNER, 0, 2 ** 53, 1, 1]], false]],
    ['a delta without entries', [3, [[OWNER, 0, null, STATE, null, false]]]],
    ['a delta with a short key', [3, [[OWNER, 0, ROOT.subarray(1), STATE, null, false, ROOT]]]],
    ['a state with a short root', [3, [[OWNER, 0, ROOT, [1, 1, 0, 0, 0, ROOT.subarray(1), SIGNATURE], null, false, ROOT]]]],
    ['a state with a short signature', [3, [[OWNER, 0, ROOT, [1, 1, 0, 0, 0, ROOT, ROOT], null, false, ROOT]]]],
    ['an item of an ask that is none', [4, [[OWNER]]]],
    ['too many asked logs', [4, Array(1_025).fill([OWNER, 0, null])]],
    ['an announcement of no list', [5, 7]],
    ['owners that are gone and no ids', [6, [7]]],
    ['wants of a name that is none', [8, 1, false, [['', 'a:b']], [], []]],
    ['too many wants', [8, 1, false, Array(1_025).fill(['', 'a']), [], []]],
    ['a token that is none', [9, -1]],
    ['a root that is none', [10, null]],
  ])('become an error that says what is wrong: %s', (_, message) => {
    const error = received(catalogue(), message)
    expect(error?.code).toBe('ASTRA_ERR_REGISTRY_MESSAGE')
  }) // prettier-ignore

  it('never throw, whatever they are, and leave own services alone', () => {
    const anything = fc.anything({ withTypedArray: true, withBigInt: true, withSparseArray: true })
    let node = catalogue()
    fc.assert(
      fc.property(anything, (message) => {
        const error = received(node, message)
        expect(error === undefined || error instanceof AstraError).toBe(true)
        expect(node.resolve('', 'mine')).toHaveLength(1)
        if (error !== undefined) node = catalogue()
      }),
    )
  })

  it('never throw when they are nearly right', () => {
    const number = fc.oneof(
      fc.nat(5),
      fc.constantFrom(2 ** 32, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER, -1, 0.5),
    )
    const bytes = fc.oneof(fc.constantFrom(OWNER, SELF, ROOT, SIGNATURE), fc.uint8Array({ maxLength: 70 }))
    const near = fc.oneof(number, bytes, fc.boolean(), fc.constant(null), fc.string({ maxLength: 3 }))
    const version = fc.tuple(bytes, fc.nat(1), number, number, number)
    const state = fc.tuple(number, number, number, number, number, bytes, bytes)
    const since = fc.oneof(fc.constant(null), fc.tuple(number, number, number))
    const delta = fc.tuple(
      bytes,
      fc.nat(1),
      fc.oneof(bytes, fc.constant(null)),
      state,
      since,
      fc.boolean(),
      bytes,
    )
    const name = fc.tuple(fc.constantFrom('', 'test'), fc.constantFrom('a', 'b'))
    const list = <T>(item: fc.Arbitrary<T>) => fc.array(fc.oneof({ weight: 9, arbitrary: item }, { weight: 1, arbitrary: near }), { maxLength: 4 }) // prettier-ignore
    const message = fc.oneof(
      fc.tuple(fc.constant(0), number, number, fc.oneof(list(version), fc.constant(null))),
      fc.tuple(fc.constant(1), fc.array(number, { minLength: 256, maxLength: 256 })),
      fc.tuple(fc.constant(2), list(version), fc.boolean()),
      fc.tuple(fc.constant(3), list(delta)),
      fc.tuple(fc.constant(4), list(fc.tuple(bytes, fc.nat(1), since))),
      fc.tuple(fc.constant(5), list(version)),
      fc.tuple(fc.constant(6), list(bytes)),
      fc.tuple(fc.constantFrom(7, 11)),
      fc.tuple(fc.constant(8), number, fc.boolean(), list(name), list(name), list(version)),
      fc.tuple(fc.constantFrom(9, 10), number),
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
        const node = catalogue()
        for (const each of messages) {
          const error = received(node, each)
          expect(error === undefined || error instanceof AstraError).toBe(true)
          expect(node.resolve('', 'mine')).toHaveLength(1)
          if (error !== undefined) break
        }
        for (let now = 0; now < 120_000; now = Math.max(now + 1, node.dueAt(now) ?? 120_000)) drain(node, now)
        expect(node.services().map((each) => each.name)).toEqual(['mine'])
      }),
      { numRuns: 500 },
    )
  })
})

describe('entries that are none', () => {
  const send = async (
    entries: Forgery['entries'],
  ): Promise<{ node: Catalogue; error: AstraError | undefined }> => {
    const node = catalogue()
    const delta = await forge(NEIGHBOUR, crypto, { kind: 'services', incarnation: 1, entries, sequence: 3 })
    received(node, encodeMessage({ type: 'greeting', root: 0, count: 0, items: [] }))
    const error = received(node, encodeMessage({ type: 'deltas', deltas: [delta] }))
    return { node, error }
  }
  const good = serviceEntry(3, 'good')

  const records: [what: string, entry: Forgery['entries'][number]][] = [
    ['a service without a port', [2, 1, ['', 'echo'], [[], 1, '', '', 0]]],
    ['a wrong service name', serviceEntry(2, 'a:b')],
    ['a weight too large', [2, 1, ['', 'a', 1], [[], 65_536, '', '', 0]]],
    ['a tag too long', [2, 1, ['', 'a', 1], [['x'.repeat(256)], 1, '', '', 0]]],
    ['a node without addresses', [2, 0, [], [[]]]],
  ]
  it.each(records)('are passed over when their owner signed them: %s', async (_, entry) => {
    // Whoever passed them on is not to blame, and later versions may know what they are.
    const { node, error } = await send([entry, good])
    expect(error).toBeUndefined()
    expect(node.services().map((each) => each.name)).toEqual(['mine', 'good'])
  })

  const logs: [what: string, entries: Forgery['entries']][] = [
    ['a kind that is no number', [[1, 'x' as unknown as number, [], null]]],
    ['a sequence twice', [serviceEntry(1, 'a'), serviceEntry(1, 'b')]],
    ['a key twice', [serviceEntry(1, 'a'), serviceEntry(2, 'a')]],
    ['sequences that go back', [serviceEntry(2, 'a'), serviceEntry(1, 'b')]],
  ]
  it.each(logs)('are refused with their log: %s', async (_, entries) => {
    const { node, error } = await send([...entries, good])
    expect(error).toBeInstanceOf(AstraError)
    expect(node.services().map((each) => each.name)).toEqual(['mine'])
  })
})

describe('entries that cannot be read', () => {
  const entries: [what: string, entry: Forgery['entries'][number]][] = [
    ['a service without a port', [1, 1, ['', 'echo'], [[], 1, '', '', 0]]],
    ['a wrong service name', serviceEntry(1, 'a:b')],
    ['a weight too large', [1, 1, ['', 'a', 1], [[], 65_536, '', '', 0]]],
    ['a tag too long', [1, 1, ['', 'a', 1], [['x'.repeat(256)], 1, '', '', 0]]],
    ['a node without addresses', [1, 0, [], [[]]]],
  ]
  it.each(entries)('show nothing, and whoever passes them on is not to blame: %s', async (_, entry) => {
    const node = catalogue()
    const list = [entry, serviceEntry(2, 'good')]
    const delta = await forge(NEIGHBOUR, crypto, { kind: 'services', incarnation: 1, entries: list })
    expect(received(node, encodeMessage({ type: 'greeting', root: 0, count: 0, items: [] }))).toBeUndefined()
    expect(received(node, encodeMessage({ type: 'deltas', deltas: [delta] }))).toBeUndefined()
    expect(node.services().map((each) => each.name)).toEqual(['mine', 'good'])
    expect(node.node(NEIGHBOUR.nodeId)).toBeUndefined()
  })
})

describe('messages of a later version', () => {
  it('are read as far as they are known: further fields and kinds are passed over', async () => {
    const node = catalogue()
    const entries: Forgery['entries'] = [
      [1, 77, ['?'], ['?']],
      [2, 1, ['', 'echo', 7], [['tag'], 3, 'zone', 'version', 0, 'more']],
      nodeEntry(3, ['router']),
    ]
    const delta = await forge(NEIGHBOUR, crypto, { kind: 'services', incarnation: 1, entries })
    const message = encodeMessage({ type: 'deltas', deltas: [delta] }) as readonly unknown[]
    const greeting = encodeMessage({ type: 'greeting', root: 0, count: 0, items: [] }) as readonly unknown[]
    expect(received(node, [...greeting, 'more'])).toBeUndefined()
    expect(received(node, [...message, 'more'])).toBeUndefined()
    expect(node.resolve('', 'echo')).toMatchObject([{ port: 7, tags: ['tag'], weight: 3, zone: 'zone' }])
  })
})
