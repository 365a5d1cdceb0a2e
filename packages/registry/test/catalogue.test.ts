import { describe, expect, it } from 'vitest'
import { Network, id, offersOf } from './network.js'

describe('two neighbours', () => {
  it('see each other offer, change and withdraw', () => {
    const network = new Network([{}, { role: 'node' }]).linkUp([0, 1])
    network.node(0).publishService({ name: 'echo', port: 7 })
    network.node(1).publishService({ name: 'web', port: 8 })
    network.settle()
    expect(offersOf(network.node(1), id(0))).toEqual(['/echo:7 1 '])
    expect(offersOf(network.node(0), id(1))).toEqual(['/web:8 1 '])
    network.node(0).publishService({ name: 'echo', port: 7, weight: 3 })
    network.node(1).withdrawService({ name: 'web', port: 8 })
    network.settle()
    expect(offersOf(network.node(1), id(0))).toEqual(['/echo:7 3 '])
    expect(offersOf(network.node(0), id(1))).toEqual([])
    expect(network.cut).toEqual([])
  })
})

describe('a row of routers', () => {
  it('passes on what each of them offers, and what it withdraws', () => {
    const network = new Network([{ role: 'node' }, {}, {}, {}, { role: 'node' }])
    network.linkUp([0, 1], [1, 2], [2, 3], [3, 4]).settle()
    network.node(0).publishService({ name: 'echo', port: 7 })
    network.pass(2_000)
    for (let n = 0; n < 5; n++) expect(offersOf(network.node(n), id(0))).toEqual(['/echo:7 1 '])
    expect(network.node(4).routeTo(id(0))?.via).toEqual([id(3), id(2), id(1)])
    network.node(0).withdrawService({ name: 'echo', port: 7 })
    network.settle()
    for (let n = 0; n < 5; n++) expect(network.node(n).services()).toEqual([])
  })
})

describe('a leaf', () => {
  it('is sent what it wants, and no more', () => {
    const network = new Network([{ role: 'leaf' }, {}, { role: 'node' }, { role: 'node' }])
    network.linkUp([0, 1], [1, 2], [1, 3])
    network.node(2).publishService({ name: 'echo', port: 7 })
    network.node(3).publishService({ name: 'web', port: 8 })
    network.settle()
    expect(network.node(0).services()).toEqual([])
    let answered = 0
    const want = network.node(0).want('', 'echo', () => answered++)
    network.settle()
    expect(want.isAnswered).toBe(true)
    expect(answered).toBe(1)
    expect(offersOf(network.node(0), id(2))).toEqual(['/echo:7 1 '])
    expect(network.node(0).inspect().logs).toBe(1)
    network.node(2).publishService({ name: 'echo', port: 9 })
    network.node(3).publishService({ name: 'echo', port: 10 })
    network.settle()
    expect(network.node(0).resolve('', 'echo')).toHaveLength(3)
    network.isolate(3)
    network.settle()
    expect(network.node(0).resolve('', 'echo')).toHaveLength(2)
    want.close()
    network.settle()
    expect(network.node(0).services()).toEqual([])
    expect(network.node(0).inspect().logs).toBe(0)
  })
})
