import { toNodeId, type NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GraphSignal } from '../src/proto/graph/graph-signal.js'
import { BoundedInterner } from '../src/proto/model/interner.js'
import { MAX_WANTED_NAMES, resolveLimits } from '../src/proto/model/limits.js'
import type { ServiceRecord } from '../src/proto/model/record.js'
import { HeldLog } from '../src/proto/sync/held-log.js'
import { KeptRations } from '../src/proto/sync/kept-rations.js'
import { Leaves } from '../src/proto/sync/leaves.js'
import { LogStore } from '../src/proto/sync/log-store.js'
import { Neighbour } from '../src/proto/sync/neighbour.js'
import { nameText, PendingWants } from '../src/proto/sync/pending-wants.js'
import { LOOKS_AT_ONCE, LOOKS_REFILL_MS } from '../src/proto/sync/sync-limits.js'
import { SyncState } from '../src/proto/sync/sync-state.js'
import { ServiceView } from '../src/proto/view/service-view.js'
import type { Message, WantsMessage } from '../src/proto/wire/message.js'
import { logOf, Victim, whole } from './hostile-neighbour.js'
import { id } from './network.js'
import { nodeCrypto } from './support/identity.js'
import { service } from './support/logs.js'

const ECHO = { environment: '', name: 'echo' }
const OTHER = { environment: '', name: 'other' }
const LEAF = 40
const LEAF_FACTS = { nodeId: toNodeId(2n), incarnation: 1, role: 'leaf', holdsAll: false } as const

function wants(token: number, parts: Partial<WantsMessage>): WantsMessage {
  return { type: 'wants', token, all: false, add: [], remove: [], held: [], ...parts }
}

/** A router's leaves, and a count of the owners and records that are looked at for them. */
class Hub {
  leaf = new Neighbour(LEAF_FACTS, new KeptRations(), 0)
  looks = 0
  readonly #state: SyncState
  readonly #leaves: Leaves
  #token = 0

  /** `owners` nodes, each with `echo` and so many other services, each of a name of its own. */
  constructor(owners: number, others: number) {
    const parts = { limits: resolveLimits({}), crypto: nodeCrypto, interner: new BoundedInterner() }
    const store = new LogStore(parts)
    const self = toNodeId(1n)
    this.#state = new SyncState({ self, store, signal: new GraphSignal(), role: 'router', scope: 'all' })
    this.#state.neighbours.add(this.leaf)
    const view = new ServiceView()
    const logs = new Map<NodeId, HeldLog>()
    const records: (owner: NodeId) => ServiceRecord[] = (owner) => [
      ...Array.from({ length: others }, (_, port) => service(owner, `more-${port}`, port + 2)),
      service(owner, 'echo', 1),
    ]
    for (let n = 0; n < owners; n++) {
      const owner = toNodeId(BigInt(1_000 + n))
      logs.set(owner, new HeldLog({ owner, kind: 'services' }, parts))
      for (const record of records(owner)) view.set(record)
    }
    this.#leaves = new Leaves({
      state: this.#state,
      view,
      logOf: (owner) => {
        this.looks++
        return logs.get(owner)
      },
      recordsOf: (owner) => this.#counted(records(owner)),
      owners: () => this.#counted(logs.keys()),
    })
  }

  say(parts: Partial<WantsMessage>): void {
    expect(this.#leaves.wants(this.leaf, wants(++this.#token, parts))).toBeUndefined()
  }

  /** The leaf's link goes, and another one comes up at once. */
  linkAnew(): void {
    const { neighbours, now } = this.#state
    this.#leaves.leave(this.leaf)
    neighbours.remove(this.leaf, now)
    this.leaf = new Neighbour(LEAF_FACTS, neighbours.rationsOf(this.leaf.id), now)
    neighbours.add(this.leaf)
  }

  pass(ms: number): void {
    this.#state.advance(this.#state.now + ms)
    this.#state.agenda.run(this.#state.now)
  }

  get isAnswered(): boolean {
    return this.leaf.dirty.has(this.#token)
  }

  *#counted<T>(items: Iterable<T>): Iterable<T> {
    for (const item of items) {
      this.looks++
      yield item
    }
  }
}

