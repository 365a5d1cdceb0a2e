import { toNodeId, type NodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import type { Version } from '../src/proto/model/version.js'
import type { Message } from '../src/proto/wire/message.js'
import { logOf, versionOf, Victim, whole } from './hostile-neighbour.js'
import { id } from './network.js'
import { ownLog, sealed, service } from './support/logs.js'
import { signerOf } from './network.js'

const FORGED = 'ASTRA_ERR_REGISTRY_FORGED'

/** How many logs are asked for, or how often those of one owner are. */
function asksIn(messages: readonly Message[], owner?: NodeId): number {
  const items = messages.flatMap((each) => (each.type === 'ask' ? each.items : []))
  return items.filter((item) => owner === undefined || item.owner === owner).length
}

describe('a router that lies', () => {
  it('is cut and reported for a state that the owner did not sign, and nothing of it is held', () => {
    const victim = new Victim().join(1)
    const delta = whole(2)
    const forged = { ...delta, state: { ...delta.state, sequence: delta.state.sequence + 1 } }
    expect(victim.say(1, { type: 'deltas', deltas: [forged] })?.code).toBe(FORGED)
    expect(victim.node.takeReports()).toMatchObject([{ kind: 'forged', owner: id(2), speaker: id(1) }])
    expect(victim.node.inspect().entries).toBe(0)
  })

  it('is cut for a state of this node that this node did not sign, and not for an old one', () => {
    const victim = new Victim().join(1)
    const delta = whole(2)
    const claim = {
      ...delta,
      owner: id(0),
      publicKey: signerOf(0).publicKey,
      state: { ...delta.state, incarnation: 9_000 },
    }
    expect(victim.say(1, { type: 'deltas', deltas: [claim] })?.code).toBe(FORGED)
    expect(victim.node.incarnation).toBe(1_000)
  })

  it('is cut when its changes do not make the state, eight times in a minute', () => {
    const victim = new Victim().join(1)
    const log = ownLog(1)
    log.put(service(id(2), 'echo', 1))
    const first = sealed(log, signerOf(2))
    victim.say(1, { type: 'deltas', deltas: [whole(2, log)] })
    let code: string | undefined
    let count = 0
    for (; code === undefined && count < 20; count++) {
      log.put(service(id(2), 'web', 2 + count))
      const state = sealed(log, signerOf(2))
      const other = ownLog(1)
      other.put(service(id(2), 'evil', 1))
      other.put(service(id(2), 'evil', 2))
      sealed(other, signerOf(2))
      const { entries } = log.partAfter(first.sequence + count, 60_000)
      const wrong = Uint8Array.from(entries)
      wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
      const since = { ...first, sequence: first.sequence }
      code = victim.say(1, {
        type: 'deltas',
        deltas: [
          {
            owner: id(2),
            kind: 'services',
            publicKey: undefined,
            state,
            since,
            hasMore: false,
            entries: wrong,
          },
        ],
      })?.code
      victim.takeAll(1)
    }
    expect(code).toBe(FORGED)
    expect(count).toBeLessThanOrEqual(8)
  })

  it('announces what does not exist: it is asked twice, reported, and not asked again', () => {
    const victim = new Victim().join(1)
    victim.say(1, { type: 'announce', items: [versionOf(id(2), 5)] })
    const asked = [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum) => {
      const messages = victim.pass(1_000, 1)
      // Something of it arrives, so that its silence is not the link's.
      victim.say(1, { type: 'gone', owners: [] })
      return sum + asksIn(messages, id(2))
    }, 0)
    expect(asked).toBe(2)
    expect(victim.node.takeReports()).toMatchObject([{ kind: 'forged', owner: id(2), speaker: id(1) }])
    victim.say(1, { type: 'announce', items: [versionOf(id(3), 5)] })
    expect(asksIn(victim.pass(10_000, 1), id(3))).toBe(0)
    // Another neighbour that announces it is asked.
    victim.join(4)
    victim.say(4, { type: 'announce', items: [versionOf(id(3), 5)] })
    expect(asksIn(victim.pass(1_000, 4), id(3))).toBe(1)
  })

  it('announces thousands that do not exist, and answers that it does not hold them', () => {
    const victim = new Victim().join(1)
    let asked = 0
    for (let round = 0; round < 20; round++) {
      const items = Array.from({ length: 1_000 }, (_, n) =>
        versionOf(toNodeId(BigInt(round * 1_000 + n + 100)), 5),
      )
      victim.say(1, { type: 'announce', items })
      for (const message of victim.pass(200, 1)) {
        if (message.type !== 'ask') continue
        asked += message.items.length
        victim.say(1, { type: 'gone', owners: message.items.map(({ owner }) => owner) })
      }
    }
    // What was asked in one message, before the first of its answers came; and the logs of the neighbour itself.
    expect(asked).toBeLessThan(1_030)
    expect(victim.node.takeReports().length).toBeGreaterThan(0)
  })

  it('offers 256 buckets of lies: it is asked for what it named, and that is all', () => {
    const victim = new Victim()
    victim.node.neighbourUp({ nodeId: id(1), incarnation: 1, role: 'router', holdsAll: true }, victim.now)
    victim.takeAll(1)
    victim.say(1, { type: 'greeting', root: 12_345, count: 100_000, items: undefined })
    expect(victim.takeAll(1).map(({ type }) => type)).toEqual(['buckets'])
    const items = Array.from({ length: 256 }, (_, n) => versionOf(toNodeId((BigInt(n) << 56n) + 9n), 5))
    victim.say(1, { type: 'versions', items, hasMore: false })
    expect(asksIn(victim.takeAll(1))).toBe(256)
    expect(asksIn(victim.pass(60_000, 1))).toBe(0)
    expect(victim.node.isCurrent(id(1))).toBe(false)
    // What it says unasked is ignored.
    victim.say(1, { type: 'versions', items: [versionOf(id(3), 5)], hasMore: false })
    expect(asksIn(victim.takeAll(1))).toBe(0)
    expect(victim.node.inspect().logs).toBe(0)
  })

  it('sends a snapshot that never ends: the memory that it takes is bounded and goes with its link', () => {
    const victim = new Victim({ maxHeldBytes: 2_000_000 }).join(1, 'node')
    const big = logOf(1, 60_000)
    let since: Version | undefined
    let sequence = 0
    let code: string | undefined
    for (let part = 0; part < 200 && code === undefined; part++) {
      const { entries, until, hasMore } = big.partAfter(sequence, 60_000)
      if (!hasMore || big.state === undefined) break
      const publicKey = since === undefined ? signerOf(1).publicKey : undefined
      const delta = {
        owner: id(1),
        kind: 'services' as const,
        publicKey,
        state: big.state,
        since,
        hasMore: true,
        entries,
      }
      code =
        victim.say(1, { type: 'deltas', deltas: [delta] })?.code ?? victim.node.takeRefused()[0]?.error.code
      sequence = until
      since = { incarnation: big.state.incarnation, sequence, check: 0 }
      expect(victim.node.inspect().heldBytes).toBeLessThanOrEqual(2_000_000)
    }
    expect(code).toBe('ASTRA_ERR_REGISTRY_LIMIT')
    expect(victim.node.inspect().heldBytes).toBeLessThan(10_000)
    expect(victim.node.isUp(id(1))).toBe(false)
  })
})

