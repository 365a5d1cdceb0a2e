import { describe, expect, it } from 'vitest'
import { Catalogue } from '../src/index.js'
import { encodedBytes } from './encoded-bytes.js'
import { id } from './network.js'

const SERVICES = 5_000

/** A node with many entries and two neighbours, which it has sent everything. Both publish nothing themselves. */
function talkative(): { node: Catalogue; stateBytes: number } {
  const node = new Catalogue({ self: id(1), incarnation: 1_000 })
  for (let port = 0; port < SERVICES; port++) node.publishService({ name: `service-${port}`, port })
  for (const neighbour of [2, 3]) {
    node.neighbourUp(id(neighbour), 0)
    node.receive(id(neighbour), [0, []], 0)
  }
  const stateBytes = sentTo(node, 2, 0)
  expect(sentTo(node, 3, 0)).toBe(stateBytes)
  return { node, stateBytes }
}

/** The bytes of all that is due to a neighbour at `now`. */
function sentTo(node: Catalogue, neighbour: number, now: number): number {
  let bytes = 0
  for (let next = node.nextMessage(id(neighbour), now); next !== undefined;) {
    bytes += encodedBytes(next)
    next = node.nextMessage(id(neighbour), now)
  }
  return bytes
}

describe('a neighbour that asks for everything again and again', () => {
  it('gets it four times at once, then once in 10 s, and no other neighbour gets anything', () => {
    const { node, stateBytes } = talkative()
    let bytes = 0
    for (let time = 0; time < 500; time++) {
      expect(node.receive(id(2), [0, []], 1)).toBeUndefined()
      bytes += sentTo(node, 2, 1)
    }
    expect(bytes).toBeLessThan(5.1 * stateBytes)
    expect(bytes).toBeGreaterThan(3.5 * stateBytes)
    expect(sentTo(node, 3, 1)).toBe(0)
    bytes = 0
    for (let now = 1_000; now <= 41_000; now += 1_000) {
      node.receive(id(2), [0, []], now)
      bytes += sentTo(node, 2, now)
    }
    expect(bytes).toBeLessThan(5.1 * stateBytes)
    expect(sentTo(node, 3, 41_000)).toBe(0)
  })

  it('gets no more of it over new links', () => {
    const { node, stateBytes } = talkative()
    let bytes = 0
    for (let time = 0; time < 50; time++) {
      node.neighbourDown(id(2), 1)
      node.neighbourUp(id(2), 1)
      node.receive(id(2), [0, []], 1)
      bytes += sentTo(node, 2, 1)
    }
    expect(bytes).toBeLessThan(5.1 * stateBytes)
  })

  it('gets what has to wait later, and what is new behind it', () => {
    const { node, stateBytes } = talkative()
    while (node.dueAt(id(2), 1) === undefined) {
      node.receive(id(2), [0, []], 1)
      sentTo(node, 2, 1)
    }
    node.receive(id(2), [0, []], 1)
    node.publishService({ name: 'late', port: 1 })
    expect(sentTo(node, 2, 1)).toBe(0)
    expect(sentTo(node, 3, 1)).toBeGreaterThan(0)
    let bytes = 0
    for (let at = node.dueAt(id(2), 1); at !== undefined; at = node.dueAt(id(2), at))
      bytes += sentTo(node, 2, at)
    expect(bytes).toBeGreaterThan(0.9 * stateBytes)
    expect(node.nextMessage(id(2), 100_000)).toBeUndefined()
  })

  it('is not kept waiting when there is little to tell', () => {
    const node = new Catalogue({ self: id(1), incarnation: 1_000 })
    node.publishService({ name: 'a', port: 1 })
    for (let time = 0; time < 100; time++) {
      node.neighbourUp(id(2), 0)
      node.receive(id(2), [0, []], 0)
      expect(sentTo(node, 2, 0)).toBeGreaterThan(0)
      node.neighbourDown(id(2), 0)
    }
  })

  it.each([
    ['digests', [0, []]],
    ['restarts', [2]],
  ])('is cut when it does nothing else: %s', (_, message) => {
    const { node } = talkative()
    for (let count = 0; count < 1_023; count++) expect(node.receive(id(2), message, 0)).toBeUndefined()
    expect(node.receive(id(2), message, 0)?.code).toBe('ASTRA_ERR_REGISTRY_ABUSE')
    expect(node.receive(id(3), message, 0)).toBeUndefined()
    expect(node.receive(id(2), message, 200)).toBeUndefined()
  })

  it('is not cut on its next link, where somebody else may have used its id on the one before', () => {
    const { node } = talkative()
    for (const isDown of [false, true]) {
      for (let count = 0; count < 1_024; count++) node.receive(id(2), [2], 0)
      expect(node.receive(id(2), [2], 0)?.code).toBe('ASTRA_ERR_REGISTRY_ABUSE')
      if (isDown) node.neighbourDown(id(2), 0)
      node.neighbourUp(id(2), 0, 1_000)
      expect(node.receive(id(2), [2], 0)).toBeUndefined()
      expect(node.receive(id(2), [0, []], 0)).toBeUndefined()
    }
  })
})

describe('a gap', () => {
  it('is asked about once, not at each message that shows it', () => {
    const node = new Catalogue({ self: id(1), incarnation: 1 })
    const owner = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2])
    node.neighbourUp(id(2), 0)
    const whole = [1, owner, 1, 0, 1, false, [[1, 1, ['', 'echo', 1], [[], 1]]]]
    node.receive(id(2), whole, 0)
    const digests = (): number => {
      let count = 0
      for (let next = node.nextMessage(id(2), 0); next !== undefined; next = node.nextMessage(id(2), 0)) {
        if (next[0] === 0) count++
      }
      return count
    }
    expect(digests()).toBe(1)
    node.receive(id(2), [1, owner, 1, 1, 1, false, []], 0)
    let asked = 0
    for (let sequence = 5; sequence < 50; sequence++) {
      node.receive(id(2), [1, owner, 1, sequence, sequence, false, []], 0)
      asked += digests()
    }
    expect(asked).toBe(1)
    node.receive(id(2), [1, owner, 1, 1, 50, false, []], 0)
    node.receive(id(2), [1, owner, 1, 60, 61, false, []], 0)
    expect(digests()).toBe(1)
  })
})
