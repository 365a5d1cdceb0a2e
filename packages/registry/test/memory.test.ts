import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { nodeIdToBytes } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { Catalogue, type PlainValue } from '../src/index.js'
import { decodeEntry } from '../src/proto/model/entry.js'
import { heldBytes, OWNER_BYTES } from '../src/proto/model/held-bytes.js'
import { Network, id, offersOf } from './network.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const OWNERS = 4

/** The part of what is counted that is held at least: V8 of Node 26 needs less for a record than those before. */
const MIN_SHARE = Number.parseInt(process.versions.node) < 26 ? 0.5 : 0.45

/** The heap that is used once everything unreachable is gone. */
function heapBytes(): number {
  for (let round = 0; round < 4; round++) collect()
  return process.memoryUsage().heapUsed
}

/** The value as it comes over the wire: no text shares its memory with another. */
function decoded(value: PlainValue): unknown {
  if (typeof value === 'string') return Buffer.from(value).toString()
  return Array.isArray(value) ? (value as readonly PlainValue[]).map(decoded) : value
}

type MakeEntry = (sequence: number, owner: number) => readonly PlainValue[]

/** Has four owners send `count` entries, once or (so that keys were compared) twice. */
function fill(node: Catalogue, count: number, entry: MakeEntry, rounds: number): void {
  for (let owner = 2; owner < 2 + OWNERS; owner++) {
    const ownerBytes = nodeIdToBytes(id(owner))
    for (let since = 0; since < rounds * count; since += 100) {
      const entries = Array.from({ length: 100 }, (_, n) => [
        since + n + 1,
        ...entry(((since + n) % count) + 1, owner),
      ])
      const delta = [1, ownerBytes, 1, since, since + 100, since + 100 < rounds * count, entries]
      const error = node.receive(id(owner), decoded(delta as PlainValue), 0)
      if (error !== undefined) throw error
    }
  }
}

/** What is counted for the same. */
function countedBytes(count: number, entry: MakeEntry): number {
  let bytes = OWNERS * OWNER_BYTES
  for (let owner = 2; owner < 2 + OWNERS; owner++) {
    for (let sequence = 1; sequence <= count; sequence++) {
      const record = decodeEntry(sequence, entry(sequence, owner))?.record
      if (record !== undefined) bytes += heldBytes(record)
    }
  }
  return bytes
}

function listening(): Catalogue {
  const node = new Catalogue({ self: id(1), incarnation: 1, maxHeldBytes: 2 ** 40 })
  for (let owner = 2; owner < 2 + OWNERS; owner++) node.neighbourUp(id(owner), 0)
  return node
}

const tag = (length: number, filler: string) => (sequence: number) =>
  Array.from({ length: 32 }, (_, n) => `${n}t${sequence}`.padEnd(length, filler))

const kinds: [string, number, MakeEntry][] = [
  ['small services', 4_200, (n) => [1, ['', `e${n}`, n], [[], 1]]],
  ['services of one name', 4_200, (n) => [1, ['', 'echo', n], [[], 1]]],
  ['services of long names', 2_100, (n) => [1, ['e'.repeat(255), `e${n}`.padEnd(255, 'x'), n], [[], 1]]],
  ['names outside Latin-1', 2_100, (n) => [1, ['', `e${n}`.padEnd(127, 'ж'), n], [[], 1]]],
  ['a name with one letter outside Latin-1', 2_100, (n) => [1, ['', `ж${n}`.padEnd(250, 'x'), n], [[], 1]]],
  ['services with short tags', 500, (n) => [1, ['', `e${n}`, n], [tag(10, 'y')(n), 1]]],
  ['services with long tags', 200, (n) => [1, ['', `e${n}`, n], [tag(255, 'y')(n), 1]]],
  ['links', 4_200, (n, owner) => [2, [nodeIdToBytes(id(n + owner * 100_000))], [n / 7]]],
]

describe('what is held of others', () => {
  it.each(kinds)(
    'takes no more of the heap than is counted, and about half of that or more: %s',
    (_, count, entry) => {
      const whole = Math.ceil(count / 100) * 100
      for (const rounds of [1, 2]) {
        const node = listening()
        const before = heapBytes()
        fill(node, whole, entry, rounds)
        const held = heapBytes() - before
        const counted = countedBytes(whole, entry)
        expect(held / counted).toBeLessThan(1)
        expect(held / counted).toBeGreaterThan(MIN_SHARE)
        expect(node.neighbours()).toHaveLength(OWNERS)
      }
    },
  )
})

