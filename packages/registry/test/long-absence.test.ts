import { describe, expect, it } from 'vitest'
import { id, Network, offersOf, type NodeSetup } from './network.js'

const HOUR_MS = 3_600_000

/** Two pairs of routers, each with a plain node that offers two services; a link joins the two halves. */
function halves(setup: NodeSetup): Network {
  const network = new Network([
    setup,
    setup,
    setup,
    setup,
    { ...setup, role: 'node' },
    { ...setup, role: 'node' },
  ])
  network.linkUp([0, 1], [2, 3], [1, 2], [0, 4], [3, 5]).settle()
  for (const n of [4, 5]) {
    network.node(n).publishService({ name: 'kept', port: 1 })
    network.node(n).publishService({ name: 'old', port: 2 })
  }
  return network.pass(5_000)
}

function change(network: Network, n: number): void {
  network.node(n).withdrawService({ name: 'old', port: 2 })
  network.node(n).publishService({ name: 'new', port: 3 })
}

/** Everybody sees what both plain nodes offer after `change`, and nothing was reported meanwhile that had ended. */
function expectTruth(network: Network, seen: readonly string[]): void {
  expect(seen.filter((name) => name === 'old')).toEqual([])
  for (const node of network.nodes)
    for (const owner of [4, 5]) expect(offersOf(node, id(owner))).toEqual(['/kept:1 1 ', '/new:3 1 '])
  expect(network.cut).toEqual([])
}

/** Notes the names of all services that appear at any node. */
function watchAll(network: Network): () => string[] {
  const watches = network.nodes.map((node) => node.watch(() => undefined))
  for (const watch of watches) watch.take()
  return () =>
    watches.flatMap((watch) =>
      watch.take().flatMap(({ kind, service }) => (kind === 'remove' ? [] : [service.name])),
    )
}

describe.each<[what: string, setup: NodeSetup]>([
  ['that has forgotten what it could not reach', {}],
  ['that still holds all of it', { forgetAfterMs: 48 * HOUR_MS }],
])('a node %s', (_, setup) => {
  it('sees no service that ended while the network was split for a day', () => {
    const network = halves(setup)
    network.linkDown(1, 2)
    network.pass(HOUR_MS)
    for (const n of [4, 5]) change(network, n)
    network.pass(23 * HOUR_MS)
    const seen = watchAll(network)
    network.linkUp([1, 2]).pass(5_000)
    expectTruth(network, seen())
  }, 60_000)

  it('brings nothing back when it is a router that was away for hours', () => {
    const network = halves(setup)
    network.linkUp([0, 2]).pass(5_000)
    network.isolate(1)
    for (const n of [4, 5]) change(network, n)
    network.pass(7 * HOUR_MS)
    const seen = watchAll(network)
    network.linkUp([0, 1], [1, 2]).pass(5_000)
    expectTruth(network, seen())
  }, 60_000)
})
