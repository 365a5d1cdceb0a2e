import { describe, expect, it } from 'vitest'
import type { Message } from '../src/proto/wire/message.js'
import { logOf, Victim, whole } from './hostile-neighbour.js'
import { id, Network, signerOf } from './network.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

const ABUSE = 'ASTRA_ERR_REGISTRY_ABUSE'

function bytesIn(messages: readonly Message[]): number {
  return messages
    .flatMap((each) => (each.type === 'deltas' ? each.deltas : []))
    .reduce((sum, { entries }) => sum + entries.length, 0)
}

describe('a node that changes all the time', () => {
  it('signs 50 changes at once, then ten a second, and the newest at the end', () => {
    const network = new Network([{}, {}]).linkUp([0, 1]).pass(10_000)
    let seen = 0
    network.node(1).watch(() => seen++)
    const before = network.node(1).inspect().verifications
    for (let change = 0; change < 1_000; change++) {
      network.node(0).publishService({ name: 'echo', port: 1, weight: change })
      network.settle()
    }
    expect(network.node(1).inspect().verifications - before).toBeLessThanOrEqual(51)
    network.pass(10_000)
    expect(network.node(1).resolve('', 'echo')).toMatchObject([{ weight: 999 }])
    const start = network.now
    const later = network.node(1).inspect().verifications
    for (let change = 0; network.now < start + 20_000; change++) {
      network.node(0).publishService({ name: 'echo', port: 1, weight: change })
      network.pass(20)
    }
    const perSecond = (network.node(1).inspect().verifications - later - 50) / 20
    expect(perSecond).toBeLessThan(11)
    expect(perSecond).toBeGreaterThan(8)
  })

  it('is accepted twice as often; what comes more often is asked for later, and reported', () => {
    const victim = new Victim().join(1)
    const log = ownLog(1)
    let applied = 0
    for (let change = 0; change < 300; change++) {
      log.put(service(id(2), 'echo', 1, { weight: change }))
      sealed(log, signerOf(2))
      const before = victim.node.inspect().verifications
      expect(victim.say(1, { type: 'deltas', deltas: [deltaOf(log, signerOf(2))] })).toBeUndefined()
      applied += victim.node.inspect().verifications - before
    }
    expect(applied).toBe(100)
    expect(victim.node.takeReports()).toContainEqual(expect.objectContaining({ kind: 'flood', owner: id(2) }))
    const asks = victim.pass(1_000, 1).filter(({ type }) => type === 'ask')
    expect(asks.length).toBeGreaterThan(0)
    expect(victim.say(1, { type: 'deltas', deltas: [deltaOf(log, signerOf(2))] })).toBeUndefined()
    expect(victim.node.inspect().logs).toBeGreaterThan(0)
  })

  it('makes the one that sends it be cut when it goes on regardless', () => {
    const victim = new Victim().join(1)
    const log = ownLog(1)
    let code: string | undefined
    let count = 0
    for (; code === undefined && count < 3_000; count++) {
      log.put(service(id(2), 'echo', 1, { weight: count % 60_000 }))
      sealed(log, signerOf(2))
      code = victim.say(1, { type: 'deltas', deltas: [deltaOf(log, signerOf(2))] })?.code
    }
    expect(code).toBe(ABUSE)
    expect(count).toBeGreaterThan(1_024)
    expect(count).toBeLessThan(1_200)
  })
})

