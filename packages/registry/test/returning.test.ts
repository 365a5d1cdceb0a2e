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
  it('keeps nobody away for longer than 12 s', () => {
    const network = row()
    withhold(network.node(1))
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    expect(offersOf(network.node(1), id(3))).toHaveLength(1)
    network.pass(11_900)
    expect(offersOf(network.node(0), id(3))).toEqual([])
    network.pass(200)
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })

  it('keeps nobody away when it is lost, and another one leads there', () => {
    const network = row()
    network.addNode({})
    network.linkUp([0, 4], [4, 2]).pass(12_000)
    const [first, second] = [1, 4].sort((one, other) => (id(one) < id(other) ? -1 : 1)) as [number, number]
    withhold(network.node(first))
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    expect(offersOf(network.node(second), id(3))).toHaveLength(1)
    expect(offersOf(network.node(0), id(3))).toEqual([])
    network.linkDown(0, first)
    network.settle()
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })

  it('keeps nobody away when its exchange begins anew', () => {
    const network = row()
    const router = network.node(1)
    withhold(router)
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    expect(offersOf(network.node(0), id(3))).toEqual([])
    delete (router as Partial<Catalogue>).nextMessage
    network.linkUp([0, 1]).settle()
    network.pass(200)
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })

  it('keeps nobody away that becomes a neighbour', () => {
    const network = row()
    withhold(network.node(1))
    network.linkDown(2, 3)
    network.pass(1_000)
    network.linkUp([2, 3]).settle()
    network.linkUp([0, 3]).settle()
    expect(offersOf(network.node(0), id(3))).toHaveLength(1)
  })
})

describe('many nodes that return again and again', () => {
  it('cost nobody a link', () => {
    const network = new Network([
      {},
      {},
      {},
      {},
      ...Array.from({ length: 20 }, () => ({ role: 'node' as const })),
    ])
    network.linkUp([0, 1], [1, 2], [1, 3])
    for (let n = 4; n < 24; n++) {
      network.node(n).publishService({ name: 'echo', port: 1 })
      network.linkUp([2 + (n % 2), n])
    }
    network.pass(2_000)
    for (let round = 0; round < 600; round++) {
      const n = 4 + (round % 20)
      network.isolate(n)
      network.pass(50)
      const back = 4 + ((round + 10) % 20)
      if (!network.isUp(2 + (back % 2), back)) network.linkUp([2 + (back % 2), back])
      network.pass(50)
    }
    expect(network.cut).toEqual([])
    for (let n = 4; n < 24; n++) if (!network.isUp(2 + (n % 2), n)) network.linkUp([2 + (n % 2), n])
    network.pass(10_000)
    expect(network.node(0).services()).toHaveLength(20)
  }, 60_000)
})

describe('what is wanted', () => {
  it('is not answered before nodes that return are shown', () => {
    const network = row()
    network.linkDown(1, 2)
    network.pass(10_000)
    let answered: number | undefined
    network.linkUp([1, 2])
    while (!offersOf(network.node(1), id(3)).length) network.settle()
    const want = network.node(0).want('', 'echo', () => (answered = offersOf(network.node(0), id(3)).length))
    if (want.isAnswered) answered = offersOf(network.node(0), id(3)).length
    network.pass(1_000)
    expect(answered).toBe(1)
    want.close()
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

  it('is answered when the node is visible, and about 16,384 nodes at most', () => {
    const victim = new Victim().join(1)
    victim.say(1, { type: 'confirm', owners: [id(0), id(2)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(0)])
    victim.join(2)
    victim.say(2, { type: 'deltas', deltas: [whole(2)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(2)])
    for (let n = 0n; n < 16n; n++)
      victim.say(1, { type: 'confirm', owners: owners.map((owner) => toNodeId(owner + n * 10_000n)) })
    victim.say(1, { type: 'confirm', owners: [id(3)] })
    victim.join(3)
    victim.say(3, { type: 'deltas', deltas: [whole(3)] })
    expect(confirmed(victim.takeAll(1))).toEqual([])
    // What it does not ask about again within 12 s is forgotten.
    victim.pass(13_000, 1)
    victim.say(1, { type: 'confirm', owners: [id(3)] })
    expect(confirmed(victim.takeAll(1))).toEqual([id(3)])
  })

  it('is not answered by a node that is no router', () => {
    const victim = new Victim({ role: 'node' }).join(1)
    victim.say(1, { type: 'confirm', owners: [id(0)] })
    expect(confirmed(victim.pass(6_000, 1))).toEqual([])
  })
})
