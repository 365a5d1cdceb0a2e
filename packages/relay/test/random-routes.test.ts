import type { NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RouteTable, type Route } from '../src/index.js'
import { id, Network } from './catalogues.js'

const NODES = 7

/** Node 0 and 1 are no routers. */
const ROLES = { 2: 'router', 3: 'router', 4: 'router', 5: 'router', 6: 'router' } as const

/** The links that are there now, by both ends, with the cost of each. */
class Links {
  readonly #costs = new Map<string, number>()

  set(a: number, b: number, cost: number | undefined): void {
    for (const key of [`${a} ${b}`, `${b} ${a}`]) {
      if (cost === undefined) this.#costs.delete(key)
      else this.#costs.set(key, cost)
    }
  }

  cost(a: number, b: number): number | undefined {
    return this.#costs.get(`${a} ${b}`)
  }

  /** The cost of the cheapest way over routers, by trying all. */
  cheapest(from: number, to: number, visited: readonly number[] = [from]): number {
    const direct = this.cost(from, to)
    let least = direct ?? Infinity
    // A neighbour is always reached directly.
    if (direct !== undefined && visited.length === 1) return direct
    for (const next of Object.keys(ROLES).map(Number)) {
      const cost = this.cost(from, next)
      if (next === to || visited.includes(next) || cost === undefined) continue
      least = Math.min(least, cost + this.cheapest(next, to, [...visited, next]))
    }
    return least
  }
}

const numbers = new Map<NodeId, number>(Array.from({ length: NODES }, (_, n) => [id(n), n]))

function isRouter(n: number): boolean {
  return n in ROLES
}

function numberOf(nodeId: NodeId): number {
  const number = numbers.get(nodeId)
  if (number === undefined) throw new Error('the node is not one of the network')
  return number
}

/** Each hop is a link that is there, all nodes between are routers, and none is visited twice. */
function checkPath(from: number, route: Route, links: Links): void {
  const path = [from, ...route.via.map(numberOf), numberOf(route.nodeId)]
  expect(new Set(path).size).toBe(path.length)
  for (const router of path.slice(1, -1)) expect(isRouter(router)).toBe(true)
  const costs = path.slice(1).map((to, index) => links.cost(path[index] as number, to))
  expect(costs).not.toContain(undefined)
  // What a link to a node costs that is no router, only that node knows.
  if (!isRouter(from) || !isRouter(numberOf(route.nodeId))) return
  const cost = costs.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  expect(cost).toBe(links.cheapest(from, numberOf(route.nodeId)))
}

test('while links come and go, each route is the cheapest, leads over links that are there, and has no loop', () => {
  const ends = fc.uniqueArray(fc.nat(NODES - 1), { minLength: 2, maxLength: 2 })
  const steps = fc.array(fc.record({ ends, cost: fc.integer({ min: 1, max: 90 }) }), {
    minLength: 8,
    maxLength: 10,
  })
  fc.assert(
    fc.property(steps, (changes) => {
      const [network, links] = [new Network(ROLES), new Links()]
      const tables = Array.from({ length: NODES }, (_, n) => new RouteTable(network.node(n)))
      for (const { ends: between, cost } of changes) {
        const [a, b] = between as [number, number]
        const isThere = links.cost(a, b) !== undefined
        if (isThere) network.cut(a, b)
        else network.link(a, b, cost)
        links.set(a, b, isThere ? undefined : cost)
        for (const [from, table] of tables.entries()) {
          const routes = table.routes()
          for (const route of routes) checkPath(from, route, links)
          const reached = routes.map(({ nodeId }) => numberOf(nodeId)).sort()
          const all = Array.from({ length: NODES }, (_, n) => n)
          expect(reached).toEqual(all.filter((to) => to !== from && links.cheapest(from, to) < Infinity))
        }
      }
    }),
    { numRuns: 5 },
  )
})

test('a route has at most 16 routers, however long the row is', () => {
  const length = 20
  const network = new Network(Object.fromEntries(Array.from({ length }, (_, n) => [n, 'router'])))
  for (let n = 1; n < length; n++) network.link(n - 1, n, 1)
  const table = new RouteTable(network.node(0))
  expect(table.routeTo(id(17))?.via).toHaveLength(16)
  expect(table.routeTo(id(18))).toBeUndefined()
  expect(table.routes()).toHaveLength(17)
})
