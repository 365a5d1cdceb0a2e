import { toNodeId, type NodeId } from '@astranet/interface'
import { Catalogue } from '@astranet/registry'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteTable, type Route } from '../src/index.js'

function id(n: number): NodeId {
  return toNodeId(BigInt(n))
}

function tableOf(): { catalogue: Catalogue; table: RouteTable } {
  const catalogue = new Catalogue({ self: id(0), incarnation: 1 })
  return { catalogue, table: new RouteTable(catalogue) }
}

describe('routes', () => {
  it('lead directly to each neighbour that is up, and to no other node', () => {
    const { catalogue, table } = tableOf()
    expect(table.routes()).toEqual([])
    catalogue.neighbourUp(id(1), 0)
    expect(table.routes()).toEqual([{ nodeId: id(1), distance: 0, via: [], cost: undefined }])
    expect(table.routeTo(id(1))).toEqual(table.routes()[0])
    expect(table.routeTo(id(2))).toBeUndefined()
    expect(table.routeTo(id(0))).toBeUndefined()
    catalogue.neighbourDown(id(1), 0)
    expect(table.routes()).toEqual([])
    expect(table.routeTo(id(1))).toBeUndefined()
  })

  it('are listed cheapest first, those not measured last, and by node id among equals', () => {
    const { catalogue, table } = tableOf()
    for (const n of [5, 4, 3, 2, 1]) catalogue.neighbourUp(id(n), 0)
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
    catalogue.neighbourUp(id(1), 0)
    catalogue.publishLink(id(1), 2, 0)
    catalogue.neighbourDown(id(1), 0)
    catalogue.neighbourUp(id(1), 0)
    expect(table.routeTo(id(1))?.cost).toBeUndefined()
  })
})

describe('a watch of routes', () => {
  it('reports first what there is, then what was added, changed and removed', () => {
    const { catalogue, table } = tableOf()
    catalogue.neighbourUp(id(1), 0)
    let woken = 0
    const watch = table.watch(() => woken++)
    expect(watch.take()).toMatchObject([{ kind: 'add', route: { nodeId: id(1) } }])
    catalogue.neighbourUp(id(2), 0)
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
    catalogue.neighbourUp(id(1), 0)
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
          if (each.do === 'up') catalogue.neighbourUp(id(each.node), now)
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
