import { describe, expect, it } from 'vitest'
import type { ServiceChange, Watch } from '../src/index.js'
import { Network } from './network.js'

/** A node, a router and another node in a row, at rest. */
function row(): Network {
  const network = new Network([{ role: 'node' }, {}, { role: 'node' }]).linkUp([0, 1], [1, 2])
  network.pass(2_000)
  return network
}

function taken(watch: Watch<ServiceChange>): string[] {
  return watch.take().map(({ kind, service }) => `${kind} ${service.name}:${service.port}`)
}

describe('a watch of a catalogue', () => {
  it('reports first what is visible, then each change once and in order', () => {
    const network = row()
    network.node(0).publishService({ name: 'a', port: 1 })
    network.node(1).publishService({ name: 'b', port: 2 })
    network.settle()
    const watch = network.node(2).watch(() => undefined)
    expect(taken(watch).sort()).toEqual(['add a:1', 'add b:2'])
    network.node(0).publishService({ name: 'c', port: 3 })
    network.node(0).withdrawService({ name: 'a', port: 1 })
    network.settle()
    expect(taken(watch)).toEqual(['add c:3', 'remove a:1'])
    expect(taken(watch)).toEqual([])
  })

  it('reports changes of tags, weight, zone, version and health, with what was before', () => {
    const network = row()
    const service = { name: 'a', port: 1 }
    network.node(0).publishService(service)
    network.settle()
    const watch = network.node(2).watch(() => undefined)
    watch.take()
    for (const facts of [
      { tags: ['x'] },
      { weight: 0 },
      { zone: 'z' },
      { version: '2' },
      { health: 'failing' },
    ] as const) {
      network.node(0).publishService({ ...service, ...facts })
      network.settle()
      expect(watch.take()).toMatchObject([{ kind: 'change', service: facts }])
    }
    network.node(0).publishService(service)
    network.settle()
    expect(watch.take()).toMatchObject([
      { kind: 'change', before: { health: 'failing' }, service: { health: 'passing' } },
    ])
  })

  it('reports own services at once, and only the result of several changes', () => {
    const node = row().node(0)
    const watch = node.watch(() => undefined)
    watch.take()
    for (let n = 0; n < 1_000; n++) {
      node.publishService({ name: `brief-${n}`, port: 1 })
      node.withdrawService({ name: `brief-${n}`, port: 1 })
    }
    expect(taken(watch)).toEqual([])
    node.publishService({ name: 'stays', port: 1, weight: 2 })
    node.publishService({ name: 'stays', port: 1, weight: 3 })
    expect(watch.take()).toMatchObject([{ kind: 'add', service: { weight: 3 } }])
  })

  it('wakes once until it was taken from, when the call that made the change is complete', () => {
    const network = row()
    const seen: number[] = []
    const watch = network.node(2).watch(() => seen.push(network.node(2).services().length))
    for (let port = 0; port < 5; port++) network.node(0).publishService({ name: 'echo', port })
    network.settle()
    expect(seen).toEqual([5])
    network.node(0).publishService({ name: 'echo', port: 5 })
    network.settle()
    expect(seen).toEqual([5])
    expect(taken(watch)).toHaveLength(6)
    network.linkDown(0, 1)
    network.settle()
    expect(seen).toEqual([5, 0])
    expect(taken(watch)).toHaveLength(6)
  })

  it('does not wake for other environments and names than its own', () => {
    const network = row()
    let woken = 0
    const filter = { environment: 'test', name: 'echo' }
    const watch = network.node(2).watch(() => woken++, filter)
    watch.take()
    network.node(0).publishService({ name: 'echo', port: 1 })
    network.node(0).publishService({ environment: 'test', name: 'web', port: 2 })
    network.settle()
    expect(woken).toBe(0)
    network.node(0).publishService({ environment: 'test', name: 'echo', port: 3 })
    network.settle()
    expect(woken).toBe(1)
    expect(taken(watch)).toEqual(['add echo:3'])
  })

  it('lets its listener change the catalogue and take at once', () => {
    const node = row().node(0)
    const names: string[] = []
    const watch = node.watch(() => {
      names.push(...taken(watch))
      if (names.length === 1) node.publishService({ name: 'b', port: 2 })
    })
    node.publishService({ name: 'a', port: 1 })
    expect(names).toEqual(['add a:1', 'add b:2'])
  })

  it('is silent after close, which may be called twice, and does not disturb others', () => {
    const node = row().node(0)
    let woken = 0
    const closed = node.watch(() => woken++)
    const open = node.watch(() => woken++)
    closed.close()
    closed.close()
    node.publishService({ name: 'a', port: 1 })
    expect(woken).toBe(1)
    expect(closed.take()).toEqual([])
    expect(open.take()).toHaveLength(1)
  })
})
