import { describe, expect, it, vi } from 'vitest'
import { Network, id, offersOf, type NodeSetup } from './network.js'

const DELTAS = 3
const ASK = 4

// The stars send some thousand messages, which takes a while where many tests run at once.
vi.setConfig({ testTimeout: 60_000 })

/** A router with plain nodes around it, each with one service; more logs than a greeting lists. */
function star(leaves: number): Network {
  const network = new Network([{}, ...Array.from({ length: leaves }, (): NodeSetup => ({ role: 'node' }))])
  for (let n = 1; n <= leaves; n++) {
    network.linkUp([0, n])
    network.node(n).publishService({ name: `service-${n}`, port: n })
  }
  return network.pass(2_000)
}

function sizes(network: Network): number[] {
  return network.nodes.map((node) => node.services().length)
}

describe('a link that comes up', () => {
  it('brings what differs, by the hash tree when that is much', () => {
    const network = star(66)
    expect(new Set(sizes(network))).toEqual(new Set([66]))
    network.isolate(1)
    network.pass(6_000)
    expect(network.node(1).services()).toHaveLength(1)
    expect(network.node(0).services()).toHaveLength(65)
    network.takeSent()
    network.linkUp([0, 1]).pass(1_000)
    expect(new Set(sizes(network))).toEqual(new Set([66]))
    // The isolated node held all of it still: only its own log and the router's links have changed.
    expect(network.takeSent()[DELTAS]).toBeLessThan(170)
  })

  it('joins two networks', () => {
    const network = new Network([{}, {}, {}, {}])
    network.linkUp([0, 1], [2, 3])
    for (const n of [0, 1, 2, 3]) network.node(n).publishService({ name: 'echo', port: n })
    network.pass(1_000)
    expect(sizes(network)).toEqual([2, 2, 2, 2])
    network.linkUp([1, 2]).pass(1_000)
    expect(sizes(network)).toEqual([4, 4, 4, 4])
    network.linkDown(1, 2)
    network.pass(100)
    expect(sizes(network)).toEqual([2, 2, 2, 2])
    network.node(0).withdrawService({ name: 'echo', port: 0 })
    network.node(3).publishService({ name: 'web', port: 9 })
    network.pass(60_000)
    network.linkUp([1, 2]).pass(1_000)
    expect(sizes(network)).toEqual([4, 4, 4, 4])
    expect(offersOf(network.node(3), id(0))).toEqual([])
    expect(network.cut).toEqual([])
  })

  it('asks one of several neighbours for each log', () => {
    const network = star(66)
    const joining = network.nodes.length
    network.addNode({})
    network.addNode({})
    network.linkUp([0, joining]).pass(1_000)
    network.linkUp([0, joining + 1], [joining, joining + 1])
    network.takeSent()
    network.pass(1_000)
    expect(network.node(joining + 1).services()).toHaveLength(66)
    expect(network.node(joining + 1).inspect().receivedEntryBytes).toBeLessThan(
      1.3 * network.node(joining).inspect().receivedEntryBytes,
    )
    expect(network.takeSent()[ASK]).toBeLessThan(20)
  })

  it('takes the place of another without a gap in what is visible', () => {
    const network = new Network([{}, {}, { role: 'node' }]).linkUp([0, 1], [1, 2])
    network.node(2).publishService({ name: 'echo', port: 1 })
    network.pass(1_000)
    const watch = network.node(0).watch(() => undefined)
    watch.take()
    network.node(2).publishService({ name: 'web', port: 2 })
    network.flush(2)
    network.linkUp([0, 1], [1, 2])
    network.pass(1_000)
    expect(watch.take()).toMatchObject([{ kind: 'add', service: { name: 'web' } }])
  })

  it('carries a log that is larger than a message', () => {
    const network = new Network([{}, {}, { role: 'node' }])
    for (let port = 0; port < 5_000; port++) network.node(2).publishService({ name: `service-${port}`, port })
    network.linkUp([0, 1], [1, 2]).pass(1_000)
    expect(sizes(network)).toEqual([5_000, 5_000, 5_000])
    network.node(2).withdrawService({ name: 'service-7', port: 7 })
    network.takeSent()
    network.settle()
    expect(sizes(network)).toEqual([4_999, 4_999, 4_999])
    expect(network.takeSent()).toEqual({ [DELTAS]: 2 })
  })
})

describe('what is not reachable', () => {
  it('is gone when its routers lose it, and forgotten after a while', () => {
    const network = new Network([{}, {}, { role: 'node', forgetAfterMs: 10_000 }, { role: 'node' }])
    network.linkUp([0, 1], [0, 2], [1, 3])
    network.node(3).publishService({ name: 'echo', port: 1 })
    network.pass(1_000)
    expect(network.node(2).services()).toHaveLength(1)
    network.isolate(3)
    network.settle()
    expect(network.node(2).services()).toEqual([])
    const logs = network.node(2).inspect().logs
    network.pass(9_000)
    expect(network.node(2).inspect().logs).toBe(logs)
    network.pass(2_000)
    expect(network.node(2).inspect().logs).toBe(logs - 1)
  })

  it('stays visible for a moment when the only router is lost, and through a change of routers', () => {
    const network = new Network([{ role: 'node' }, {}, {}, { role: 'node' }])
    network.linkUp([0, 1], [1, 2], [2, 3])
    network.node(3).publishService({ name: 'echo', port: 1 })
    network.pass(1_000)
    const watch = network.node(0).watch(() => undefined)
    watch.take()
    network.linkDown(0, 1)
    network.pass(4_000)
    expect(network.node(0).services()).toHaveLength(1)
    network.linkUp([0, 2]).pass(10_000)
    expect(watch.take()).toEqual([])
    expect(network.node(0).services()).toHaveLength(1)
    network.linkDown(0, 2)
    network.pass(4_999)
    expect(network.node(0).services()).toHaveLength(1)
    network.pass(2)
    expect(network.node(0).services()).toHaveLength(0)
  })

  it('leaves at once when it says so', () => {
    const network = new Network([{ role: 'node' }, {}, { role: 'node' }]).linkUp([0, 1], [1, 2])
    network.node(2).publishService({ name: 'echo', port: 1 })
    network.pass(1_000)
    network.node(2).leave(network.now)
    network.settle()
    expect(network.node(0).services()).toEqual([])
    expect(() => network.node(2).publishService({ name: 'echo', port: 1 })).toThrow('has left')
  })
})

describe('a quiet network', () => {
  it('sends a root now and then, and nothing else', () => {
    const network = new Network([{}, {}, { role: 'node' }]).linkUp([0, 1], [1, 2])
    network.node(0).publishService({ name: 'echo', port: 1 })
    network.pass(5_000)
    network.takeSent()
    network.pass(300_000)
    // Both routers to each other, and one of them to the plain node.
    expect(network.takeSent()).toEqual({ 10: 30 })
  })

  it('repairs what was lost without anybody noticing', () => {
    const network = new Network([{}, {}]).linkUp([0, 1])
    network.pass(1_000)
    network.node(0).publishService({ name: 'echo', port: 1 })
    network.flush(0)
    network.lose(0, 1)
    network.pass(29_000)
    expect(network.node(1).services()).toHaveLength(0)
    network.pass(70_000)
    expect(network.node(1).services()).toHaveLength(1)
  })
})