describe('a leaf that changes its mind again and again', () => {
  it.each<[what: string, say: (hub: Hub, n: number) => void]>([
    ['about everything', (hub, n) => hub.say({ all: n % 2 === 0 })],
    ['about everything, wanting a name too', (hub, n) => hub.say({ all: n % 2 === 0, add: [OTHER] })],
    ['about a name that all have', (hub) => hub.say({ add: [ECHO], remove: [ECHO] })],
    [
      'about a name that all have, wanting another one',
      (hub) => hub.say({ add: [ECHO, OTHER], remove: [ECHO] }),
    ],
  ])('makes its router look at a bounded number of things: %s', (_, say) => {
    const hub = new Hub(5_000, 4)
    // One change may begin when nearly everything is used; it looks at all owners and records twice.
    const most = 2 * LOOKS_AT_ONCE
    for (let n = 0; n < 1_000; n++) say(hub, n)
    expect(hub.looks).toBeGreaterThan(5_000)
    expect(hub.looks).toBeLessThan(most)
    expect(hub.isAnswered).toBe(false)
    hub.looks = 0
    for (let n = 0; n < LOOKS_REFILL_MS / 10; n++) {
      hub.pass(10)
      say(hub, n)
    }
    expect(hub.looks).toBeLessThan(most)
    hub.say({ all: true, add: [ECHO] })
    hub.pass(LOOKS_REFILL_MS)
    expect(hub.isAnswered).toBe(true)
    expect(hub.leaf.interest).toMatchObject({ all: true, pending: undefined })
    expect(hub.leaf.interest.owners.size).toBe(5_000)
  })

  it('has no more by a new link each time', () => {
    const hub = new Hub(5_000, 4)
    for (let n = 0; n < 1_000; n++) {
      hub.say({ all: true })
      hub.linkAnew()
    }
    expect(hub.looks).toBeGreaterThan(5_000)
    // Each owner is looked at twice: when all are gone through, and for its log. One change more may begin.
    expect(hub.looks).toBeLessThan(2 * (LOOKS_AT_ONCE + 5_001))
    hub.say({ all: true })
    expect(hub.isAnswered).toBe(false)
    hub.pass(LOOKS_REFILL_MS)
    expect(hub.isAnswered).toBe(true)
  })

  it('has each owner looked at once, however many of its names it gives up together', () => {
    const hub = new Hub(1, 5_000)
    const names = Array.from({ length: MAX_WANTED_NAMES }, (_, n) => ({
      environment: '',
      name: `more-${4_999 - n}`,
    }))
    hub.say({ add: names })
    hub.looks = 0
    hub.say({ remove: names })
    expect(hub.looks).toBeLessThanOrEqual(5_001)
    expect(hub.leaf.interest.owners.size).toBe(0)
  })

  it('costs nothing more when it says what it has said already', () => {
    const hub = new Hub(5_000, 4)
    hub.say({ all: true, add: [ECHO] })
    hub.looks = 0
    for (let n = 0; n < 1_000; n++) hub.say({ all: true, add: [ECHO] })
    expect(hub.looks).toBe(0)
    expect(hub.isAnswered).toBe(true)
  })

  it('is answered in the end, with everything that it wants', () => {
    const victim = new Victim().join(LEAF, 'leaf')
    for (let n = 1; n <= 20; n++) {
      victim.join(n, 'node')
      victim.say(n, { type: 'deltas', deltas: [whole(n, logOf(n, 20))] })
    }
    const messages: Message[] = []
    for (let token = 1; token <= 1_001; token++) {
      expect(victim.say(LEAF, wants(token, { all: token % 2 === 1 }))).toBeUndefined()
      messages.push(...victim.takeAll(LEAF))
    }
    messages.length = 0
    messages.push(...victim.pass(10 * LOOKS_REFILL_MS, LEAF))
    expect(messages.at(-1)).toEqual({ type: 'settled', token: 1_001 })
    const owners = messages.flatMap((each) =>
      each.type === 'deltas' ? each.deltas.map(({ owner }) => owner) : [],
    )
    expect(new Set(owners).size).toBe(21)
  })

  it('leaves nothing behind when its link goes while it waits', () => {
    const victim = new Victim().join(LEAF, 'leaf')
    for (let n = 1; n <= 20; n++) {
      victim.join(n, 'node')
      victim.say(n, { type: 'deltas', deltas: [whole(n, logOf(n, 20))] })
    }
    for (let token = 1; token <= 1_000; token++) victim.say(LEAF, wants(token, { all: token % 2 === 1 }))
    victim.node.neighbourDown(id(LEAF), victim.now)
    expect(victim.pass(10 * LOOKS_REFILL_MS, LEAF)).toEqual([])
  })
})

describe('what a leaf says while it waits', () => {
  const name = fc.integer({ min: 0, max: 8 }).map((n) => ({ environment: '', name: `name-${n}` }))
  const message = fc.record({ all: fc.boolean(), add: fc.array(name), remove: fc.array(name) })

  it('is the same as one change', () => {
    fc.assert(
      fc.property(
        fc.array(name),
        fc.boolean(),
        fc.array(message, { minLength: 1 }),
        (before, isAll, messages) => {
          const names = new Set(before.map((each) => nameText(each.environment, each.name)))
          const pending = new PendingWants(new Set(names), isAll)
          const expected = new Set(names)
          /** Names, and everything, that the leaf has held at no time since it last gave them up. */
          const dropped = new Set<string>()
          messages.forEach(({ all, add, remove }, index) => {
            expect(pending.add(wants(index + 1, { all, add, remove }))).toBe(true)
            for (const each of remove) {
              const text = nameText(each.environment, each.name)
              if (names.has(text)) dropped.add(text)
              expected.delete(text)
            }
            for (const each of add) expected.add(nameText(each.environment, each.name))
          })
          const after = new Set([
            ...[...names].filter((text) => !pending.givenUp.has(text)),
            ...pending.added,
          ])
          expect(after).toEqual(expected)
          for (const text of pending.givenUp) expect(dropped.has(text)).toBe(true)
          for (const text of dropped) expect(pending.givenUp.has(text)).toBe(true)
          expect([pending.token, pending.all]).toEqual([messages.length, messages.at(-1)?.all])
          expect(pending.hasGivenUpAll).toBe(messages.some(({ all }) => !all))
        },
      ),
    )
  })

  it('is not more than the names that it may want, and not more of what it holds than is of use', () => {
    const many = Array.from({ length: MAX_WANTED_NAMES }, (_, n) => ({ environment: '', name: `name-${n}` }))
    const pending = new PendingWants(new Set(), false)
    expect(pending.add(wants(1, { add: many }))).toBe(true)
    for (let n = 0; n < 100; n++) {
      const next = many.map((each) => ({ environment: '', name: `${each.name}-${n}` }))
      const before = n === 0 ? many : many.map((each) => ({ environment: '', name: `${each.name}-${n - 1}` }))
      expect(pending.add(wants(n + 2, { add: next, remove: before }))).toBe(true)
    }
    expect([pending.added.size, pending.givenUp.size]).toEqual([MAX_WANTED_NAMES, 0])
    expect(pending.add(wants(200, { add: [ECHO] }))).toBe(false)
  })
})
