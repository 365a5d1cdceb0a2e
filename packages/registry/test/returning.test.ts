import { toNodeId, type NodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import type { Catalogue } from '../src/index.js'
import type { Message } from '../src/proto/wire/message.js'
import { Victim, whole } from './hostile-neighbour.js'
import { id, Network, offersOf } from './network.js'

/** Three routers in a row, with a plain node at the end that offers a service. */
function row(): Network {
  const network = new Network([{}, {}, {}, { role: 'node' }])
  network.linkUp([0, 1], [1, 2], [2, 3]).settle()
  network.node(3).publishService({ name: 'echo', port: 1 })
  return network.pass(2_000)
}

const CONFIRM = 7
const CONFIRMED = 12

describe('a node that returns', () => {
  it('is shown at once after a moment, and has to be confirmed after a while', () => {
    const network = row()
    for (const [ms, confirms] of [
      [300, 0],
      [500, 2],
    ] as const) {
      network.linkDown(2, 3)
      network.pass(ms)
      expect(offersOf(network.node(0), id(3))).toEqual([])
      network.linkUp([2, 3])
      network.takeSent()
      network.settle()
      expect(offersOf(network.node(0), id(3))).toHaveLength(1)
      const sent = network.takeSent()
      // The router that it has a link to needs no confirmation; each of the others asks the one before it.
      expect(sent[CONFIRM] ?? 0).toBe(confirms)
      expect(sent[CONFIRMED] ?? 0).toBe(confirms)
    }
  })

  it('is not shown as it was before, whatever comes first', () => {
    const network = row()
    network.linkDown(1, 2)
    network.pass(1_000)
    network.node(3).withdrawService({ name: 'echo', port: 1 })
    network.node(3).publishService({ name: 'other', port: 1 })
    network.pass(1_000)
    const watch = network.node(0).watch(() => undefined)
    watch.take()
    network.linkUp([1, 2]).settle()
    const seen = watch.take().filter(({ service }) => service.nodeId === id(3))
    expect(seen.map(({ kind, service }) => `${kind} ${service.name}`)).toEqual(['add other'])
  })
})

/** From now on a router keeps its confirmations for itself. */
function withhold(router: Catalogue): void {
  const { nextMessage } = router
  router.nextMessage = (...args) => {
    let message = nextMessage.apply(router, args)
    while (message?.[0] === CONFIRMED) message = nextMessage.apply(router, args)
    return message
  }
}

describe('a router that does not confirm', () => {
  it('keeps nobody away for longer than 5 s', () => {
    const network = row()
    withhold(network.node(1))
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    expect(offersOf(network.node(1), id(3))).toHaveLength(1)
    network.pass(4_900)
    expect(offersOf(network.node(0), id(3))).toEqual([])
    network.pass(200)
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })

  it('keeps nobody away when it is lost, and another one leads there', () => {
    const network = row()
    network.addNode({})
    network.linkUp([0, 4], [4, 2]).pass(2_000)
    withhold(network.node(1))
    withhold(network.node(4))
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    expect(offersOf(network.node(0), id(3))).toEqual([])
    delete (network.node(4) as Partial<Catalogue>).nextMessage
    delete (network.node(1) as Partial<Catalogue>).nextMessage
    network.linkDown(0, 1)
    network.linkDown(0, 4)
    network.linkUp([0, 4]).settle()
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })
})

describe('a neighbour', () => {
  const owners = Array.from({ length: 1_024 }, (_, n) => toNodeId(BigInt(n) + 7_000_000n))
  const confirmed = (messages: readonly Message[]): NodeId[] =>
    messages.flatMap((message) =>
      message.type === 'confirmed' ? message.items.map(({ owner }) => owner) : [],
    )

  it('that confirms what nobody asked about changes nothing', () => {
    const victim = new Victim().join(1)
    const version = { incarnation: 1, sequence: 9, check: 1 }
    expect(
      victim.say(1, { type: 'confirmed', items: [{ owner: id(2), kind: 'services', version }] }),
    ).toBeUndefined()
    const asked = victim
      .pass(10_000, 1)
      .flatMap((message) => (message.type === 'ask' ? message.items.map(({ owner }) => owner) : []))
    expect(asked).not.toContain(id(2))
    expect(victim.node.takeReports()).toEqual([])
  })

  it('is answered when the node is visible, and about 4,096 nodes at most', () => {
    const victim = new Victim().join(1)
    victim.say(1, { type: 'confirm', owners: [id(0), id(2)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(0)])
    victim.join(2)
    victim.say(2, { type: 'deltas', deltas: [whole(2)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(2)])
    for (let n = 0n; n < 4n; n++)
      victim.say(1, { type: 'confirm', owners: owners.map((owner) => toNodeId(owner + n * 10_000n)) })
    victim.say(1, { type: 'confirm', owners: [id(3)] })
    victim.join(3)
    victim.say(3, { type: 'deltas', deltas: [whole(3)] })
    expect(confirmed(victim.takeAll(1))).toEqual([])
    // What it does not ask about again within 5 s is forgotten.
    victim.pass(6_000, 1)
    victim.say(1, { type: 'confirm', owners: [id(3)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(3)])
  })

  it('is not answered by a node that is no router', () => {
    const victim = new Victim({ role: 'node' }).join(1)
    victim.say(1, { type: 'confirm', owners: [id(0)] })
    expect(confirmed(victim.pass(6_000, 1))).toEqual([])
  })
})
