import { toNodeId, type NodeId } from '@astranet/interface'
import { rng } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { LogVersion, Message } from '../src/proto/wire/message.js'
import { inParts, linkEntry, nodeEntry, serviceEntry, type Forgery } from './sim/forge.js'
import { startNode } from './sim/chaos.js'
import { DOOMED, HostileNetwork, VICTIM, type Harm } from './sim/hostile-network.js'
import { viewersOf } from './sim/truth.js'

/**
 * What honest nodes may send more than in a calm time, all of them together in 20 s, unless said otherwise. A member that
 * is cut off dials again each second, over three links, and each time ten nodes hear of a link that comes and goes.
 */
const MAX_EXTRA = { messages: 5_000, bytes: 550_000 }

const HUGE = Number.MAX_SAFE_INTEGER
const random = rng(7)

const deltas = (...list: Delta[]): Message => ({ type: 'deltas', deltas: list })
const invented = (): NodeId => toNodeId((BigInt(random.uint32()) << 32n) | BigInt(random.uint32()))

/** A service of the longest name, different for each number. */
const longService = (sequence: number): Forgery['entries'][number] =>
  serviceEntry(sequence, `${sequence}-`.padEnd(255, 'x'))

function manyServices(count: number, first = 1): Forgery['entries'] {
  return Array.from({ length: count }, (_, n) => longService(first + n))
}

/** The honest nodes saw no difference, and did not work for it. */
function expectNoHarm(
  network: HostileNetwork,
  harm: Harm,
  max: { messages: number; bytes: number } = MAX_EXTRA,
): void {
  network.checkUnharmed()
  expect(harm.removed).toEqual([])
  expect(harm.messages).toBeLessThan(max.messages)
  expect(harm.bytes).toBeLessThan(max.bytes)
}

