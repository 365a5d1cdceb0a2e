import { describe, expect, it } from 'vitest'
import { Network, id, offersOf } from './network.js'
import { promisedCrypto } from './support/identity.js'

describe('cryptography that answers later', () => {
  it('ends in the same as one that answers at once', async () => {
    const setup = { crypto: promisedCrypto }
    const network = new Network([setup, setup, setup, { ...setup, role: 'leaf' }])
    network.linkUp([0, 1], [1, 2], [2, 0], [2, 3])
    network.node(0).publishService({ name: 'echo', port: 1 })
    await network.settleLater()
    let answered = 0
    network.node(3).want('', 'echo', () => answered++)
    await network.settleLater()
    await network.passLater(1_000)
    for (let n = 0; n < 4; n++) expect(offersOf(network.node(n), id(0))).toEqual(['/echo:1 1 '])
    expect(answered).toBe(1)
    network.node(0).withdrawService({ name: 'echo', port: 1 })
    await network.passLater(1_000)
    for (let n = 0; n < 4; n++) expect(network.node(n).services()).toEqual([])
    expect(network.cut).toEqual([])
  })

  it('applies once what two neighbours send at the same time, and goes on with others meanwhile', async () => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let isHeld = false
    let verified = 0
    const crypto = {
      ...promisedCrypto,
      verify: async (...args: Parameters<typeof promisedCrypto.verify>) => {
        verified++
        if (isHeld) await held
        return await promisedCrypto.verify(...args)
      },
    }
    const network = new Network([{ role: 'node', crypto }, {}, {}, { role: 'node' }])
    network.linkUp([0, 1], [0, 2], [1, 2], [1, 3], [2, 3])
    network.node(3).publishService({ name: 'echo', port: 1 })
    await network.settleLater()
    await network.passLater(2_000)
    const changes = network.node(0).watch(() => undefined)
    changes.take()
    isHeld = true
    verified = 0
    network.node(3).publishService({ name: 'web', port: 2 })
    await network.passLater(1_000)
    expect(network.node(0).resolve('', 'web')).toEqual([])
    expect(network.node(0).services()).toHaveLength(1)
    isHeld = false
    release?.()
    await network.passLater(1_000)
    expect(changes.take()).toMatchObject([{ kind: 'add', service: { name: 'web' } }])
    // Both states of the routers' links may have come beside it.
    expect(verified).toBeLessThanOrEqual(2)
  })

  it('changes nothing any more when it answers after close, or after the link has gone', async () => {
    const setup = { crypto: promisedCrypto }
    const network = new Network([setup, setup]).linkUp([0, 1])
    await network.settleLater()
    network.node(1).publishService({ name: 'echo', port: 1 })
    network.flush(1)
    await new Promise((resolve) => setImmediate(resolve))
    network.flush(1)
    network.deliver(1, 0)
    network.node(0).close()
    network.node(0).close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(network.node(0).due(network.now)).toEqual([])
    expect(network.node(0).nextMessage(id(1), network.now)).toBeUndefined()
  })
})
