import { nodeIdToBytes } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { Catalogue } from '../src/index.js'
import { encodedBytes } from './encoded-bytes.js'
import { id } from './network.js'

const NEIGHBOURS = 300

/** A node with many neighbours, all up to date, and its links measured once: 20 ms each. */
function hub(roles: { own: readonly string[]; theirs: readonly string[] }): Catalogue {
  const node = new Catalogue({ self: id(0), incarnation: 1 })
  node.setNode({ roles: roles.own, addresses: [] })
  for (let n = 1; n <= NEIGHBOURS; n++) {
    node.neighbourUp(id(n), 0)
    node.receive(id(n), [0, []], 0)
    const self = [1, 0, [], [roles.theirs, []]]
    expect(node.receive(id(n), [1, nodeIdToBytes(id(n)), 1, 0, 1, false, [self]], 0)).toBeUndefined()
  }
  measure(node, 0, () => 20)
  round(node, 0)
  return node
}

function measure(node: Catalogue, now: number, rttMs: (n: number) => number): void {
  for (let n = 1; n <= NEIGHBOURS; n++) node.publishLink(id(n), rttMs(n), now)
}

/** The bytes that are due to all neighbours together. */
function round(node: Catalogue, now: number): number {
  let bytes = 0
  for (let n = 1; n <= NEIGHBOURS; n++) {
    for (let next = node.nextMessage(id(n), now); next !== undefined; next = node.nextMessage(id(n), now)) {
      bytes += encodedBytes(next)
    }
  }
  return bytes
}

/** Round trips that wander between 10 and 40 ms, other ones at each look. */
const wandering = (look: number) => (n: number) => 10 + ((n * 7 + look * 13) % 31)

describe('the costs of 300 links that wander', () => {
  it('are not published by a node that does not route, and it knows them itself', () => {
    const node = hub({ own: [], theirs: ['router'] })
    for (let look = 1; look <= 10; look++) {
      measure(node, look * 10_000, wandering(look))
      expect(round(node, look * 10_000)).toBe(0)
    }
    expect(node.link(id(0), id(1))?.cost).toBeGreaterThanOrEqual(10)
  })

  it('are not published by a router for its links to nodes that do not route', () => {
    const node = hub({ own: ['router'], theirs: [] })
    measure(node, 10_000, wandering(1))
    expect(round(node, 10_000)).toBe(0)
  })

  it('are published between routers, and not while they stay within a quarter or 5 ms', () => {
    const node = hub({ own: ['router'], theirs: ['router'] })
    measure(node, 10_000, (n) => 20 + (n % 10) - 4.9)
    expect(round(node, 10_000)).toBe(0)
    measure(node, 20_000, (n) => (n === 7 ? 26 : 20))
    const bytes = round(node, 20_000)
    expect(bytes).toBeGreaterThan(0)
    expect(bytes / NEIGHBOURS).toBeLessThan(100)
  })
})

describe('the cost of a link', () => {
  /** Two routers that know each other. */
  function router(): Catalogue {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
    node.setNode({ roles: ['router'], addresses: [] })
    node.neighbourUp(id(1), 0)
    node.receive(id(1), [1, nodeIdToBytes(id(1)), 1, 0, 1, false, [[1, 0, [], [['router'], []]]]], 0)
    return node
  }

  it('counts anew when it changed by a quarter and 5 ms, at most every 10 s', () => {
    const node = router()
    expect(node.publishLink(id(2), 100, 0)).toBe(false)
    expect(node.publishLink(id(1), 100, 0)).toBe(true)
    expect(node.publishLink(id(1), 900, 9_999)).toBe(false)
    expect(node.publishLink(id(1), 124, 10_000)).toBe(false)
    expect(node.publishLink(id(1), 75, 10_000)).toBe(true)
    expect(node.link(id(0), id(1))?.cost).toBe(75)
    expect(node.publishLink(id(1), 8, 20_000)).toBe(true)
    expect(node.publishLink(id(1), 3.1, 30_000)).toBe(false)
    expect(node.publishLink(id(1), 13, 30_000)).toBe(true)
    expect(() => node.publishLink(id(1), Infinity, 0)).toThrow(/cost/)
  })

  it('is published when both have become routers, and no longer when one is none', () => {
    const node = router()
    node.setNode({ roles: [], addresses: [] })
    expect(node.publishLink(id(1), 20, 0)).toBe(true)
    expect(node.publishLink(id(1), 20, 10_000)).toBe(false)
    node.setNode({ roles: ['router'], addresses: [] })
    expect(node.publishLink(id(1), 20, 20_000)).toBe(true)
    node.setNode({ roles: [], addresses: [] })
    expect(node.publishLink(id(1), 20, 30_000)).toBe(true)
  })
})
