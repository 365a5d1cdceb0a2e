import { describe, expect, it } from 'vitest'
import { Network, id } from './network.js'

describe('the cost of a link', () => {
  it('counts anew when it changed by a quarter and 5 ms, at most every 10 s', () => {
    const network = new Network([{}, {}]).linkUp([0, 1]).settle()
    const node = network.node(0)
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

  it('is published between routers only, and decides the way', () => {
    // A square of routers, and a plain node at one of its corners.
    const network = new Network([{}, {}, {}, {}, { role: 'node' }])
    network.linkUp([0, 1], [1, 2], [0, 3], [3, 2], [2, 4]).pass(1_000)
    const costs = [
      [0, 1, 10],
      [1, 2, 10],
      [0, 3, 4],
      [3, 2, 7],
      [2, 4, 1],
    ] as const
    for (const [a, b, cost] of costs) {
      network.node(a).publishLink(id(b), cost, network.now)
      network.node(b).publishLink(id(a), cost, network.now)
    }
    network.pass(2_000)
    expect(network.node(0).routeTo(id(4))?.via).toEqual([id(3), id(2)])
    expect(network.node(0).link(id(3), id(2))?.cost).toBe(7)
    expect(network.node(0).link(id(2), id(4))).toMatchObject({ neighbour: id(4), cost: undefined })
    network.linkDown(0, 3)
    network.settle()
    expect(network.node(0).routeTo(id(4))).toEqual({ via: [id(1), id(2)], costMs: 20 })
    expect(network.node(4).routeTo(id(3))?.via).toEqual([id(2)])
  })

  it('that wanders is not sent by a node that does not route, which knows it itself', () => {
    const network = new Network([{ role: 'node' }, {}]).linkUp([0, 1]).pass(1_000)
    network.node(0).publishLink(id(1), 20, network.now)
    network.settle().takeSent()
    for (let look = 1; look <= 5; look++) {
      network.pass(10_000)
      network.node(0).publishLink(id(1), 20 * 2 ** look, network.now)
    }
    network.settle()
    expect(network.takeSent()[3] ?? 0).toBe(0)
    expect(network.node(0).link(id(0), id(1))?.cost).toBe(640)
  })
})
