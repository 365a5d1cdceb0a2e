import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceChange, ServiceInstance, Watch } from '../src/index.js'
import { Network, id, offersOf } from './network.js'

const NODES = 3

// Few services and few pairs, so that the steps of a run meet each other.
const node = fc.nat(NODES - 1)
const pair = fc
  .tuple(node, fc.integer({ min: 1, max: NODES - 1 }))
  .map(([a, offset]) => ({ node: a, to: (a + offset) % NODES }))
const service = fc.record({
  environment: fc.constantFrom('', 'test'),
  name: fc.constantFrom('echo', 'web'),
  port: fc.constant(1),
  weight: fc.nat(2),
})
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
const step = fc.oneof(
  weighted(4, fc.record({ do: fc.constant('publish' as const), node, service })),
  weighted(4, fc.record({ do: fc.constant('withdraw' as const), node, service })),
  weighted(
    3,
    pair.map((each) => ({ do: 'up' as const, ...each })),
  ),
  weighted(
    2,
    pair.map((each) => ({ do: 'down' as const, ...each })),
  ),
  weighted(1, fc.record({ do: fc.constant('restart' as const), node, incarnation: fc.nat(3_000) })),
  weighted(
    6,
    pair.map((each) => ({ do: 'step' as const, ...each })),
  ),
  weighted(2, fc.record({ do: fc.constant('settle' as const), node })),
  weighted(2, fc.record({ do: fc.constant('take' as const), node })),
  weighted(1, fc.record({ do: fc.constant('wait' as const), node, ms: fc.constantFrom(1, 50, 100) })),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Keeps a copy of what is offered from the changes that a watch reports, and nothing else. */
class Mirror {
  readonly watch: Watch<ServiceChange>
  readonly #copy = new Map<string, ServiceInstance>()

  constructor(network: Network, n: number) {
    this.watch = network.node(n).watch(() => undefined)
  }

  take(): void {
    for (const { kind, service } of this.watch.take()) {
      const key = `${service.nodeId} ${service.environment}/${service.name}:${service.port}`
      const known = this.#copy.get(key)
      if (kind === 'withdrawn') {
        expect(known).toEqual(service)
        this.#copy.delete(key)
      } else {
        expect(known).not.toEqual(service)
        this.#copy.set(key, service)
      }
    }
  }

  get lines(): string[] {
    return lines([...this.#copy.values()])
  }
}

function lines(services: readonly ServiceInstance[]): string[] {
  return services
    .map((each) => `${each.nodeId} ${each.environment}/${each.name}:${each.port} ${each.weight}`)
    .sort()
}

function run(network: Network, mirrors: Mirror[], what: Step): void {
  const catalogue = network.node(what.node)
  switch (what.do) {
    case 'publish':
      return void catalogue.publishService(what.service)
    case 'withdraw':
      return void catalogue.withdrawService(what.service)
    case 'up':
      return network.linkUp(what.node, what.to)
    case 'down':
      return network.linkDown(what.node, what.to)
    case 'restart':
      network.restart(what.node, what.incarnation)
      mirrors[what.node] = new Mirror(network, what.node)
      return
    case 'step':
      return void network.step(what.node, what.to)
    case 'settle':
      return void network.settle()
    case 'take':
      return mirrors[what.node]?.take()
    case 'wait':
      network.now += what.ms
  }
}

/**
 * Two lives of a node must never speak in the same incarnation: the design demands that of the program that starts the
 * node, and a test that breaks it proves nothing.
 */
class Lives {
  readonly #lifeOf = new Map<string, number>()
  readonly #lives: number[] = []

  restarted(n: number): void {
    this.#lives[n] = (this.#lives[n] ?? 0) + 1
  }

  areDistinct(network: Network): boolean {
    return network.nodes.every((each, n) => {
      const key = `${n} ${each.incarnation}`
      const life = this.#lives[n] ?? 0
      const first = this.#lifeOf.get(key) ?? life
      this.#lifeOf.set(key, first)
      return first === life
    })
  }
}

/** What must hold at every moment: only a node with a link shows, and nothing that it never offered in this life. */
function checkNoGhosts(network: Network, everOffered: readonly Set<string>[]): void {
  for (let reader = 0; reader < NODES; reader++) {
    for (let owner = 0; owner < NODES; owner++) {
      if (owner === reader) continue
      const seen = offersOf(network.node(reader), id(owner))
      if (!network.isUp(reader, owner)) expect(seen).toEqual([])
      for (const line of seen) expect(everOffered[owner]).toContain(line)
    }
  }
}

describe('catalogues that exchange messages', () => {
  it('agree with what each neighbour offers after any interleaving, and show no ghosts on the way', () => {
    const limits = fc.record({
      maxTombstones: fc.nat(2),
      maxEntriesPerMessage: fc.integer({ min: 1, max: 3 }),
      maxRemembered: fc.nat(2),
      forgetAfterMs: fc.constantFrom(0, 100, 1_000_000),
    })
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 80, size: 'max', minLength: 10 }), (options, steps) => {
        const network = new Network(NODES, options)
        const mirrors = network.nodes.map((_, n) => new Mirror(network, n))
        const lives = new Lives()
        const everOffered = network.nodes.map(() => new Set<string>())
        for (const what of steps) {
          run(network, mirrors, what)
          if (what.do === 'restart') {
            everOffered[what.node] = new Set()
            lives.restarted(what.node)
          }
          fc.pre(lives.areDistinct(network))
          network.nodes.forEach((each, n) =>
            offersOf(each, id(n)).forEach((line) => everOffered[n]?.add(line)),
          )
          checkNoGhosts(network, everOffered)
        }
        network.settle()
        fc.pre(lives.areDistinct(network))
        for (let reader = 0; reader < NODES; reader++) {
          for (let owner = 0; owner < NODES; owner++) {
            const isSeen = reader === owner || network.isUp(reader, owner)
            const offered = offersOf(network.node(owner), id(owner))
            expect(offersOf(network.node(reader), id(owner))).toEqual(isSeen ? offered : [])
          }
          mirrors[reader]?.take()
          expect(mirrors[reader]?.lines).toEqual(lines(network.node(reader).services()))
          expect(mirrors[reader]?.watch.take()).toEqual([])
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('find services by name exactly as by listing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const network = new Network(NODES)
        const mirrors = network.nodes.map((_, n) => new Mirror(network, n))
        for (const what of steps) run(network, mirrors, what)
        for (const catalogue of network.nodes) {
          for (const name of ['echo', 'web', 'none']) {
            const listed = catalogue.services({ environment: 'test', name })
            expect(lines(catalogue.resolve('test', name))).toEqual(lines(listed))
            const atPort = listed.filter((each) => each.port === 1)
            expect(lines(catalogue.resolve('test', name, 1))).toEqual(lines(atPort))
          }
        }
      }),
    )
  })
})
