import { describe, expect, it } from 'vitest'
import type { Catalogue } from '../src/index.js'
import { id, Network, offersOf } from './network.js'

const ROUTERS = 24
const DELTAS = 3
const ANNOUNCE = 5

/** A ring with chords, at rest. */
function calmNetwork(): Network {
  const network = new Network(Array.from({ length: ROUTERS }, () => ({})))
  for (let n = 0; n < ROUTERS; n++) network.linkUp([n, (n + 1) % ROUTERS])
  for (let n = 0; n < ROUTERS; n += 2) network.linkUp([n, (n * 5 + 7) % ROUTERS])
  network.pass(30_000)
  network.takeSent()
  return network
}

describe('a change in a network at rest', () => {
  it('is sent to every node once, and announced later to those that did not show it', () => {
    const network = calmNetwork()
    for (let n = 0; n < ROUTERS; n++) {
      network.node(n).publishService({ name: 'echo', port: 1 })
      network.settle()
      for (const node of network.nodes) expect(offersOf(node, id(n))).toHaveLength(1)
      expect(network.takeSent()).toEqual({ [DELTAS]: ROUTERS - 1 })
    }
    network.pass(5_000)
    expect(network.takeSent()[ANNOUNCE]).toBeGreaterThan(0)
  })

  it('reaches every node at once when it is one of the links themselves', () => {
    const network = calmNetwork()
    const othersOf = (n: number): Catalogue[] => network.nodes.filter(({ self }) => self !== id(n))
    for (let n = 0; n < ROUTERS; n += 2) {
      const [a, b] = [n, (n * 5 + 7) % ROUTERS]
      network.linkDown(a, b)
      network.settle()
      for (const node of othersOf(a)) expect(node.link(id(a), id(b))).toBeUndefined()
      const lost = network.takeSent()
      expect(lost[ANNOUNCE] ?? 0).toBe(0)
      // Both ends publish it, each to all others.
      expect(lost[DELTAS]).toBeLessThanOrEqual(2.3 * ROUTERS)
      network.linkUp([a, b]).pass(30_000)
      for (const node of othersOf(a)) expect(node.link(id(a), id(b))).toBeDefined()
      network.takeSent()
    }
  })
})
