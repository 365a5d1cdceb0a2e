import type { NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteTable, type Route } from '../src/index.js'
import { catalogueOf, facts, id, Network } from './catalogues.js'

function tableOf(): { catalogue: ReturnType<typeof catalogueOf>; table: RouteTable } {
  const catalogue = catalogueOf(0)
  return { catalogue, table: new RouteTable(catalogue) }
}

describe('routes', () => {
  it('lead directly to each neighbour that is up, and to no other node', () => {
    const { catalogue, table } = tableOf()
    expect(table.routes()).toEqual([])
    catalogue.neighbourUp(facts(1), 0)
    expect(table.routes()).toEqual([
      { nodeId: id(1), distance: 0, kind: 'direct', isEncrypted: undefined, via: [], cost: undefined },
    ])
    expect(table.routeTo(id(1))).toEqual(table.routes()[0])
    expect(table.routeTo(id(2))).toBeUndefined()
    expect(table.routeTo(id(0))).toBeUndefined()
    catalogue.neighbourDown(id(1), 0)
    expect(table.routes()).toEqual([])
    expect(table.routeTo(id(1))).toBeUndefined()
  })

  it('are listed cheapest first, those not measured last, and by node id among equals', () => {
    const { catalogue, table } = tableOf()
    for (const n of [5, 4, 3, 2, 1]) catalogue.neighbourUp(facts(n), 0)
    catalogue.publishLink(id(4), 2, 0)
    catalogue.publishLink(id(2), 9.5, 0)
    catalogue.publishLink(id(3), 2, 0)
    expect(table.routes().map((each) => [each.nodeId, each.cost])).toEqual([
      [id(3), 2],
      [id(4), 2],
      [id(2), 9.5],
      [id(1), undefined],
      [id(5), undefined],
    ])
  })

  it('have no cost again after the link went down and came back', () => {
    const { catalogue, table } = tableOf()
    catalogue.neighbourUp(facts(1), 0)
    catalogue.publishLink(id(1), 2, 0)
    catalogue.neighbourDown(id(1), 0)
    catalogue.neighbourUp(facts(1), 0)
    expect(table.routeTo(id(1))?.cost).toBeUndefined()
  })
})

describe('routes over routers', () => {
  it('lead to all nodes behind them, with the cost of all links', () => {
    const network = new Network({ 1: 'router', 2: 'router' })
    network.link(0, 1, 4)
    network.link(1, 2, 10)
    network.link(2, 3, 2)
    const table = new RouteTable(network.node(0))
    expect(table.routes().map(({ nodeId, distance, via }) => [nodeId, distance, via])).toEqual([
      [id(1), 0, []],
      [id(2), 1, [id(1)]],
      [id(3), 2, [id(1), id(2)]],
    ])
    expect(table.routeTo(id(2))).toMatchObject({ distance: 1, cost: 14 })
    expect(table.routeTo(id(3))).toEqual(table.routes()[2])
    expect(table.routeTo(id(0))).toBeUndefined()
  })

  it('prefer a link to any way around, and the cheaper of two ways', () => {
    const network = new Network({ 1: 'router', 2: 'router', 3: 'router' })
    for (const [from, to, cost] of [
      [0, 1, 1],
      [0, 2, 1],
      [1, 3, 50],
      [2, 3, 5],
      [3, 4, 1],
    ] as const)
      network.link(from, to, cost)
    const table = new RouteTable(network.node(0))
    expect(table.routeTo(id(4))?.via).toEqual([id(2), id(3)])
    network.link(0, 4, 500)
    expect(table.routeTo(id(4))).toMatchObject({ distance: 0, via: [], cost: 500 })
    network.cut(0, 4)
    expect(table.routeTo(id(4))?.via).toEqual([id(2), id(3)])
    network.cut(2, 3)
    expect(table.routeTo(id(4))?.via).toEqual([id(1), id(3)])
    network.cut(1, 3)
    expect(table.routeTo(id(4))).toBeUndefined()
    expect(table.routes().map(({ nodeId }) => nodeId)).toEqual([id(1), id(2)])
  })

  it('do not lead through nodes that are no routers', () => {
    const network = new Network({})
    network.link(0, 1, 1)
    network.link(1, 2, 1)
    expect(new RouteTable(network.node(0)).routes().map(({ nodeId }) => nodeId)).toEqual([id(1)])
  })

  it('are watched as they come, change and go', () => {
    const network = new Network({ 1: 'router' })
    const table = new RouteTable(network.node(0))
    const watch = table.watch(() => undefined)
    const taken = (): [string, NodeId][] => watch.take().map(({ kind, route }) => [kind, route.nodeId])
    expect(taken()).toEqual([])
    network.link(1, 2, 1)
    network.link(0, 1, 1)
    expect(taken()).toEqual([
      ['add', id(1)],
      ['add', id(2)],
    ])
    network.link(0, 2, 1)
    expect(taken()).toEqual([['change', id(2)]])
    network.cut(0, 1)
    expect(taken()).toEqual([['remove', id(1)]])
  })
})

