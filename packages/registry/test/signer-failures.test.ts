import { describe, expect, it } from 'vitest'
import type { RegistrySigner } from '../src/index.js'
import { id, Network, offersOf, signerOf } from './network.js'

/** A signer of the first node that fails when the test says so. */
function failing(how: 'later' | 'at once'): {
  readonly signer: RegistrySigner
  isBroken: boolean
  signed: number
} {
  const { nodeId, publicKey, sign } = signerOf(0)
  const state = { isBroken: false, signed: 0, signer: { nodeId, publicKey, sign: signOrFail } }
  function signOrFail(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    state.signed++
    if (how === 'at once') {
      if (state.isBroken) throw new Error('the key store is locked')
      return sign(message)
    }
    return state.isBroken
      ? Promise.reject(new Error('the key store is locked'))
      : Promise.resolve(sign(message))
  }
  return state
}

describe.each(['later', 'at once'] as const)('a signer that fails %s', (how) => {
  it('is reported once and asked again, and what has changed is sent when it works', async () => {
    const broken = failing(how)
    const network = new Network([{ signer: broken.signer }, {}]).linkUp([0, 1])
    await network.passLater(1_000)
    const [node, other] = [network.node(0), network.node(1)]
    broken.isBroken = true
    broken.signed = 0
    node.publishService({ name: 'echo', port: 1 })
    await network.passLater(5_000)
    expect(node.takeReports()).toEqual([
      {
        kind: 'unsigned',
        owner: id(0),
        speaker: undefined,
        text: expect.stringContaining('the key store is locked'),
      },
    ])
    expect(broken.signed).toBeGreaterThan(2)
    expect(broken.signed).toBeLessThanOrEqual(6)
    expect(offersOf(other, id(0))).toEqual([])
    expect(node.dueAt(network.now)).toBeLessThanOrEqual(network.now + 1_000)
    broken.isBroken = false
    await network.passLater(2_000)
    expect(offersOf(other, id(0))).toEqual(['/echo:1 1 '])
    broken.isBroken = true
    node.publishService({ name: 'echo', port: 2 })
    await network.passLater(1_000)
    expect(node.takeReports()).toMatchObject([{ kind: 'unsigned' }])
    expect(network.cut).toEqual([])
  })

  it('before anything was signed does not stop the node for good', async () => {
    const broken = failing(how)
    broken.isBroken = true
    const network = new Network([{ signer: broken.signer }, {}]).linkUp([0, 1])
    network.node(0).publishService({ name: 'echo', port: 1 })
    await network.passLater(3_000)
    expect(offersOf(network.node(1), id(0))).toEqual([])
    broken.isBroken = false
    await network.passLater(3_000)
    expect(offersOf(network.node(1), id(0))).toEqual(['/echo:1 1 '])
  })
})