describe('a member that speaks for another node', () => {
  const cases: [what: string, lie: (network: HostileNetwork) => Promise<Delta>][] = [
    [
      'by a signature that is none',
      async (network) => {
        const { publicKey } = network.world.crypto.identity(VICTIM)
        const entries = [serviceEntry(9_999, 'forged')]
        const forged = await network.forge({
          kind: 'services',
          owner: network.victim.nodeId,
          incarnation: network.victim.catalogue.incarnation,
          entries,
          signature: new Uint8Array(64),
        })
        return { ...forged, publicKey }
      },
    ],
    [
      'by its own key',
      (network) =>
        network.forge({
          kind: 'services',
          owner: network.victim.nodeId,
          incarnation: network.victim.catalogue.incarnation + 1,
          entries: [serviceEntry(1, 'forged')],
        }),
    ],
    [
      'with the largest incarnation',
      async (network) => {
        const { publicKey } = network.world.crypto.identity(VICTIM)
        const forged = await network.forge({
          kind: 'services',
          owner: network.victim.nodeId,
          incarnation: HUGE,
          entries: [],
        })
        return { ...forged, publicKey }
      },
    ],
    [
      'with entries that it did not write',
      async (network) => {
        network.victim.publish({ name: 'new', port: 9 })
        await network.world.run(1_000)
        const heard = network.hostile.heard.values()
        const real = [...heard].flat().find((delta) => delta.owner === network.victim.nodeId) as Delta
        const { entries } = await network.forge({
          kind: 'services',
          incarnation: 1,
          entries: [serviceEntry(1, 'forged')],
        })
        // Newer than what is held, so that it is looked at.
        return { ...real, entries, state: { ...real.state, sequence: real.state.sequence + 100 } }
      },
    ],
  ]
  it.each(cases)('%s is cut off and reported, and nobody believes it', async (_, lie) => {
    const network = await HostileNetwork.make()
    const delta = await lie(network)
    const harm = await network.attack(() => deltas(delta), { everyMs: 500 })
    expectNoHarm(network, harm)
    expect(harm.refusals).toContain('ASTRA_ERR_REGISTRY_FORGED')
    expect(harm.reports.map((report) => report.kind)).toContain('forged')
    expect(harm.reports.every((report) => report.speaker === network.hostile.nodeId)).toBe(true)
  })

  it('by changes that lead to no state that the owner signed is cut off after a few', async () => {
    const network = await HostileNetwork.make()
    const { version } = network.versionOf(network.victim)
    const real = network.hostile.oldest(network.victim.nodeId, 'services') as Delta
    const { entries } = await network.forge({
      kind: 'services',
      incarnation: 1,
      entries: [serviceEntry(9_999, 'forged')],
    })
    const state = {
      ...real.state,
      sequence: 9_999,
      count: real.state.count + 1,
      size: real.state.size + entries.length,
    }
    const delta = { ...real, publicKey: undefined, since: version, state, entries }
    const harm = await network.attack(() => deltas(delta), { everyMs: 200 })
    expectNoHarm(network, harm)
    expect(harm.refusals).toContain('ASTRA_ERR_REGISTRY_FORGED')
  })

  it('by its true states of earlier is not listened to', async () => {
    const network = await HostileNetwork.make()
    const old = network.hostile.oldest(network.victim.nodeId, 'services') as Delta
    network.victim.publish({ name: 'newer', port: 3 })
    await network.world.run(2_000)
    const harm = await network.attack(() => deltas(old), { everyMs: 100 })
    expectNoHarm(network, harm)
  })

  it('by its true states of an earlier life is not listened to, not even by that node', async () => {
    const network = await HostileNetwork.make()
    const old = network.hostile.oldest(network.victim.nodeId, 'services') as Delta
    network.world.kill(VICTIM, 'reset')
    startNode(network.world, VICTIM)
    await network.world.run(20_000)
    const harm = await network.attack(() => deltas(old), { everyMs: 100 })
    expectNoHarm(network, harm)
  })

  it('does not bring a dead node back by its true states, and a map with that node on it', async () => {
    const network = await HostileNetwork.make()
    const { nodeId, life, catalogue } = network.doomed
    const { incarnation } = catalogue
    const old = network.hostile.oldest(nodeId, 'services') as Delta
    network.world.kill(DOOMED, 'silent')
    await network.world.run(25_000)
    expect(viewersOf(network.world, nodeId, life)).toEqual([])
    const map = await network.forge({
      kind: 'links',
      incarnation: network.hostile.catalogue.incarnation,
      sequence: 1_000_000,
      entries: [linkEntry(1_000_000, nodeId, incarnation)],
    })
    const harm = await network.attack(
      () => {
        expect(viewersOf(network.world, nodeId, life)).toEqual([])
        return [deltas(old), deltas(map)]
      },
      { everyMs: 500 },
    )
    expectNoHarm(network, harm)
  })
})

