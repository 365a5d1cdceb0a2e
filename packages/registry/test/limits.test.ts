import { describe, expect, it } from 'vitest'
import { Catalogue, MAX_MESSAGE_BYTES, type PlainValue } from '../src/index.js'
import { resolveLimits } from '../src/proto/model/limits.js'
import { OwnerLog } from '../src/proto/log/owner-log.js'
import { checkServiceKey, checkServiceRecord, type ServiceRecord } from '../src/proto/model/record.js'
import { encodedBytes } from './encoded-bytes.js'
import { Network, id, offersOf } from './network.js'

function service(port: number, tags: readonly string[] = []): ServiceRecord {
  return checkServiceRecord(checkServiceKey('', 'echo', port), tags, 1)
}

describe('messages', () => {
  it('never exceed the limits in entries and bytes, and carry a large state in parts', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
    const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(252, 'é'))
    for (let port = 0; port < 5_000; port++) {
      node.publishService({
        name: 'ü'.repeat(127),
        environment: 'x',
        port,
        tags: port % 50 === 0 ? tags.map((t) => t.slice(0, 120)) : [],
      })
    }
    node.neighbourUp(id(1), 0)
    expect(node.receive(id(1), [0, []], 0)).toBeUndefined()
    let entries = 0
    for (let m = node.nextMessage(id(1), 0); m !== undefined; m = node.nextMessage(id(1), 0)) {
      expect(encodedBytes(m)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
      if (m[0] !== 1) continue
      const part = m[6] as readonly PlainValue[]
      expect(part.length).toBeLessThanOrEqual(1_024)
      entries += part.length
    }
    expect(entries).toBe(5_000)
  })
})

describe('what one owner may publish', () => {
  it('is limited in entries, for the publisher by a RangeError', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1, maxEntriesPerOwner: 2 })
    node.publishService({ name: 'echo', port: 1 })
    node.publishService({ name: 'echo', port: 2 })
    expect(() => node.publishService({ name: 'echo', port: 3 })).toThrow(/maxEntriesPerOwner/)
    node.publishService({ name: 'echo', port: 2, weight: 5 })
    node.withdrawService({ name: 'echo', port: 1 })
    node.publishService({ name: 'echo', port: 3 })
    expect(node.services()).toHaveLength(2)
  })

  it('is limited in bytes', () => {
    const log = new OwnerLog(1, resolveLimits({ maxBytesPerOwner: 65_536 }))
    const tags = Array.from({ length: 32 }, () => 'x'.repeat(255))
    let port = 0
    while (log.refusal(service(port, tags)) === undefined) log.put(service(port++, tags))
    expect(port).toBe(7)
    expect(() => log.put(service(port, tags))).toThrow(/maxBytesPerOwner/)
    log.withdraw(service(0))
    expect(log.put(service(port, tags))).toBe(true)
  })

  it('is refused from a neighbour that exceeds it, in deltas as in snapshots', () => {
    const strict = new Catalogue({ self: id(1), incarnation: 1, maxEntriesPerOwner: 2 })
    const owner = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2])
    const entry = (sequence: number): PlainValue => [sequence, 1, ['', 'echo', sequence], [[], 1]]
    strict.neighbourUp(id(2), 0)
    expect(strict.receive(id(2), [1, owner, 1, 0, 2, false, [entry(1), entry(2)]], 0)).toBeUndefined()
    expect(strict.receive(id(2), [1, owner, 1, 2, 3, false, [entry(3)]], 0)?.code).toBe(
      'ASTRA_ERR_REGISTRY_LIMIT',
    )
    const whole = [1, owner, 2, 0, 3, false, [entry(1), entry(2), entry(3)]]
    expect(strict.receive(id(2), whole, 0)?.code).toBe('ASTRA_ERR_REGISTRY_LIMIT')
  })
})

