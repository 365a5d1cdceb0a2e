import { AstraError, nodeIdToBytes } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Catalogue } from '../src/index.js'
import { id } from './network.js'

const OWNER = nodeIdToBytes(id(2))

function catalogue(): Catalogue {
  const made = new Catalogue({ self: id(1), incarnation: 10 })
  made.publishService({ name: 'mine', port: 1 })
  made.neighbourUp(id(2), 0)
  return made
}

const entry = [1, 1, ['', 'echo', 7], [[], 1]]

describe('messages of a hostile neighbour', () => {
  it.each([
    ['an empty list', [], /1 to 64 items/],
    [
      'a delta that continues its own incarnation',
      [1, OWNER, 1, 0, 1, false, [], 1],
      /continues must be below/,
    ],
    ['not a list', 7, /message must be a list/],
    ['nothing', undefined, /message must be a list/],
    ['an unknown type', [9, []], /neither a digest, a delta nor a restart/],
    ['a digest of no list', [0, 7], /digest must be a list/],
    ['a digest of too many owners', [0, Array(1_025).fill([OWNER, 1, 1])], /0 to 1024 items/],
    ['a short digest item', [0, [[OWNER, 1]]], /digest item/],
    ['an owner of 7 bytes', [0, [[OWNER.subarray(1), 1, 1]]], /owner must be 8 bytes/],
    ['a negative version', [0, [[OWNER, -1, 1]]], /incarnation/],
    ['a version above 2^53 - 1', [0, [[OWNER, 2 ** 53, 1]]], /incarnation/],
    ['a short delta', [1, OWNER, 1, 0, 1, false], /7 fields/],
    ['a delta that ends before it starts', [1, OWNER, 1, 2, 1, false, []], /until/],
    ['more that is no boolean', [1, OWNER, 1, 0, 1, 0, []], /more must be a boolean/],
    ['too many entries', [1, OWNER, 1, 0, 2_000, false, Array(1_025).fill(entry)], /0 to 1024 items/],
    ['a sequence twice', [1, OWNER, 1, 0, 2, false, [entry, entry]], /sequences/],
    ['a sequence beyond until', [1, OWNER, 1, 0, 0, false, [entry]], /sequences/],
    ['a kind that is no number', [1, OWNER, 1, 0, 1, false, [[1, 'x', [], null]]], /kind/],
    [
      'a service without a port',
      [1, OWNER, 1, 0, 1, false, [[1, 1, ['', 'echo'], null]]],
      /key of a service/,
    ],
    ['a wrong service name', [1, OWNER, 1, 0, 1, false, [[1, 1, ['', 'a:b', 1], null]]], /service name/],
    ['a weight too large', [1, OWNER, 1, 0, 1, false, [[1, 1, ['', 'a', 1], [[], 65_536]]]], /weight/],
    ['a tag too long', [1, OWNER, 1, 0, 1, false, [[1, 1, ['', 'a', 1], [['x'.repeat(256)], 1]]]], /tag/],
    ['a node with no addresses', [1, OWNER, 1, 0, 1, false, [[1, 0, [], [[]]]]], /value of a node/],
    ['a link of infinite cost', [1, OWNER, 1, 0, 1, false, [[1, 2, [OWNER], [Infinity]]]], /cost/],
  ])('become an error that says what is wrong: %s', (_, message, sentence) => {
    const error = catalogue().receive(id(2), message, 0)
    expect(error?.code).toBe('ASTRA_ERR_REGISTRY_MESSAGE')
    expect(error?.message).toMatch(sentence)
  })

  it('may not speak for others, nor for this node', () => {
    for (const owner of [1, 3]) {
      const error = catalogue().receive(id(2), [1, nodeIdToBytes(id(owner)), 99, 0, 1, false, [entry]], 0)
      expect(error?.code).toBe('ASTRA_ERR_REGISTRY_OWNER')
    }
  })

  it('never throw, whatever they are, and leave own services alone', () => {
    const node = catalogue()
    fc.assert(
      fc.property(
        fc.anything({ withTypedArray: true, withBigInt: true, withSparseArray: true }),
        (message) => {
          const error = node.receive(id(2), message, 0)
          expect(error === undefined || error instanceof AstraError).toBe(true)
          expect(node.resolve('', 'mine')).toHaveLength(1)
        },
      ),
    )
  })

  it('never throw when they are nearly right', () => {
    const near = fc.oneof(
      fc.nat(3),
      fc.constant(null),
      fc.boolean(),
      fc.constant(OWNER),
      fc.string({ maxLength: 3 }),
    )
    const list = fc.array(near, { maxLength: 4 })
    const fuzzed = fc.oneof(near, list, fc.array(list, { maxLength: 2 }))
    const entries = fc.array(fc.tuple(fc.nat(4), fc.nat(3), fuzzed, fuzzed), { maxLength: 3 })
    const count = fc.oneof(fc.nat(5), fuzzed)
    const delta = fc.tuple(fc.constant(1), fc.constant(OWNER), count, count, count, fc.boolean(), entries)
    const digest = fc.tuple(fc.constant(0), fc.array(fc.tuple(fc.constant(OWNER), count, count)))
    fc.assert(
      fc.property(fc.array(fc.oneof(delta, digest), { maxLength: 10 }), (messages) => {
        const node = catalogue()
        for (const message of messages) {
          const error = node.receive(id(2), message, 0)
          expect(error === undefined || error instanceof AstraError).toBe(true)
          node.nextMessage(id(2), 0)
        }
      }),
    )
  })
})

describe('messages of a later version', () => {
  it('are read as far as they are known: further fields and kinds are passed over', () => {
    const node = catalogue()
    const known = [2, 1, ['', 'echo', 7, 'more'], [['tag'], 3, 'more'], 'more']
    const message = [1, OWNER, 1, 0, 2, false, [[1, 77, ['?'], ['?']], known], null, 'more']
    expect(node.receive(id(2), message, 0)).toBeUndefined()
    expect(node.resolve('', 'echo')).toMatchObject([{ port: 7, tags: ['tag'], weight: 3 }])
  })
})