describe('a neighbour that asks for everything again and again', () => {
  const EVERYTHING = { type: 'ask', items: [{ owner: id(0), kind: 'services', held: undefined }] } as const

  function talkative(): { victim: Victim; stateBytes: number } {
    const victim = new Victim()
    for (let port = 0; port < 5_000; port++) victim.node.publishService({ name: `service-${port}`, port })
    victim.join(1).join(2)
    victim.say(1, EVERYTHING)
    return { victim, stateBytes: bytesIn(victim.takeAll(1)) }
  }

  it('gets it some times at once, then once in 10 s, and no other neighbour gets anything', () => {
    const { victim, stateBytes } = talkative()
    let bytes = 0
    for (let time = 0; time < 500; time++) {
      expect(victim.say(1, EVERYTHING)).toBeUndefined()
      bytes += bytesIn(victim.takeAll(1))
    }
    expect(bytes).toBeLessThan(4.6 * stateBytes)
    expect(bytes).toBeGreaterThan(2.5 * stateBytes)
    bytes = 0
    for (let second = 0; second < 40; second++) {
      victim.say(1, EVERYTHING)
      bytes += bytesIn(victim.pass(1_000, 1))
    }
    expect(bytes).toBeLessThan(5.1 * stateBytes)
    expect(bytesIn(victim.takeAll(2))).toBe(0)
  })

  it('gets no more of it over new links', () => {
    const { victim, stateBytes } = talkative()
    let bytes = 0
    for (let time = 0; time < 50; time++) {
      victim.node.neighbourDown(id(1), victim.now)
      victim.join(1)
      victim.say(1, EVERYTHING)
      bytes += bytesIn(victim.takeAll(1))
    }
    expect(bytes).toBeLessThan(4.6 * stateBytes)
  })

  it('gets what has to wait later, and what is new behind it', () => {
    const { victim, stateBytes } = talkative()
    for (let time = 0; time < 10; time++) {
      victim.say(1, EVERYTHING)
      victim.takeAll(1)
    }
    victim.node.publishService({ name: 'late', port: 1 })
    expect(bytesIn(victim.takeAll(1))).toBe(0)
    expect(bytesIn(victim.takeAll(2))).toBeGreaterThan(0)
    expect(bytesIn(victim.pass(60_000, 1))).toBeGreaterThan(0.4 * stateBytes)
    expect(victim.takeAll(1)).toEqual([])
  })

  it('likewise when it asks by buckets which versions there are', () => {
    const victim = new Victim().join(1).join(2)
    for (let n = 3; n < 203; n++) {
      victim.join(n, 'node')
      victim.say(n, { type: 'deltas', deltas: [whole(n)] })
    }
    victim.takeAll(1)
    const buckets = { type: 'buckets', buckets: Array<number>(256).fill(0) } as const
    const versionsIn = (messages: readonly Message[]): number =>
      messages.reduce((sum, each) => sum + (each.type === 'versions' ? each.items.length : 0), 0)
    let versions = 0
    for (let time = 0; time < 500; time++) {
      expect(victim.say(1, buckets)).toBeUndefined()
      versions += versionsIn(victim.takeAll(1))
    }
    // Everything is at least 262,144 bytes here, and a version takes 40 of them.
    expect(versions).toBeGreaterThan(6_000)
    expect(versions).toBeLessThan(7_500)
    expect(victim.say(2, buckets)).toBeUndefined()
    expect(versionsIn(victim.takeAll(2))).toBeGreaterThan(200)
    // What waited is answered later, once.
    expect(versionsIn(victim.pass(60_000, 1))).toBeLessThan(500)
    expect(versionsIn(victim.takeAll(1))).toBe(0)
  })

  it.each<[string, Message]>([
    ['greetings', { type: 'greeting', root: 0, count: 0, items: [] }],
    ['restarts', { type: 'restart' }],
    ['buckets', { type: 'buckets', buckets: Array<number>(256).fill(0) }],
    ['asks', EVERYTHING],
    ['announcements', { type: 'announce', items: [] }],
    ['roots', { type: 'root', root: 1 }],
    ['wants', { type: 'wants', token: 1, all: false, add: [], remove: [], held: [] }],
  ])('is cut when it does nothing else: %s', (_, message) => {
    const victim = new Victim().join(1).join(2)
    let count = 0
    let code: string | undefined
    for (; code === undefined && count < 3_000; count++) code = victim.say(1, message)?.code
    expect(code).toBe(ABUSE)
    expect(count).toBeGreaterThan(1_000)
    expect(count).toBeLessThan(1_030)
    expect(victim.say(2, message)).toBeUndefined()
    victim.now += 1_000
    expect(victim.say(1, message)).toBeUndefined()
  })
})

describe('what is held of others', () => {
  it('is bounded: what cannot be reached goes first, then the largest owner, and its link', () => {
    const victim = new Victim({ maxHeldBytes: 400_000 })
    victim.join(1).join(2, 'node').join(3, 'node')
    // Not reachable: no router says that it has a link to it.
    victim.say(1, { type: 'deltas', deltas: [whole(4, logOf(4, 300))] })
    const { heldBytes } = victim.node.inspect()
    expect(heldBytes).toBeGreaterThan(50_000)
    victim.say(2, { type: 'deltas', deltas: [whole(2, logOf(2, 700))] })
    victim.say(3, { type: 'deltas', deltas: [whole(3, logOf(3, 200))] })
    expect(victim.node.inspect().heldBytes).toBeLessThanOrEqual(400_000)
    expect(victim.node.publicKeyOf(id(4))).toBeUndefined()
    expect(victim.node.services()).toHaveLength(900)
    victim.say(3, { type: 'deltas', deltas: [whole(3, logOf(3, 650, 1, 'much-more'))] })
    victim.say(3, { type: 'deltas', deltas: [whole(3, logOf(3, 650, 1, 'much-more'))] })
    expect(victim.node.inspect().heldBytes).toBeLessThanOrEqual(400_000)
    expect(victim.node.takeRefused()).toMatchObject([{ error: { code: 'ASTRA_ERR_REGISTRY_LIMIT' } }])
  })

  it('is not asked for again when it was refused, until it is smaller', () => {
    const victim = new Victim({ maxHeldBytes: 200_000 }).join(1)
    const big = logOf(2, 900)
    victim.say(1, { type: 'deltas', deltas: [whole(2, big)] })
    expect(victim.node.takeReports()).toContainEqual(
      expect.objectContaining({ kind: 'refused', owner: id(2) }),
    )
    const version = big.state
    if (version === undefined) throw new Error('it is sealed')
    victim.say(1, { type: 'announce', items: [{ owner: id(2), kind: 'services', version }] })
    const asked = victim.pass(5_000, 1).flatMap((each) => (each.type === 'ask' ? each.items : []))
    expect(asked.filter(({ owner }) => owner === id(2))).toEqual([])
    const verifications = victim.node.inspect().verifications
    victim.say(1, { type: 'deltas', deltas: [whole(2, logOf(2, 901, 2))] })
    expect(victim.node.inspect().verifications).toBe(verifications)
    victim.say(1, { type: 'deltas', deltas: [whole(2, logOf(2, 10, 3))] })
    expect(victim.node.publicKeyOf(id(2))).toBeDefined()
  })
})
