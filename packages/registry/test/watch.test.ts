import { describe, expect, it } from 'vitest'
import { Catalogue } from '../src/index.js'
import { Network, id } from './network.js'

describe('a watch', () => {
  it('reports first what is offered, then each change once and in order', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
    node.publishService({ name: 'a', port: 1 })
    const watch = node.watch(() => undefined)
    expect(watch.take()).toMatchObject([{ kind: 'offered', service: { name: 'a' } }])
    node.publishService({ name: 'b', port: 2 })
    node.withdrawService({ name: 'a', port: 1 })
    expect(watch.take()).toMatchObject([
      { kind: 'offered', service: { name: 'b' } },
      { kind: 'withdrawn', service: { name: 'a', port: 1 } },
    ])
    expect(watch.take()).toEqual([])
  })

  it('reports only the result of several changes', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
    node.publishService({ name: 'stays', port: 1 })
    const watch = node.watch(() => undefined)
    watch.take()
    for (let n = 0; n < 1_000; n++) {
      node.publishService({ name: `brief-${n}`, port: 1 })
      node.withdrawService({ name: `brief-${n}`, port: 1 })
    }
    node.withdrawService({ name: 'stays', port: 1 })
    node.publishService({ name: 'stays', port: 1 })
    expect(watch.take()).toEqual([])
    node.publishService({ name: 'stays', port: 1, weight: 2 })
    node.publishService({ name: 'stays', port: 1, weight: 3 })
    expect(watch.take()).toMatchObject([{ kind: 'offered', service: { weight: 3 } }])
  })

  it('wakes once until it was taken from, at the end of the call that made the change', () => {
    const network = new Network(2)
    network.linkUp(0, 1)
    network.settle()
    const seen: number[] = []
    const watch = network.node(1).watch(() => seen.push(network.node(1).services().length))
    for (let port = 0; port < 5; port++) network.node(0).publishService({ name: 'echo', port })
    network.settle()
    expect(seen).toEqual([5])
    network.node(0).publishService({ name: 'echo', port: 5 })
    network.settle()
    expect(seen).toEqual([5])
    expect(watch.take()).toHaveLength(6)
    network.linkDown(0, 1)
    expect(seen).toEqual([5, 0])
    expect(watch.take()).toHaveLength(6)
  })

  it('lets its listener change the catalogue and take at once', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
    const names: string[] = []
    const watch = node.watch(() => {
      for (const { kind, service } of watch.take()) names.push(`${kind} ${service.name}`)
      if (names.length === 1) node.publishService({ name: 'b', port: 2 })
    })
    node.publishService({ name: 'a', port: 1 })
    expect(names).toEqual(['offered a', 'offered b'])
  })

  it('is silent after close, which may be called twice, and does not disturb others', () => {
    const node = new Catalogue({ self: id(0), incarnation: 1 })
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