describe('a member that lies about itself', () => {
  it('with the largest incarnation harms nobody else', async () => {
    const network = await HostileNetwork.make()
    const log = await network.forge({
      kind: 'services',
      incarnation: HUGE,
      entries: [nodeEntry(1, ['router']), serviceEntry(2, 'huge')],
    })
    expectNoHarm(network, await network.attack(() => deltas(log)))
  })

  it('with 65,536 entries of the longest names is refused, and its memory is bounded', async () => {
    const network = await HostileNetwork.make()
    const log = await network.forge({
      kind: 'services',
      incarnation: network.hostile.catalogue.incarnation + 1_000,
      entries: manyServices(65_536),
    })
    const parts = inParts(log)
    const harm = await network.attack(() => parts.map((part) => deltas(part)), { everyMs: 5_000 })
    expectNoHarm(network, harm)
    expect(harm.refusals).toContain('ASTRA_ERR_REGISTRY_LIMIT')
    expect(harm.heldBytes).toBeLessThan(10_000_000)
  })

  it('with more than there is room for is the one that is refused', async () => {
    const maxHeldBytes = 1_048_576
    const network = await HostileNetwork.make({ maxHeldBytes })
    const log = await network.forge({
      kind: 'services',
      incarnation: network.hostile.catalogue.incarnation + 1_000,
      entries: manyServices(10_000),
    })
    const parts = inParts(log)
    const harm = await network.attack(() => parts.map((part) => deltas(part)), { everyMs: 2_000 })
    // The routers next to it may pass it on before they refuse it.
    expectNoHarm(network, harm, { messages: 10_000, bytes: 100_000_000 })
    expect(harm.refusals).toContain('ASTRA_ERR_REGISTRY_LIMIT')
    expect(harm.heldBytes).toBeLessThanOrEqual(maxHeldBytes)
  })

  it('by a flood of changes costs no more than its ration, and is cut off', async () => {
    const network = await HostileNetwork.make()
    const incarnation = network.hostile.catalogue.incarnation + 1_000
    let sequence = 0
    const harm = await network.attack(
      async () => {
        const messages: Message[] = []
        for (let n = 0; n < 25; n++) {
          sequence++
          const entries = [nodeEntry(1, ['router']), serviceEntry(sequence + 1, 'flood')]
          messages.push(deltas(await network.forge({ kind: 'services', incarnation, entries })))
        }
        return messages
      },
      { everyMs: 100 },
    )
    // Eleven nodes, 50 changes at once and ten a second, some of them over two links, at 300 bytes.
    expectNoHarm(network, harm, { messages: 12_000, bytes: 3_000_000 })
    expect(harm.refusals).toContain('ASTRA_ERR_REGISTRY_ABUSE')
    expect(harm.reports.map((report) => report.kind)).toContain('flood')
  })

  it('by maps with others on them changes nothing for them', async () => {
    const network = await HostileNetwork.make()
    const claimed = network.world.processes.map(
      ({ nodeId, catalogue }) => [nodeId, catalogue.incarnation] as const,
    )
    const many = Array.from({ length: 5_000 }, () => [invented(), HUGE] as const)
    const entries = [...claimed, ...many].map(([id, incarnation], n) => linkEntry(n + 1_000, id, incarnation))
    const map = await network.forge({
      kind: 'links',
      incarnation: network.hostile.catalogue.incarnation,
      entries,
    })
    const parts = inParts(map)
    const harm = await network.attack(() => parts.map((part) => deltas(part)), { everyMs: 5_000 })
    // The map itself is passed on, and some of the ids are asked for.
    expectNoHarm(network, harm, { messages: 5_000, bytes: 15_000_000 })
  })

  it('by states that nobody can continue costs no more than its ration', async () => {
    const network = await HostileNetwork.make()
    const incarnation = network.hostile.catalogue.incarnation + 1_000
    const harm = await network.attack(
      async (n) => {
        const first = 1 + n * 1_000
        const entries = [nodeEntry(first, ['router']), ...manyServices(500, first + 1)]
        const log = await network.forge({ kind: 'services', incarnation, entries, watermark: first - 1 })
        return inParts(log).map((part) => deltas(part))
      },
      { everyMs: 2_000 },
    )
    // 135,000 bytes count as three changes: 17 at once, three a second, to ten nodes.
    expectNoHarm(network, harm, { messages: 10_000, bytes: 100_000_000 })
    expect(harm.heldBytes).toBeLessThan(5_000_000)
  })

  it('by snapshots that never end holds no memory beyond the bound', async () => {
    const maxHeldBytes = 2_097_152
    const network = await HostileNetwork.make({ maxHeldBytes })
    const log = await network.forge({ kind: 'services', incarnation: HUGE, entries: manyServices(200) })
    const harm = await network.attack(
      (n) => {
        const many: Message[] = []
        for (let k = 0; k < 10; k++) {
          const { nodeId, publicKey } = network.world.crypto.identity(100_000 + 10 * n + k)
          many.push(deltas({ ...log, owner: nodeId, publicKey, hasMore: true }))
        }
        return many
      },
      { everyMs: 200 },
    )
    expectNoHarm(network, harm)
    expect(harm.heldBytes).toBeLessThanOrEqual(maxHeldBytes)
  })

  it('by the signed logs of thousands of invented nodes holds no memory beyond the bound', async () => {
    const maxHeldBytes = 2_097_152
    const network = await HostileNetwork.make({ maxHeldBytes })
    const { crypto } = network.world
    const { forge } = await import('./sim/forge.js')
    const harm = await network.attack(
      async (n) => {
        const many: Delta[] = []
        for (let k = 0; k < 20; k++) {
          const signer = crypto.identity(100_000 + 20 * n + k)
          const entries = [nodeEntry(1, []), serviceEntry(2, 'invented')]
          many.push(await forge(signer, crypto.crypto, { kind: 'services', incarnation: 1, entries }))
        }
        return deltas(...many)
      },
      { everyMs: 200 },
    )
    expectNoHarm(network, harm, { messages: 20_000, bytes: 50_000_000 })
    expect(harm.heldBytes).toBeLessThanOrEqual(maxHeldBytes)
  })
})

