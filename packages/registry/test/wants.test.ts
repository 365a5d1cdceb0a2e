import { describe, expect, it } from 'vitest'
import { Network } from './network.js'

/** A leaf, its router, and two nodes behind it that offer `echo` and `web`. */
function leafAndServers(): Network {
  const network = new Network([{ role: 'leaf' }, {}, { role: 'node' }, { role: 'node' }])
  network.linkUp([0, 1], [1, 2], [1, 3])
  network.node(2).publishService({ name: 'echo', port: 7 })
  network.node(3).publishService({ name: 'web', port: 8 })
  network.settle()
  return network
}

describe('a leaf that changes what it wants', () => {
  it.each([false, true])('gets a name again that it wanted before (told in between: %s)', (isTold) => {
    const network = leafAndServers()
    const want = network.node(0).want('', 'echo')
    network.settle()
    want.close()
    if (isTold) network.settle()
    const again = network.node(0).want('', 'echo')
    network.settle()
    expect(again.isAnswered).toBe(true)
    expect(network.node(0).services()).toHaveLength(1)
    network.node(2).publishService({ name: 'echo', port: 9 })
    network.settle()
    expect(network.node(0).services()).toHaveLength(2)
  })

  it.each([false, true])('gets everything again (told in between: %s)', (isTold) => {
    const network = leafAndServers()
    const want = network.node(0).wantAll()
    network.settle()
    want.close()
    if (isTold) network.settle()
    const again = network.node(0).wantAll()
    network.settle()
    expect(again.isAnswered).toBe(true)
    expect(network.node(0).services()).toHaveLength(2)
  })

  it.each([false, true])('gets one name after everything (told in between: %s)', (isTold) => {
    const network = leafAndServers()
    const want = network.node(0).wantAll()
    network.settle()
    want.close()
    if (isTold) network.settle()
    const again = network.node(0).want('', 'web')
    network.settle()
    expect(again.isAnswered).toBe(true)
    expect(network.node(0).services()).toHaveLength(1)
    network.node(2).publishService({ name: 'web', port: 9 })
    network.settle()
    expect(network.node(0).resolve('', 'web')).toHaveLength(2)
  })
})
