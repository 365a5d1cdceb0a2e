import { describe, expect, it } from 'vitest'
import type { RegistryCrypto } from '../src/index.js'
import type { Message } from '../src/proto/wire/message.js'
import { Victim, whole } from './hostile-neighbour.js'
import type { id } from './network.js'
import { nodeCrypto } from './support/identity.js'

const LEAVES = 5_000

/** What 5,000 leaves sign is not what this is about: their signatures count as good. */
const lenient: RegistryCrypto = { ...nodeCrypto, verify: () => true }

const WANTS = { type: 'wants', token: 1, all: false, remove: [], held: [] } as const

function leafId(n: number): ReturnType<typeof id> {
  return (BigInt(n) + 1_000_000n) as ReturnType<typeof id>
}

/** A hub with leaves that want one name each, of a hundred. */
function hub(): { victim: Victim; say(n: number, message: Message): void } {
  const victim = new Victim({ crypto: lenient })
  const say = (n: number, message: Message): void => victim.sayAs(leafId(n), message)
  for (let n = 0; n < LEAVES; n++) {
    victim.node.neighbourUp({ nodeId: leafId(n), incarnation: 1, role: 'leaf', holdsAll: false }, victim.now)
    say(n, { type: 'greeting', root: 0, count: 0, items: [] })
    say(n, { ...WANTS, add: [{ environment: '', name: `service-${n % 100}` }] })
  }
  drain(victim)
  return { victim, say }
}

/** Takes what is due to all; how many messages that is, and to how many neighbours. */
function drain(victim: Victim): { messages: number; neighbours: number } {
  let messages = 0
  const due = victim.node.due(victim.now)
  for (const to of due) while (victim.node.nextMessage(to, victim.now) !== undefined) messages++
  return { messages, neighbours: due.length }
}

describe('a hub with 5,000 leaves', () => {
  it('sends a change to those that want it, and looks at no other', () => {
    const { victim } = hub()
    victim.join(1)
    drain(victim)
    victim.node.publishService({ name: 'service-7', port: 1 })
    expect(drain(victim)).toEqual({ messages: 51, neighbours: 51 })
    victim.node.publishService({ name: 'unwanted', port: 2 })
    // The same owner's logs go to those that have them; and to nobody that wants none of its names.
    expect(drain(victim).neighbours).toBe(51)
    victim.node.withdrawService({ name: 'service-7', port: 1 })
    expect(drain(victim).neighbours).toBe(51)
    victim.node.publishService({ name: 'unwanted', port: 3 })
    expect(drain(victim)).toEqual({ messages: 1, neighbours: 1 })
  })

  it('takes leaves that come and go for a small share of a core', () => {
    const { victim, say } = hub()
    const start = performance.now()
    const rounds = 200
    for (let round = 0; round < rounds; round++) {
      const n = round * 7
      victim.node.neighbourDown(leafId(n), victim.now)
      drain(victim)
      victim.node.neighbourUp(
        { nodeId: leafId(n), incarnation: 2, role: 'leaf', holdsAll: false },
        victim.now,
      )
      say(n, { type: 'greeting', root: 0, count: 0, items: [] })
      say(n, { ...WANTS, add: [{ environment: '', name: `service-${n % 100}` }] })
      drain(victim)
      victim.now += 100
      drain(victim)
    }
    const perLeaf = (performance.now() - start) / rounds
    // Ten a second may take a quarter of a core; most of it is the hub's own log of links, which is signed anew.
    expect(perLeaf).toBeLessThan(25)
    console.log(`a leaf that goes and comes takes ${perLeaf.toFixed(2)} ms at a hub with ${LEAVES}`)
  }, 60_000)

  it('has its own change ready in the time that one message takes', () => {
    const { victim } = hub()
    victim.join(1)
    victim.say(1, { type: 'deltas', deltas: [whole(1)] })
    drain(victim)
    const start = performance.now()
    for (let time = 0; time < 100; time++) victim.say(1, { type: 'root', root: time })
    drain(victim)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})