describe('a neighbour that publishes little', () => {
  it('takes no more of the heap than is counted, and about half of that or more', () => {
    const count = 4_200
    const node = new Catalogue({ self: id(1), incarnation: 1 })
    const before = heapBytes()
    let counted = 0
    for (let n = 2; n < 2 + count; n++) {
      const self = [1, 0, [], [['router'], [`tcp4://10.0.0.1:${n}`]]] as const
      node.neighbourUp(id(n), 0, 5)
      expect(
        node.receive(id(n), decoded([1, nodeIdToBytes(id(n)), 5, 0, 1, false, [self]]), 0),
      ).toBeUndefined()
      node.receive(id(n), [0, []], 0)
      while (node.nextMessage(id(n), 0) !== undefined);
      const record = decodeEntry(1, self.slice(1))?.record
      counted += OWNER_BYTES + (record === undefined ? 0 : heldBytes(record))
    }
    const held = heapBytes() - before
    expect(held / counted).toBeLessThan(1)
    expect(held / counted).toBeGreaterThan(MIN_SHARE)
    expect(node.neighbours()).toHaveLength(count)
  })
})

describe('when there is no room for all', () => {
  /** `from` offers `count` services, each counted as some 1,000 bytes. */
  function publish(network: Network, from: number, count: number): void {
    for (let port = 1; port <= count; port++) network.node(from).publishService({ name: 'some', port })
  }

  it('the neighbour of whom most is held is refused, not the one that came last', () => {
    const network = new Network(4, { maxHeldBytes: 100_000 })
    publish(network, 1, 10)
    publish(network, 2, 70)
    publish(network, 3, 30)
    for (const other of [1, 2]) network.linkUp(0, other)
    network.settle()
    network.linkUp(0, 3)
    network.settle()
    expect(network.refused).toMatchObject([{ code: 'ASTRA_ERR_REGISTRY_LIMIT' }])
    expect(network.isUp(0, 2)).toBe(false)
    expect([1, 2, 3].map((n) => offersOf(network.node(0), id(n)).length)).toEqual([10, 0, 30])
    // Its room is free again.
    publish(network, 3, 60)
    network.settle()
    expect(network.refused).toHaveLength(1)
    expect(offersOf(network.node(0), id(3))).toHaveLength(60)
  })

  it('it is refused while it still sends, if it is the largest, and the others do not notice', () => {
    const network = new Network(3, { maxHeldBytes: 100_000, maxEntriesPerMessage: 10 })
    publish(network, 1, 20)
    publish(network, 2, 200)
    for (const other of [1, 2]) network.linkUp(0, other)
    network.settle()
    expect(network.refused).toMatchObject([{ message: expect.stringMatching(/publishes most of more/) }])
    expect([1, 2].map((n) => network.isUp(0, n))).toEqual([true, false])
    expect(offersOf(network.node(0), id(1))).toHaveLength(20)
  })

  it('those that are down are forgotten first, the largest of them before the others', () => {
    const network = new Network(4, { maxHeldBytes: 100_000 })
    publish(network, 1, 20)
    publish(network, 2, 40)
    publish(network, 3, 50)
    for (const other of [1, 2]) {
      network.linkUp(0, other)
      network.settle()
      network.linkDown(0, other)
    }
    network.linkUp(0, 3)
    network.settle()
    expect(network.refused).toEqual([])
    const isRemembered = (other: number): boolean => {
      network.linkUp(0, other)
      return (network.node(0).nextMessage(id(other), 0)?.[1] as unknown[]).length > 0
    }
    expect([1, 2].map(isRemembered)).toEqual([true, false])
  })

  it('what a node offered before its restart gives way to what it offers now', () => {
    const network = new Network(2, { maxHeldBytes: 100_000, maxEntriesPerMessage: 10 })
    publish(network, 1, 60)
    network.linkUp(0, 1)
    network.settle()
    network.restart(1, 2_000)
    publish(network, 1, 60)
    network.linkUp(0, 1)
    network.settle()
    expect(network.refused).toEqual([])
    expect(offersOf(network.node(0), id(1))).toHaveLength(60)
  })

  it('also when its new link comes up before the old one is noticed as broken', () => {
    const network = new Network(2, { maxHeldBytes: 100_000, maxEntriesPerMessage: 10 })
    publish(network, 1, 60)
    network.linkUp(0, 1)
    network.settle()
    const watch = network.node(0).watch(() => undefined)
    watch.take()
    network.replace(1, 2_000)
    publish(network, 1, 59)
    network.linkUp(0, 1)
    network.settle()
    expect(network.refused).toEqual([])
    expect(offersOf(network.node(0), id(1))).toHaveLength(59)
    expect(watch.take()).toMatchObject([{ kind: 'withdrawn', service: { port: 60 } }])
  })

  it('but what it sends now does not', () => {
    const network = new Network(2, { maxHeldBytes: 100_000, maxEntriesPerMessage: 10 })
    publish(network, 1, 60)
    network.linkUp(0, 1)
    network.settle()
    network.restart(1, 2_000)
    publish(network, 1, 120)
    network.linkUp(0, 1)
    network.settle()
    expect(network.refused).toMatchObject([{ code: 'ASTRA_ERR_REGISTRY_LIMIT' }])
    expect(network.node(0).services()).toEqual([])
  })
})