describe('a plain node that lies', () => {
  it('is cut when it passes on what another node publishes, unless that shows a later life', () => {
    const victim = new Victim().join(1, 'node')
    expect(victim.say(1, { type: 'deltas', deltas: [whole(2)] })?.code).toMatch(/OWNER|undefined/)
    expect(victim.node.services()).toEqual([])
  })

  it('cannot make others gone', () => {
    const victim = new Victim().join(1, 'node').join(2)
    victim.say(1, { type: 'deltas', deltas: [whole(1)] })
    expect(victim.node.services()).toHaveLength(1)
    expect(victim.say(2, { type: 'gone', owners: [id(1), id(0)] })).toBeUndefined()
    expect(victim.node.services()).toHaveLength(1)
    expect(victim.say(2, { type: 'settled', token: 99 })).toBeUndefined()
  })

  it('wants nodes confirmed in a storm: what is beyond the ration is dropped, and it is not cut for it', () => {
    const victim = new Victim().join(1)
    for (let count = 0; count < 5_000; count++)
      expect(victim.say(1, { type: 'confirm', owners: [id(0), id(2)] })).toBeUndefined()
    const answers = victim.takeAll(1).filter(({ type }) => type === 'confirmed')
    expect(answers).toMatchObject([{ items: [{ owner: id(0) }] }])
    // The ration is used up for now, and comes back.
    victim.say(1, { type: 'confirm', owners: [id(0)] })
    expect(victim.takeAll(1)).toEqual([])
    victim.pass(1_000, 1)
    victim.say(1, { type: 'confirm', owners: [id(0)] })
    expect(victim.takeAll(1)).toMatchObject([{ type: 'confirmed' }])
  })
})

describe('a leaf', () => {
  it('is cut when it wants 1,025 names', () => {
    const victim = new Victim().join(1, 'leaf')
    const names = Array.from({ length: 1_024 }, (_, n) => ({ environment: '', name: `n${n}` }))
    const wants = { type: 'wants', token: 1, all: false, remove: [], held: [] } as const
    expect(victim.say(1, { ...wants, add: names })).toBeUndefined()
    expect(victim.takeAll(1)).toMatchObject([{ type: 'settled', token: 1 }])
    expect(victim.say(1, { ...wants, add: [{ environment: 'x', name: 'one-more' }] })?.code).toBe(
      'ASTRA_ERR_REGISTRY_LIMIT',
    )
  })

  it('believes its router only about what it asked for', () => {
    const victim = new Victim({ role: 'leaf', catalogue: 'wanted' }).join(1)
    victim.say(1, { type: 'deltas', deltas: [whole(2)] })
    expect(victim.node.services()).toEqual([])
    expect(victim.node.inspect().logs).toBe(0)
    victim.node.want('', 'service-0')
    victim.takeAll(1)
    victim.say(1, { type: 'deltas', deltas: [whole(2)] })
    expect(victim.node.services()).toHaveLength(1)
    // Another router is not asked, so it has no say.
    victim.join(3)
    victim.say(3, { type: 'gone', owners: [id(2)] })
    expect(victim.node.services()).toHaveLength(1)
    victim.say(1, { type: 'gone', owners: [id(2)] })
    expect(victim.node.services()).toEqual([])
  })
})
