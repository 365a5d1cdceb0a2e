import { describe, expect, it } from 'vitest'
import { Catalogue, type PlainValue } from '../src/index.js'
import { Network, id, offersOf } from './network.js'

function pairOf(): Network {
  const network = new Network(2)
  network.linkUp(0, 1)
  network.settle()
  return network
}

describe('own services', () => {
  it('are offered at once, with their defaults', () => {
    const catalogue = new Catalogue({ self: id(1), incarnation: 1 })
    expect(catalogue.publishService({ name: 'echo', port: 7 })).toBe(true)
    const echo = { environment: '', name: 'echo', port: 7, nodeId: id(1), tags: [], weight: 1 }
    expect(catalogue.services()).toEqual([echo])
    expect(catalogue.resolve('', 'echo')).toEqual([echo])
    expect(catalogue.resolve('', 'echo', 8)).toEqual([])
    expect(catalogue.resolve('test', 'echo')).toEqual([])
  })

  it('are not changed by saying the same again, nor by withdrawing what is not there', () => {
    const catalogue = new Catalogue({ self: id(1), incarnation: 1 })
    expect(catalogue.publishService({ name: 'echo', port: 7, tags: ['a'] })).toBe(true)
    expect(catalogue.publishService({ name: 'echo', port: 7, tags: ['a'] })).toBe(false)
    expect(catalogue.publishService({ name: 'echo', port: 7, tags: ['b'] })).toBe(true)
    expect(catalogue.withdrawService({ name: 'echo', port: 8 })).toBe(false)
    expect(catalogue.withdrawService({ name: 'echo', port: 7 })).toBe(true)
    expect(catalogue.withdrawService({ name: 'echo', port: 7 })).toBe(false)
    expect(catalogue.services()).toEqual([])
  })

  it('do not change with what the caller does to its own objects afterwards', () => {
    const catalogue = new Catalogue({ self: id(1), incarnation: 1 })
    const tags = ['a']
    catalogue.publishService({ name: 'echo', port: 7, tags })
    tags.push('b')
    expect(catalogue.services()[0]?.tags).toEqual(['a'])
  })

  it.each([
    [{ name: 'a:b', port: 1 }, /service name/],
    [{ name: '', port: 1 }, /service name/],
    [{ name: 'a', port: -1 }, /port/],
    [{ name: 'a', port: 1, environment: 'a\nb' }, /environment/],
    [{ name: 'a', port: 1, environment: 'x'.repeat(256) }, /environment/],
    [{ name: 'a', port: 1, weight: 65_536 }, /weight/],
    [{ name: 'a', port: 1, weight: 0.5 }, /weight/],
    [{ name: 'a', port: 1, tags: Array.from({ length: 33 }, () => 't') }, /tags/],
    [{ name: 'a', port: 1, tags: ['é'.repeat(128)] }, /tag must be at most 255 bytes/],
  ])('are refused when they are wrong: %j', (service, message) => {
    const catalogue = new Catalogue({ self: id(1), incarnation: 1 })
    expect(() => catalogue.publishService(service)).toThrow(message)
  })

  it('fit at every limit', () => {
    const network = pairOf()
    const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(255, 'x'))
    const environment = 'e'.repeat(255)
    const name = 'n'.repeat(255)
    network.node(0).publishService({ environment, name, port: 0xffff_ffff, tags, weight: 65_535 })
    network.settle()
    expect(network.node(1).resolve(environment, name)).toMatchObject([
      { tags, weight: 65_535, port: 0xffff_ffff },
    ])
  })
})

