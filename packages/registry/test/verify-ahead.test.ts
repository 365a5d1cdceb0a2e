import type { AstraError } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { Catalogue, type RegistryCrypto, type RegistrySigner } from '../src/index.js'
import type { Delta } from '../src/proto/log/delta.js'
import { encodeMessage } from '../src/proto/wire/encode.js'
import { deltasAhead, MAX_VERIFIED_AHEAD } from '../src/proto/sync/verify-ahead.js'
import { identity, nodeCrypto } from './support/identity.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

const router = identity(1)

/** Checks signatures when the test says so. */
class SlowCrypto implements RegistryCrypto {
  readonly hash = nodeCrypto.hash
  readonly nodeIdOf = nodeCrypto.nodeIdOf
  readonly waiting: (() => void)[] = []
  started = 0
  fails = false

  verify(...signed: Parameters<RegistryCrypto['verify']>): Promise<boolean> {
    this.started++
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        if (this.fails) reject(new Error('out of order'))
        else resolve(nodeCrypto.verify(...signed))
      })
    })
  }
}

/** A catalogue whose neighbour is a router. */
function listening(crypto: RegistryCrypto): Catalogue {
  const signer = identity(2)
  const random = (): number => 0.5
  const catalogue = new Catalogue({ signer, crypto, incarnation: 1, role: 'node', catalogue: 'all', random })
  catalogue.neighbourUp({ nodeId: router.nodeId, incarnation: 1, role: 'router', holdsAll: true }, 0)
  return catalogue
}

const owners: readonly RegistrySigner[] = Array.from({ length: 60 }, (_, n) => identity(n + 10))

function logDelta(owner: RegistrySigner): Delta {
  const log = ownLog()
  log.put(service(owner.nodeId, 'echo', 7))
  sealed(log, owner)
  return deltaOf(log, owner)
}

function receive(catalogue: Catalogue, deltas: readonly Delta[]): Promise<AstraError | undefined> {
  const outcome = catalogue.receive(router.nodeId, encodeMessage({ type: 'deltas', deltas }), 1)
  return Promise.resolve(outcome)
}

/** Lets everything happen that waits for nothing else. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Answers everything, also what is asked for meanwhile. */
async function answerAll(crypto: SlowCrypto): Promise<void> {
  while (crypto.waiting.length > 0) {
    for (const answer of crypto.waiting.splice(0)) answer()
    await turn()
  }
}

describe('the signatures of a message', () => {
  it('are checked several at a time, and the logs applied in order', async () => {
    const crypto = new SlowCrypto()
    const catalogue = listening(crypto)
    const isHeld = (at: number): boolean =>
      catalogue.publicKeyOf((owners[at] as RegistrySigner).nodeId) !== undefined
    const outcome = receive(catalogue, owners.map(logDelta))
    expect(crypto.waiting).toHaveLength(MAX_VERIFIED_AHEAD)
    const [first, second] = crypto.waiting.splice(0, 2)
    second?.()
    await turn()
    expect([isHeld(0), isHeld(1)]).toEqual([false, false])
    first?.()
    await turn()
    expect([isHeld(0), isHeld(1), isHeld(2)]).toEqual([true, true, false])
    expect(crypto.waiting).toHaveLength(MAX_VERIFIED_AHEAD)
    await answerAll(crypto)
    expect(await outcome).toBeUndefined()
    expect(crypto.started).toBe(owners.length)
    expect(owners.every((_, at) => isHeld(at))).toBe(true)
  })

  it('are not all checked when one of the first is forged, and nothing behind it is taken', async () => {
    const crypto = new SlowCrypto()
    const catalogue = listening(crypto)
    const deltas = owners.map(logDelta)
    const forged = deltas[3] as Delta
    deltas[3] = { ...forged, state: { ...forged.state, signature: new Uint8Array(64) } }
    const outcome = receive(catalogue, deltas)
    await answerAll(crypto)
    expect(await outcome).toMatchObject({ code: 'ASTRA_ERR_REGISTRY_FORGED' })
    expect(crypto.started).toBeLessThanOrEqual(3 + MAX_VERIFIED_AHEAD)
    expect(owners.map(({ nodeId }) => catalogue.publicKeyOf(nodeId) !== undefined).lastIndexOf(true)).toBe(2)
  })

  it('are not checked for what is held already or comes from somebody who may not send it', async () => {
    const crypto = new SlowCrypto()
    const catalogue = listening(crypto)
    const deltas = owners.slice(0, 5).map(logDelta)
    for (let round = 0; round < 2; round++) {
      const outcome = receive(catalogue, deltas)
      await answerAll(crypto)
      expect(await outcome).toBeUndefined()
      expect(crypto.started).toBe(deltas.length)
    }
    const [nodeId] = owners.slice(9).map((owner) => owner.nodeId)
    if (nodeId === undefined) throw new Error('there is no such owner')
    catalogue.neighbourUp({ nodeId, incarnation: 1, role: 'node', holdsAll: true }, 2)
    const message = encodeMessage({ type: 'deltas', deltas: owners.slice(20, 25).map(logDelta) })
    expect(await catalogue.receive(nodeId, message, 2)).toMatchObject({ code: 'ASTRA_ERR_REGISTRY_OWNER' })
    expect(crypto.started).toBe(deltas.length)
  })

  it('may fail with the platform: then the promise of the message rejects and no other', async () => {
    const crypto = new SlowCrypto()
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    try {
      const outcome = receive(listening(crypto), owners.map(logDelta))
      crypto.fails = true
      const failed = expect(outcome).rejects.toThrow('out of order')
      await answerAll(crypto)
      await failed
      await turn()
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })
})

describe('deltas ahead', () => {
  const all = owners.map(logDelta)

  it('are each begun with once', () => {
    const begun = all.flatMap((_, index) => deltasAhead(all, index))
    expect(begun).toEqual(all)
    expect(deltasAhead(all, 0)).toHaveLength(MAX_VERIFIED_AHEAD)
    expect(deltasAhead(all.slice(0, 1), 0)).toEqual([])
  })

  it('leave out later ones of the same log', () => {
    const twice = [...all.slice(0, 3), ...all.slice(0, 3), ...all.slice(3, 40), all[38] as Delta]
    const begun = twice.flatMap((_, index) => deltasAhead(twice, index))
    expect(begun).toEqual(all.slice(0, 40))
  })
})
