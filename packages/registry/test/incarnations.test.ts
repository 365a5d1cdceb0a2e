import { nodeIdToBytes } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { Catalogue, type RegistryMessage } from '../src/index.js'
import { Network, id, offersOf } from './network.js'

const SELF = nodeIdToBytes(id(1))

/** A node with a service, two neighbours that know it, and the incarnation 1,000. */
function known(): Catalogue {
  const node = new Catalogue({ self: id(1), incarnation: 1_000 })
  node.publishService({ name: 'mine', port: 1 })
  for (const neighbour of [2, 3]) {
    node.neighbourUp(id(neighbour), 0)
    expect(node.receive(id(neighbour), [0, []], 0)).toBeUndefined()
    drain(node, neighbour, 0)
  }
  return node
}

function drain(node: Catalogue, neighbour: number, now: number): RegistryMessage[] {
  const messages: RegistryMessage[] = []
  for (let next = node.nextMessage(id(neighbour), now); next !== undefined;) {
    messages.push(next)
    next = node.nextMessage(id(neighbour), now)
  }
  return messages
}

function claim(incarnation: number, sequence = 0): unknown {
  return [0, [[SELF, incarnation, sequence]]]
}

describe('a claim about this node itself', () => {
  it.each([2 ** 53 - 1, 2 ** 53 - 2, 1_000 + 2 ** 40 + 1])(
    'of an incarnation that it cannot have had costs the claimant the link: %d',
    (incarnation) => {
      const node = known()
      const error = node.receive(id(2), claim(incarnation), 0)
      expect(error?.code).toBe('ASTRA_ERR_REGISTRY_INCARNATION')
      expect(error?.message).toMatch(/claims an incarnation of this node that it cannot have had/)
      expect(node.incarnation).toBe(1_000)
    },
  )

  it.each([1_000 + 2 ** 40, 1_001, 1_000])('that can be true is passed: %d', (incarnation) => {
    const node = known()
    expect(node.receive(id(2), claim(incarnation, 99), 0)).toBeUndefined()
    expect(node.incarnation).toBe(incarnation + 1)
  })

  it('costs the others nothing: they go on from what they know when there is something new', () => {
    const node = known()
    node.receive(id(2), claim(5_000), 0)
    expect(drain(node, 3, 0)).toEqual([])
    node.publishService({ name: 'more', port: 2 })
    expect(drain(node, 3, 0)).toEqual([
      [1, SELF, 5_001, 1, 2, false, [[2, 1, ['', 'more', 2], [[], 1]]], 1_000],
    ])
    node.publishService({ name: 'more', port: 3 })
    expect(drain(node, 3, 0)).toEqual([[1, SELF, 5_001, 2, 3, false, [[3, 1, ['', 'more', 3], [[], 1]]]]])
  })

  it('moves it at most once in 10 s, then past the highest of those that came meanwhile', () => {
    const node = known()
    node.receive(id(2), claim(2_000), 0)
    expect(node.incarnation).toBe(2_001)
    for (const incarnation of [3_000, 4_000, 3_500]) {
      expect(node.receive(id(3), claim(incarnation), 9_999)).toBeUndefined()
    }
    expect(node.incarnation).toBe(2_001)
    const seen: number[] = []
    node.watchGraph(() => seen.push(node.incarnation))
    node.nextMessage(id(2), 10_000)
    expect(node.incarnation).toBe(4_001)
    expect(seen).toEqual([4_001])
  })

  it('is answered with everything, also while it must wait', () => {
    const node = known()
    node.receive(id(2), claim(2_000), 0)
    node.receive(id(3), claim(3_000, 7), 1)
    const [delta] = drain(node, 3, 1)
    expect(delta?.slice(0, 6)).toEqual([1, SELF, 2_001, 0, 1, false])
  })
})

