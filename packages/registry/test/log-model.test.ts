import type { NodeId } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RegistryCrypto } from '../src/proto/crypto.js'
import type { Delta } from '../src/proto/log/delta.js'
import type { DeltaResult } from '../src/proto/log/delta-result.js'
import type { OwnLog } from '../src/proto/log/own-log.js'
import type { Replica } from '../src/proto/log/replica.js'
import type { SignedState } from '../src/proto/log/signed-state.js'
import { isSameState } from '../src/proto/log/verify-state.js'
import { keyText, type CatalogueRecord } from '../src/proto/model/record.js'
import type { Version } from '../src/proto/model/version.js'
import { identity, nodeCrypto, promisedCrypto } from './support/identity.js'
import { deltaOf, ownLog, partsOf, replica, sealed, service, type Source } from './support/logs.js'

const REPLICAS = 3
const owner = identity(1)

const key = fc.record({ name: fc.constantFrom('a', 'b', 'c'), port: fc.nat(30) })
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key, weight: fc.nat(3) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('withdraw' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fill' as const), from: fc.nat(100), count: fc.nat(120) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('adopt' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('seal' as const) }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('part' as const), to: fc.integer({ min: 0, max: REPLICAS - 1 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      // From the owner, or from a replica with a lower number: how far the log has come is different everywhere.
      from: fc.integer({ min: -1, max: REPLICAS - 2 }),
      to: fc.integer({ min: 0, max: REPLICAS - 1 }),
      isSnapshot: fc.boolean(),
      maxBytes: fc.constantFrom(1, 60, 65_000),
      parts: fc.integer({ min: 1, max: 4 }),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** One log and its replicas, with a model of what the log holds. */
class World {
  readonly replicas: readonly Replica[]
  /** What a watch that sees every change would show of each replica. */
  readonly shown = Array.from({ length: REPLICAS }, () => new Map<string, CatalogueRecord>())
  readonly model = new Map<string, number>()
  #log: OwnLog
  readonly #lives: number[] = []
  /** Where the last part that was sent to each replica ended. */
  readonly #cursors: ({ readonly since: Version; readonly watermark: number } | undefined)[] = []
  #incarnation = 1

  constructor(crypto: RegistryCrypto) {
    this.replicas = Array.from({ length: REPLICAS }, () => replica(owner.nodeId, { crypto }))
    this.#log = this.#newLog()
  }

  get log(): OwnLog {
    return this.#log
  }

  async run(what: Step): Promise<void> {
    switch (what.do) {
      case 'put':
        return this.#put(what.key.name, what.key.port, what.weight)
      case 'withdraw':
        return this.#withdraw(what.key.name, what.key.port)
      case 'clear':
        for (const each of [...this.model.keys()])
          this.#withdraw(each.split(':')[0] ?? '', Number(each.split(':')[1]))
        return
      case 'fill':
        for (let port = what.from; port < what.from + what.count; port++) this.#put('fill', port, 1)
        return
      case 'adopt':
        return this.#log.adoptIncarnation(++this.#incarnation)
      case 'restart':
        this.model.clear()
        this.#log = this.#newLog()
        return
      case 'seal':
        return void sealed(this.#log, owner)
      case 'part':
        return this.sendPart(what.to)
      case 'send':
        return this.send(what)
    }
  }

  async send(what: Step & { do: 'send' }): Promise<void> {
    if (what.from >= what.to) return
    const from: Source = what.from < 0 ? this.#log : (this.replicas[what.from] as Replica)
    const to = this.replicas[what.to] as Replica
    if (from.state === undefined) return
    const isOther = this.#life(to.version) !== this.#life(from.state)
    const since: Version | undefined = what.isSnapshot || isOther ? undefined : to.version
    const speaker = identity(10 + what.from).nodeId
    to.dropStaged(speaker)
    for (const part of partsOf(from, owner, since, what.maxBytes).slice(0, what.parts)) {
      await this.#apply(what.to, part, speaker, from)
    }
  }

  /** Sends the next part of a snapshot of the owner's log, which may have changed since the part before. */
  async sendPart(number: number): Promise<void> {
    const { state } = this.#log
    if (state === undefined) return
    const to = this.replicas[number] as Replica
    const last = this.#cursors[number]
    const isBroken = last === undefined || state.watermark > Math.max(last.since.sequence, last.watermark)
    const since = isBroken || this.#life(last.since) !== this.#life(state) ? undefined : last.since
    const delta = deltaOf(this.#log, owner, since, 60)
    this.#cursors[number] = undefined
    if (delta.hasMore) {
      const sequence = this.#log.partAfter(since?.sequence ?? 0, 60).until
      const { incarnation, watermark } = state
      this.#cursors[number] = { since: { incarnation, sequence, check: 0 }, watermark }
    }
    const kind = await this.#apply(number, delta, identity(99).nodeId, this.#log)
    // An interrupted snapshot begins anew; an uninterrupted one goes through.
    if (since !== undefined) expect(kind).not.toBe('gap')
    if (kind === 'stale' || kind === 'duplicate') this.#cursors[number] = undefined
    expect(to.isStaging(identity(99).nodeId)).toBe(kind === 'staged')
  }

  async #apply(number: number, part: Delta, speaker: NodeId, from: Source): Promise<DeltaResult['kind']> {
    const to = this.replicas[number] as Replica
    const result = await to.apply(part, speaker)
    expect(['applied', 'staged', 'stale', 'duplicate', 'gap']).toContain(result.kind)
    expect(result).not.toMatchObject({ isSuspect: true })
    if (result.kind !== 'applied') return result.kind
    expect(isSameState(to.state as SignedState, from.state as SignedState)).toBe(true)
    expect(equalBytes(to.partAfter(0, 2 ** 30).entries, from.partAfter(0, 2 ** 30).entries)).toBe(true)
    const shown = this.shown[number] as Map<string, CatalogueRecord>
    const wrong = result.changes.filter(({ before, now }) => {
      const isKnown = before === undefined || shown.get(keyText(before)) === before
      if (before !== undefined) shown.delete(keyText(before))
      if (now !== undefined) shown.set(keyText(now), now)
      return !isKnown || before === now
    })
    expect(wrong).toEqual([])
    this.#check(to, shown)
    return result.kind
  }

  #check(to: Replica, shown: ReadonlyMap<string, CatalogueRecord>): void {
    const records = [...to.records()]
    expect(records.length).toBe(shown.size)
    const isHeld = (each: CatalogueRecord): boolean =>
      shown.get(keyText(each)) === each && to.record(each) === each
    expect(records.filter((each) => !isHeld(each))).toEqual([])
  }

  /** The incarnation that the life of a version began with. */
  #life(version: Version | undefined): number | undefined {
    return this.#lives.findLast((first) => version !== undefined && first <= version.incarnation)
  }

  #newLog(): OwnLog {
    this.#lives.push(this.#incarnation + 1)
    return ownLog(++this.#incarnation, { maxEntriesPerOwner: 150 })
  }

  #put(name: string, port: number, weight: number): void {
    const record = service(owner.nodeId, name, port, { weight })
    if (this.#log.refusal(record) !== undefined) return
    expect(this.#log.put(record)).toBe(this.model.get(`${name}:${port}`) !== weight)
    this.model.set(`${name}:${port}`, weight)
  }

  #withdraw(name: string, port: number): void {
    const isKnown = this.model.delete(`${name}:${port}`)
    expect(this.#log.withdraw({ kind: 'service', environment: '', name, port })).toBe(isKnown)
  }
}

it.each([
  ['at once', nodeCrypto, 100],
  ['by promises', promisedCrypto, 30],
] as const)(
  'replicas hold what the log holds after any history, with crypto that answers %s',
  async (_, crypto, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (steps) => {
        const world = new World(crypto)
        for (const what of steps) await world.run(what)
        sealed(world.log, owner)
        for (let to = 0; to < REPLICAS; to++) {
          await world.send({ do: 'send', from: to - 1, to, isSnapshot: true, maxBytes: 60, parts: 10_000 })
          const held = [...(world.replicas[to] as Replica).records()].map((each) =>
            each.kind === 'service' ? [`${each.name}:${each.port}`, each.weight] : each.kind,
          )
          expect(held.sort()).toEqual([...world.model].sort())
        }
      }),
      { numRuns },
    )
  },
)
