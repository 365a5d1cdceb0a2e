import { toNodeId, type NodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { Message } from '../src/proto/wire/message.js'
import { Victim, versionOf, whole } from './hostile-neighbour.js'
import { id, Network, signerOf } from './network.js'
import { nodeCrypto } from './support/identity.js'
import { deltaOf, ownLog, sealed, service } from './support/logs.js'

const deltas = (...list: Delta[]): Message => ({ type: 'deltas', deltas: list })

/** A change that follows no state of the log, with a size that nobody checked. */
function unfounded(delta: Delta, sequence: number): Delta {
  const since = { incarnation: 1, sequence: sequence - 1, check: 0 }
  return { ...delta, state: { ...delta.state, sequence, size: 0xffff_ffff }, since }
}

describe('a member next to the node', () => {
  it('cannot use up the ration of a log with states that its owner did not sign', () => {
    const victim = new Victim().join(1).join(2)
    const log = ownLog(1)
    log.put(service(id(3), 'echo', 1))
    sealed(log, signerOf(3))
    victim.say(1, deltas(whole(3, log)))
    for (let time = 0; time < 300; time++) victim.say(2, deltas(unfounded(whole(3, log), 1_000 + time)))
    log.put(service(id(3), 'echo', 1, { weight: 7 }))
    sealed(log, signerOf(3))
    const before = victim.node.inspect().verifications
    victim.say(1, deltas(deltaOf(log, signerOf(3))))
    expect(victim.node.inspect().verifications).toBe(before + 1)
    expect(victim.node.takeReports().filter(({ speaker }) => speaker === id(1))).toEqual([])
  })

  it('cannot make the node remember more offers than it could hold logs', () => {
    const victim = new Victim({ maxHeldBytes: 1_000_000 }).join(2)
    victim.node.neighbourUp({ nodeId: id(1), incarnation: 1, role: 'router', holdsAll: true }, victim.now)
    victim.takeAll(1)
    victim.say(1, { type: 'greeting', root: 1, count: 1e6, items: undefined })
    victim.takeAll(1)
    for (let first = 1; first < 20_000; first += 1_000) {
      const items = Array.from({ length: 1_000 }, (_, n) => versionOf(toNodeId(BigInt(first + n)), 1))
      victim.say(1, { type: 'versions', items, hasMore: true })
    }
    victim.say(1, { type: 'versions', items: [], hasMore: false })
    const asked = victim.takeAll(1).flatMap((each) => (each.type === 'ask' ? each.items : []))
    expect(asked.length).toBeLessThan(2_000)
  })

  it('holds nothing of a log that it only sent a change of', () => {
    const victim = new Victim().join(1)
    victim.say(1, deltas(unfounded(whole(3), 7)))
    expect(victim.node.inspect().logs).toBe(0)
    expect(victim.takeAll(1)).toContainEqual(expect.objectContaining({ type: 'ask' }))
  })

  it('cannot hold back links by never sending what it offered', () => {
    const victim = new Victim().join(2)
    victim.node.neighbourUp({ nodeId: id(1), incarnation: 1, role: 'router', holdsAll: true }, victim.now)
    victim.takeAll(1)
    victim.say(1, { type: 'greeting', root: 1, count: 1, items: [versionOf(toNodeId(77n), 1)] })
    const links = ownLog(1, {}, 'links')
    links.put({ kind: 'link', neighbour: id(8), incarnation: 1, cost: undefined })
    sealed(links, signerOf(9))
    victim.say(1, deltas(whole(9, links)))
    const isPassedOn = (messages: Message[]): boolean =>
      messages.some((each) => each.type === 'deltas' && each.deltas.some(({ owner }) => owner === id(9)))
    expect(isPassedOn(victim.pass(9_000, 2))).toBe(false)
    expect(isPassedOn(victim.pass(1_500, 2))).toBe(true)
  })

  it('gets a bounded number of answers about logs that are not held, at a cost that does not grow', () => {
    const victim = new Victim().join(1)
    for (let first = 1; first < 100_000; first += 1_000) {
      const items = Array.from({ length: 1_000 }, (_, n) => {
        return { owner: toNodeId(BigInt(first + n)), kind: 'services' as const, held: undefined }
      })
      victim.say(1, { type: 'ask', items })
    }
    const start = performance.now()
    const gone = victim.takeAll(1).flatMap((each) => (each.type === 'gone' ? each.owners : []))
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(gone.length).toBe(65_536)
  })

  it('does not make the node look through a name again that it wants already', () => {
    const victim = new Victim().join(1, 'leaf').join(2)
    for (let port = 0; port < 10_000; port++) victim.node.publishService({ name: 'echo', port })
    const start = performance.now()
    const add = Array.from({ length: 1_024 }, () => ({ environment: '', name: 'echo' }))
    victim.say(1, { type: 'wants', token: 1, all: false, add, remove: [], held: [] })
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('a neighbour that does not read', () => {
  it('keeps nothing of logs that were forgotten, and is sent the present ones later', () => {
    const victim = new Victim({ forgetAfterMs: 1_000 }).join(1).join(2)
    victim.now += 1
    const log = ownLog(1)
    log.put(service(id(9), 'old', 1))
    sealed(log, signerOf(9))
    victim.say(1, deltas(whole(9, log)))
    victim.now += 5_000
    victim.node.due(victim.now)
    expect(victim.node.inspect().logs).toBe(0)
    log.put(service(id(9), 'new', 2))
    const { sequence } = sealed(log, signerOf(9))
    victim.say(1, deltas(whole(9, log)))
    const sent = victim.takeAll(2).flatMap((each) => (each.type === 'deltas' ? each.deltas : []))
    expect(sent.filter(({ owner }) => owner === id(9)).map(({ state }) => state.sequence)).toEqual([sequence])
  })

  it('is sent all logs of a network of small ones when it asks for them the first time', () => {
    const nodeIdOf = (key: Uint8Array): NodeId =>
      toNodeId(new DataView(key.buffer, key.byteOffset).getBigUint64(0))
    const victim = new Victim({ crypto: { ...nodeCrypto, verify: () => true, nodeIdOf } })
    const delta = whole(9)
    const items = Array.from({ length: 1_500 }, (_, n) => {
      const publicKey = new Uint8Array(32)
      new DataView(publicKey.buffer).setBigUint64(0, BigInt(n + 1))
      const owner = nodeIdOf(publicKey)
      victim.node.neighbourUp({ nodeId: owner, incarnation: 1, role: 'node', holdsAll: true }, victim.now)
      victim.sayAs(owner, { type: 'greeting', root: 0, count: 0, items: [] })
      victim.sayAs(owner, deltas({ ...delta, owner, publicKey }))
      return { owner, kind: 'services' as const, held: undefined }
    })
    victim.join(1)
    victim.say(1, { type: 'ask', items: items.slice(0, 1_000) })
    victim.say(1, { type: 'ask', items: items.slice(1_000) })
    const sent = victim.takeAll(1).flatMap((each) => (each.type === 'deltas' ? each.deltas : []))
    expect(new Set(sent.map(({ owner }) => owner)).size).toBeGreaterThanOrEqual(1_500)
  })
})

describe('a leaf', () => {
  it('does not hear of a node after it was told that the node is gone', () => {
    const network = new Network([{ role: 'leaf' }, {}, { role: 'node' }]).linkUp([0, 1], [1, 2])
    network.node(0).want('', 'echo')
    network.node(2).publishService({ name: 'echo', port: 1 })
    network.settle()
    expect(network.node(0).services()).toHaveLength(1)
    network.node(2).publishService({ name: 'echo', port: 1, weight: 7 })
    network.flush(2)
    network.deliver(2, 1)
    network.node(1).due(network.now)
    network.linkDown(1, 2)
    network.settle()
    expect(network.node(0).services()).toEqual([])
  })
})

describe('a member that writes two histories of its own log', () => {
  it('does not have the routers cut that pass on one and then the other', () => {
    const network = new Network([{}, {}, {}]).linkUp([0, 1], [1, 2]).pass(1_000)
    const logs = [ownLog(5_000), ownLog(5_000)]
    const change = (which: number, count: number): void => {
      const log = logs[which] as ReturnType<typeof ownLog>
      for (let n = 0; n < count; n++) log.put(service(id(9), `${which}-${n}`, 1, { weight: round + 2 }))
      sealed(log, signerOf(9))
    }
    let round = -1
    change(1, 2)
    for (round = 0; round < 20; round++) {
      for (const which of [0, 1]) {
        change(which, 4)
        network.inject(0, 1, deltas(whole(9, logs[which])))
        network.settle()
      }
      network.pass(500)
    }
    expect(network.node(2).inspect().entries).toBeGreaterThan(0)
    expect(network.cut).toEqual([])
  })

  it('does not have a router cut whose changes are to the history that is not held', () => {
    const victim = new Victim().join(1).join(2)
    const [one, other] = [ownLog(1), ownLog(1)]
    const change = (log: typeof one, name: string, weight: number): void => {
      for (let port = 0; port < 4; port++) log.put(service(id(9), name, port, { weight }))
      sealed(log, signerOf(9))
    }
    change(one, 'one', 1)
    one.put(service(id(9), 'one', 9))
    one.put(service(id(9), 'one', 8))
    change(one, 'one', 2)
    change(other, 'other', 2)
    for (let round = 3; round < 30; round++) {
      expect(victim.say(1, deltas(whole(9, other)))).toBeUndefined()
      const before = other.state
      expect(victim.say(2, deltas(whole(9, one)))).toBeUndefined()
      change(other, 'other', round)
      change(other, 'other', round + 1_000)
      expect(victim.say(1, deltas(deltaOf(other, signerOf(9), before)))).toBeUndefined()
      change(one, 'one', round)
      change(one, 'one', round + 1_000)
      victim.pass(200, 1)
    }
  })
})