describe('a node whose clock was set back', () => {
  it('shows at once to all who remember later lives of it, and closes no link', () => {
    const network = new Network(4)
    for (const [neighbour, incarnation] of [
      [1, 5_000],
      [2, 9_000],
      [3, 7_000],
    ] as const) {
      network.restart(0, incarnation).publishService({ name: 'old', port: 1 })
      network.linkUp(0, neighbour)
      network.settle()
    }
    network.restart(0, 1_000).publishService({ name: 'new', port: 2 })
    for (const neighbour of [1, 2, 3]) network.linkUp(0, neighbour)
    network.settle()
    for (const neighbour of [1, 2, 3]) {
      expect(offersOf(network.node(neighbour), id(0))).toEqual(['/new:2 1 '])
    }
  })
})

describe('a node whose id somebody else has used', () => {
  const LATE = 2 ** 53 - 2

  /** Node 1 has received node 0's entries in the latest possible incarnation. */
  function remembering(): Network {
    const network = new Network(2)
    network.restart(0, LATE).publishService({ name: 'forged', port: 1 })
    network.linkUp(0, 1)
    network.settle()
    network.restart(0, 1_000).publishService({ name: 'true', port: 2 })
    return network
  }

  it('is believed as soon as it is there: what is remembered neither closes its link nor hides it', () => {
    const network = remembering()
    network.linkUp(0, 1)
    network.settle()
    expect(offersOf(network.node(1), id(0))).toEqual(['/true:2 1 '])
    expect(network.node(0).incarnation).toBe(1_000)
  })

  it('is believed on a link that takes the place of the forger’s, and nothing forged stays', () => {
    const network = remembering()
    const { [1]: reader } = network.nodes
    const node = network.restart(0, LATE)
    node.publishService({ name: 'forged', port: 1 })
    network.linkUp(0, 1)
    network.settle()
    network.nodes[0] = new Catalogue({ self: id(0), incarnation: 1_000 })
    network.node(0).publishService({ name: 'true', port: 2 })
    network.linkUp(0, 1)
    expect(offersOf(reader as Catalogue, id(0))).toEqual(['/forged:1 1 '])
    network.settle()
    expect(offersOf(reader as Catalogue, id(0))).toEqual(['/true:2 1 '])
  })

  it.each([2 ** 50, 1_000 + 2 ** 40 + 1])(
    'keeps its link and is believed on it when the forger began with its incarnation and went on to %d',
    (late) => {
      const node = new Catalogue({ self: id(1), incarnation: 1_000 })
      node.publishService({ name: 'true', port: 2 })
      const reader = new Catalogue({ self: id(2), incarnation: 1_000 })
      reader.neighbourUp(id(1), 0, 1_000)
      const forged = [1, SELF, late, 0, 1, false, [[1, 1, ['', 'forged', 1], [[], 1]]]]
      expect(reader.receive(id(1), forged, 0)).toBeUndefined()
      expect(offersOf(reader, id(1))).toEqual(['/forged:1 1 '])
      reader.neighbourUp(id(1), 0, 1_000)
      node.neighbourUp(id(2), 0, 1_000)
      for (const [from, to] of [
        [reader, node],
        [node, reader],
      ] as const) {
        for (const message of drain(from, Number(to.self), 0))
          expect(to.receive(from.self, message, 0)).toBeUndefined()
      }
      expect(offersOf(reader, id(1))).toEqual(['/true:2 1 '])
      expect(node.incarnation).toBe(1_000)
    },
  )

  it('is forgotten 10 minutes after it last confirmed its entries, however often its link comes up without a message', () => {
    const network = new Network(2)
    network.node(0).publishService({ name: 'a', port: 1 })
    network.linkUp(0, 1)
    network.settle()
    network.linkDown(0, 1)
    for (; network.now < 600_000; network.now += 60_000) {
      network.linkUp(0, 1)
      const digest = network.node(1).nextMessage(id(0), network.now)
      expect(digest).toMatchObject([0, [{ length: 3 }]])
      network.linkDown(0, 1)
    }
    network.linkDown(0, 1)
    network.linkUp(0, 1)
    network.linkDown(0, 1)
    network.linkUp(0, 1)
    expect(network.node(1).nextMessage(id(0), network.now)).toEqual([0, []])
  })
})