describe('neighbours', () => {
  it('see each other offer and withdraw', () => {
    const network = pairOf()
    network.node(0).publishService({ name: 'echo', port: 7 })
    network.node(1).publishService({ name: 'echo', port: 8 })
    network.settle()
    const ports = (n: number): number[] =>
      network
        .node(n)
        .resolve('', 'echo')
        .map((each) => each.port)
    expect(ports(0)).toEqual([7, 8])
    expect(ports(1)).toEqual([7, 8])
    network.node(0).withdrawService({ name: 'echo', port: 7 })
    network.settle()
    expect(ports(1)).toEqual([8])
  })

  it('do not pass on what they hear', () => {
    const network = new Network(3)
    network.linkUp(0, 1)
    network.linkUp(1, 2)
    network.node(0).publishService({ name: 'echo', port: 7 })
    network.settle()
    expect(network.node(1).resolve('', 'echo')).toHaveLength(1)
    expect(network.node(2).resolve('', 'echo')).toHaveLength(0)
  })

  it('send nothing when there is nothing new, and little when they return', () => {
    const network = pairOf()
    for (let port = 0; port < 3_000; port++) network.node(0).publishService({ name: 'echo', port })
    network.settle()
    expect(network.settle()).toBe(0)
    network.linkDown(0, 1)
    expect(network.node(1).services()).toEqual([])
    network.linkUp(0, 1)
    // A digest and an answer each way, each of them sent and received.
    expect(network.settle()).toBe(8)
    expect(network.node(1).services()).toHaveLength(3_000)
  })

  it('that restarted show only what they offer in the new life', () => {
    const network = pairOf()
    network.node(0).publishService({ name: 'old', port: 1 })
    network.node(0).publishService({ name: 'both', port: 2 })
    network.settle()
    const again = network.restart(0, 2_000)
    again.publishService({ name: 'both', port: 3 })
    network.linkUp(0, 1)
    expect(offersOf(network.node(1), id(0))).toEqual([])
    network.settle()
    expect(offersOf(network.node(1), id(0))).toEqual(['/both:3 1 '])
  })

  it('that restarted without any service leave none behind', () => {
    const network = pairOf()
    network.node(0).publishService({ name: 'old', port: 1 })
    network.settle()
    network.restart(0, 2_000)
    network.linkUp(0, 1)
    network.settle()
    expect(network.node(1).services()).toEqual([])
  })

  it('that restarted with a clock set back move past what is remembered of them', () => {
    const network = pairOf()
    network.node(0).publishService({ name: 'old', port: 1 })
    network.settle()
    const again = network.restart(0, 5)
    again.publishService({ name: 'new', port: 2 })
    network.linkUp(0, 1)
    network.settle()
    expect(again.incarnation).toBe(1_001)
    expect(offersOf(network.node(1), id(0))).toEqual(['/new:2 1 '])
  })

  it('are offered without interruption while one link takes the place of another', () => {
    const network = pairOf()
    network.node(0).publishService({ name: 'echo', port: 1 })
    network.settle()
    const watch = network.node(1).watch(() => undefined)
    watch.take()
    network.node(0).publishService({ name: 'web', port: 2 })
    network.node(0).nextMessage(id(1), 0)
    network.linkUp(0, 1)
    expect(network.node(1).services()).toHaveLength(1)
    network.settle()
    expect(watch.take()).toMatchObject([{ kind: 'offered', service: { name: 'web' } }])
  })

  it('start a new link without the half of a snapshot that the old one carried', () => {
    const node = new Catalogue({ self: id(1), incarnation: 1 })
    const owner = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 2])
    const entry = (port: number): PlainValue => [port, 1, ['', 'echo', port], [[], 1]]
    node.neighbourUp(id(2), 0)
    node.receive(id(2), [1, owner, 1, 0, 2, false, [entry(1), entry(2)]], 0)
    node.receive(id(2), [1, owner, 1, 0, 2, true, [entry(2)]], 0)
    node.neighbourUp(id(2), 0)
    node.receive(id(2), [1, owner, 1, 2, 3, false, [entry(3)]], 0)
    expect(node.services()).toHaveLength(3)
  })

  it('that return show nothing withdrawn meanwhile, even while the news is still arriving', () => {
    const network = new Network(2, { maxEntriesPerMessage: 1 })
    network.linkUp(0, 1)
    network.node(0).publishService({ name: 'a', port: 1 })
    network.node(0).publishService({ name: 'b', port: 2 })
    network.settle()
    network.linkDown(0, 1)
    network.node(0).withdrawService({ name: 'a', port: 1 })
    network.node(0).withdrawService({ name: 'b', port: 2 })
    network.linkUp(0, 1)
    while (network.step(0, 1) + network.step(1, 0) > 0) expect(network.node(1).services()).toEqual([])
  })

  it('are forgotten after a while, and the longest gone first when they are too many', () => {
    const catalogueOf = (
      options: { forgetAfterMs?: number; maxRemembered?: number },
      wait: number,
    ): number => {
      const network = new Network(3, options)
      for (const other of [1, 2]) {
        network.linkUp(0, other)
        network.settle()
        network.linkDown(0, other)
      }
      network.now += wait
      network.linkUp(0, 1)
      const digest = network.node(0).nextMessage(id(1), 0)
      return (digest?.[1] as readonly unknown[]).length
    }
    expect(catalogueOf({}, 599_999)).toBe(1)
    expect(catalogueOf({}, 600_000)).toBe(1)
    expect(catalogueOf({ maxRemembered: 1 }, 0)).toBe(0)
    expect(catalogueOf({ maxRemembered: 2 }, 0)).toBe(1)
  })

  it('go down more than once without harm, also when they were never up', () => {
    const network = pairOf()
    network.node(0).neighbourDown(id(1), 0)
    network.node(0).neighbourDown(id(1), 0)
    network.node(0).neighbourDown(id(9), 0)
    expect(network.node(0).neighbours()).toEqual([])
    expect(network.node(0).nextMessage(id(1), 0)).toBeUndefined()
    expect(network.node(0).receive(id(1), 'anything', 0)).toBeUndefined()
  })

  it('are other nodes', () => {
    const catalogue = new Catalogue({ self: id(1), incarnation: 1 })
    expect(() => catalogue.neighbourUp(id(1), 0)).toThrow(/neighbour/)
  })
})