describe('a member that lies about what it holds', () => {
  const huge = (owner: NodeId): LogVersion => ({
    owner,
    kind: 'services',
    version: { incarnation: HUGE, sequence: 1, check: random.uint32() },
  })
  const numbers = (count: number): number[] => Array.from({ length: count }, () => random.uint32())
  const cases: [what: string, lie: (network: HostileNetwork) => Message][] = [
    ['announces versions of others that do not exist', (network) => ({ type: 'announce', items: [huge(network.victim.nodeId)] })],
    ['announces invented nodes', () => ({ type: 'announce', items: Array.from({ length: 500 }, () => huge(invented())) })],
    ['answers with versions of others that do not exist', (network) => ({ type: 'versions', items: network.world.processes.map((each) => huge(each.nodeId)), hasMore: false })],
    ['compares buckets that are no hash of anything', () => ({ type: 'buckets', buckets: numbers(256) })],
    ['greets with roots that are no hash of anything', () => ({ type: 'greeting', root: random.uint32(), count: 500, items: undefined })],
    ['greets with versions of others that do not exist', (network) => ({ type: 'greeting', root: random.uint32(), count: 1, items: [huge(network.victim.nodeId)] })],
    ['tells roots that are no hash of anything', () => ({ type: 'root', root: random.uint32() })],
    ['says that others are gone', (network) => ({ type: 'gone', owners: network.world.processes.map((each) => each.nodeId) })],
    ['wants invented nodes confirmed', () => ({ type: 'confirm', owners: Array.from({ length: 500 }, invented) })],
    ['wants all nodes confirmed', (network) => ({ type: 'confirm', owners: network.world.processes.map((each) => each.nodeId) })],
    ['confirms what does not exist', (network) => ({ type: 'confirmed', items: network.world.processes.map((each) => huge(each.nodeId)) })],
    ['restarts the exchange', () => ({ type: 'restart' })],
    ['asks for everything', (network) => ({ type: 'ask', items: network.world.processes.map(({ nodeId }) => ({ owner: nodeId, kind: 'services', held: undefined })) })],
    ['asks for invented nodes', () => ({ type: 'ask', items: Array.from({ length: 500 }, () => ({ owner: invented(), kind: 'services', held: undefined })) })],
    ['wants names and does not', () => ({ type: 'wants', token: random.uint32(), all: random.chance(0.5), add: numbers(500).map((n) => ({ environment: '', name: `name-${n}` })), remove: [], held: [] })],
  ] // prettier-ignore
  it.each(cases)('and %s: changes nothing for others, and costs little', async (_, lie) => {
    const network = await HostileNetwork.make()
    const harm = await network.attack(() => lie(network), { everyMs: 100 })
    // Answers may be as long as questions, and no longer.
    expectNoHarm(network, harm, { messages: 10_000, bytes: 1_000_000 + 1.1 * harm.saidBytes })
    await network.world.run(60_000)
    network.checkUnharmed()
  })

  it('by announcing what does not exist is reported', async () => {
    const network = await HostileNetwork.make()
    const item = huge(network.victim.nodeId)
    const harm = await network.attack(() => ({ type: 'announce', items: [item] }))
    expectNoHarm(network, harm)
    expect(harm.reports.map((report) => report.kind)).toContain('forged')
  })

  it('by passing nothing on does not keep news from others', async () => {
    const network = await HostileNetwork.make()
    network.hostile.onMessage = () => true
    let seen = 0
    const harm = await network.attack(
      (n) => {
        if (n % 10 === 0) network.victim.publish({ name: 'news', port: 7, weight: 1 + (n % 100) })
        seen = network.world.processes.filter((each) => each.catalogue.resolve('', 'news').length > 0).length
        return []
      },
      { everyMs: 200 },
    )
    expectNoHarm(network, harm, { messages: 5_000, bytes: 1_000_000 })
    // Also the leaf: it asked for another service of the same node.
    expect(seen).toBe(network.world.processes.length)
  })
})