describe('tombstones', () => {
  it('stay bounded when ever new names come and go, and their neighbours stay current', () => {
    const network = new Network(2, { maxTombstones: 8 })
    network.linkUp(0, 1)
    network.node(0).publishService({ name: 'stays', port: 1 })
    for (let port = 0; port < 1_000; port++) {
      network.node(0).publishService({ name: 'goes', port })
      network.settle()
      network.node(0).withdrawService({ name: 'goes', port })
    }
    network.settle()
    expect(network.node(1).services()).toMatchObject([{ name: 'stays' }])
  })

  it('are compacted to a watermark: the older half goes, the newer half can still be sent', () => {
    const log = new OwnerLog(1, resolveLimits({ maxTombstones: 4 }))
    for (let port = 0; port < 5; port++) log.put(service(port))
    for (let port = 0; port < 4; port++) log.withdraw(service(port))
    expect(log.compactedTo).toBe(0)
    log.withdraw(service(4))
    expect(log.compactedTo).toBe(8)
    expect(log.partAfter(0).entries.map((each) => each.sequence)).toEqual([9, 10])
  })

  it('give way to a service that is published again', () => {
    const log = new OwnerLog(1, resolveLimits({}))
    log.put(service(1))
    log.withdraw(service(1))
    log.put(service(1))
    expect(log.partAfter(0)).toMatchObject({ entries: [{ sequence: 3, record: { port: 1 } }], until: 3 })
  })

  it('cause no snapshot for a neighbour that has received them', () => {
    const network = new Network(2, { maxTombstones: 0 })
    network.linkUp(0, 1)
    network.settle()
    for (let port = 1; port <= 3; port++) network.node(0).publishService({ name: 'echo', port })
    for (let port = 1; port <= 3; port++) {
      network.node(0).withdrawService({ name: 'echo', port })
      const [, , , since, until] = network.node(0).nextMessage(id(1), 0) ?? []
      expect(since).toBe(port === 1 ? 0 : 2 + port)
      expect(until).toBe(3 + port)
    }
  })

  it('do not make the log grow: changing one service for ever keeps one entry', () => {
    const log = new OwnerLog(1, resolveLimits({}))
    for (let n = 0; n < 10_000; n++) log.put(service(1, [`${n}`]))
    expect(log.partAfter(0)).toMatchObject({ entries: [{ sequence: 10_000 }], until: 10_000, hasMore: false })
  })
})

describe('an owner that keeps the limits', () => {
  const limits = { maxEntriesPerOwner: 2 }

  it('is not refused for what it had before, when it returns with other entries', () => {
    const network = new Network(2, limits)
    const node = network.node(0)
    node.publishService({ name: 'a', port: 1 })
    node.publishService({ name: 'b', port: 1 })
    network.linkUp(0, 1)
    network.settle()
    network.linkDown(0, 1)
    // Of what was written, c comes before the end of b: for a moment the receiver has all three.
    node.withdrawService({ name: 'a', port: 1 })
    node.publishService({ name: 'c', port: 1 })
    node.withdrawService({ name: 'b', port: 1 })
    node.publishService({ name: 'a', port: 1 })
    network.linkUp(0, 1)
    network.settle()
    expect(offersOf(network.node(1), id(0))).toEqual(['/a:1 1 ', '/c:1 1 '])
  })
})

describe('an owner that is refused', () => {
  it('leaves nothing behind that it withdrew with the same message', () => {
    const node = new Catalogue({ self: id(1), incarnation: 1, maxEntriesPerOwner: 2 })
    const owner = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2])
    const entry = (sequence: number, port: number): PlainValue => [sequence, 1, ['', 'echo', port], [[], 1]]
    node.neighbourUp(id(2), 0)
    node.receive(id(2), [1, owner, 1, 0, 1, false, [entry(1, 1)]], 0)
    const parts = [[2, 1, ['', 'echo', 1], null], entry(3, 3), entry(4, 4), entry(5, 5)]
    expect(node.receive(id(2), [1, owner, 1, 1, 5, false, parts], 0)?.code).toBe('ASTRA_ERR_REGISTRY_LIMIT')
    node.neighbourDown(id(2), 0)
    expect(node.services()).toEqual([])
  })
})