describe('node and link entries', () => {
  it('reach the neighbours and change the graph', () => {
    const network = pairOf()
    let changes = 0
    const stop = network.node(1).watchGraph(() => changes++)
    expect(network.node(0).setNode({ roles: ['router'], addresses: ['127.0.0.1:1'] })).toBe(true)
    expect(network.node(0).setNode({ roles: ['router'], addresses: ['127.0.0.1:1'] })).toBe(false)
    expect(network.node(0).publishLink(id(1), 2.5, 0)).toBe(true)
    network.settle()
    expect(network.node(1).node(id(0))).toEqual({
      kind: 'node',
      roles: ['router'],
      addresses: ['127.0.0.1:1'],
    })
    expect(network.node(0).link(id(0), id(1))?.cost).toBe(2.5)
    expect(network.node(1).link(id(0), id(1))).toEqual({ kind: 'link', neighbour: id(1) })
    expect(changes).toBe(1)
    network.linkDown(0, 1)
    expect(changes).toBe(2)
    expect(network.node(1).node(id(0))).toBeUndefined()
    expect(network.node(0).link(id(0), id(1))).toBeUndefined()
    stop()
    stop()
    network.linkUp(0, 1)
    expect(changes).toBe(2)
  })

  it('leave a measurement unpublished when there is no room for its entry', () => {
    const catalogue = new Catalogue({ self: id(0), incarnation: 1, maxEntriesPerOwner: 1 })
    catalogue.publishService({ name: 'echo', port: 1 })
    catalogue.neighbourUp(id(1), 0)
    expect(catalogue.publishLink(id(1), 1, 0)).toBe(false)
    expect(() => catalogue.setNode({ roles: [], addresses: [] })).toThrow(/maxEntriesPerOwner/)
  })
})

describe('a catalogue', () => {
  it.each([
    [{ incarnation: -1 }, /incarnation/],
    [{ incarnation: 2 ** 53 - 1 }, /incarnation/],
    [{ incarnation: 1, maxEntriesPerOwner: 0 }, /maxEntriesPerOwner/],
    [{ incarnation: 1, maxBytesPerOwner: 1 }, /maxBytesPerOwner/],
    [{ incarnation: 1, maxEntriesPerMessage: 1_025 }, /maxEntriesPerMessage/],
    [{ incarnation: 1, forgetAfterMs: 0.5 }, /forgetAfterMs/],
  ])('is not made with options out of range: %j', (options, message) => {
    expect(() => new Catalogue({ self: id(0), ...options })).toThrow(message)
  })
})