describe('a watch of routes', () => {
  it('reports first what there is, then what was added, changed and removed', () => {
    const { catalogue, table } = tableOf()
    catalogue.neighbourUp(facts(1), 0)
    let woken = 0
    const watch = table.watch(() => woken++)
    expect(watch.take()).toMatchObject([{ kind: 'add', route: { nodeId: id(1) } }])
    catalogue.neighbourUp(facts(2), 0)
    catalogue.publishLink(id(1), 3, 0)
    expect(woken).toBe(1)
    expect(watch.take()).toMatchObject([
      { kind: 'change', route: { nodeId: id(1), cost: 3 } },
      { kind: 'add', route: { nodeId: id(2) } },
    ])
    catalogue.neighbourDown(id(1), 0)
    expect(woken).toBe(2)
    expect(watch.take()).toMatchObject([{ kind: 'remove', route: { nodeId: id(1), cost: 3 } }])
    expect(watch.take()).toEqual([])
  })

  it('is not woken by services', () => {
    const { catalogue, table } = tableOf()
    let woken = 0
    table.watch(() => woken++)
    catalogue.publishService({ name: 'echo', port: 7 })
    expect(woken).toBe(0)
  })

  it('is silent after close, which may be called twice', () => {
    const { catalogue, table } = tableOf()
    let woken = 0
    const watch = table.watch(() => woken++)
    watch.close()
    watch.close()
    catalogue.neighbourUp(facts(1), 0)
    expect(woken).toBe(0)
    expect(watch.take()).toEqual([])
  })

  it('replayed gives the routes that there are, each change reported once', () => {
    const step = fc.record({
      do: fc.constantFrom('up' as const, 'down' as const, 'cost' as const, 'take' as const),
      node: fc.integer({ min: 1, max: 3 }),
      cost: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { catalogue, table } = tableOf()
        const watch = table.watch(() => undefined)
        const copy = new Map<NodeId, Route>()
        const take = (): void => {
          for (const { kind, route } of watch.take()) {
            if (kind === 'remove') expect(copy.get(route.nodeId)).toEqual(route)
            else expect(copy.get(route.nodeId)).not.toEqual(route)
            expect(copy.has(route.nodeId)).toBe(kind !== 'add')
            if (kind === 'remove') copy.delete(route.nodeId)
            else copy.set(route.nodeId, route)
          }
        }
        steps.forEach((each, index) => {
          const now = index * 20_000
          if (each.do === 'up') catalogue.neighbourUp(facts(each.node), now)
          else if (each.do === 'down') catalogue.neighbourDown(id(each.node), now)
          else if (each.do === 'cost') catalogue.publishLink(id(each.node), each.cost, now)
          else take()
        })
        take()
        expect(new Map(table.routes().map((route) => [route.nodeId, route]))).toEqual(copy)
      }),
    )
  })
})
