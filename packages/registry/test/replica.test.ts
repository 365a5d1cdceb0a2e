import { describe, expect, it } from 'vitest'
import type { Entry } from '../src/proto/model/entry.js'
import { resolveLimits } from '../src/proto/model/limits.js'
import type { Delta } from '../src/proto/log/delta.js'
import { checkServiceKey, checkServiceRecord } from '../src/proto/model/record.js'
import { Replica } from '../src/proto/log/replica.js'
import { id } from './network.js'

function put(sequence: number, port: number, weight = 1): Entry {
  const record = checkServiceRecord(checkServiceKey('', 'echo', port), [], weight)
  return { sequence, key: record, record }
}

function gone(sequence: number, port: number): Entry {
  return { sequence, key: checkServiceKey('', 'echo', port), record: undefined }
}

function delta(since: number, entries: readonly Entry[], more: Partial<Delta> = {}): Delta {
  const until = entries.at(-1)?.sequence ?? since
  return { type: 'delta', owner: id(2), incarnation: 1, since, until, hasMore: false, entries, ...more }
}

function replica(...deltas: Delta[]): Replica {
  const made = new Replica(id(2), resolveLimits({}))
  for (const each of deltas) made.apply(each)
  return made
}

function held(of: Replica): string[] {
  return [...of.records()].map((each) =>
    each.kind === 'service' ? `${each.port}*${each.weight}` : each.kind,
  )
}

describe('version rules', () => {
  it('a later entry of a key replaces the earlier one', () => {
    expect(held(replica(delta(0, [put(1, 7, 1)]), delta(1, [put(2, 7, 5)])))).toEqual(['7*5'])
  })

  it('an entry that is known already changes nothing when it comes again', () => {
    const of = replica(delta(0, [put(1, 7, 1), put(2, 8, 1)]), delta(2, [put(3, 7, 5), gone(4, 8)]))
    expect(of.apply(delta(1, [put(2, 8, 1), put(3, 7, 2)]))).toMatchObject({ kind: 'applied', changes: [] })
    expect(held(of)).toEqual(['7*5'])
    expect(of.version).toEqual({ incarnation: 1, sequence: 4 })
  })

  it('a lower incarnation is passed over', () => {
    const of = replica(delta(0, [put(1, 7)], { incarnation: 5 }))
    expect(of.apply(delta(0, [put(9, 8)], { incarnation: 4 }))).toEqual({ kind: 'stale' })
    expect(held(of)).toEqual(['7*1'])
  })

  it('a higher incarnation replaces everything at once, when its last part is there', () => {
    const of = replica(delta(0, [put(1, 7), put(2, 8)]))
    expect(of.apply(delta(0, [put(1, 8)], { incarnation: 2, hasMore: true }))).toEqual({ kind: 'staged' })
    expect(held(of)).toEqual(['7*1', '8*1'])
    const result = of.apply(delta(1, [put(2, 9)], { incarnation: 2 }))
    expect(result).toMatchObject({
      isCurrent: true,
      changes: [{ before: { port: 7 } }, { now: { port: 9 } }],
    })
    expect(held(of)).toEqual(['8*1', '9*1'])
  })

  it('a snapshot of the same incarnation drops what is not in it, unless more than it is known', () => {
    const of = replica(delta(0, [put(1, 7), put(2, 8)]))
    expect(of.apply(delta(0, [put(1, 7)]))).toEqual({ kind: 'stale' })
    expect(held(of)).toEqual(['7*1', '8*1'])
    of.apply(delta(0, [put(3, 9)]))
    expect(held(of)).toEqual(['9*1'])
  })

  it('a delta that leaves something out is a gap and changes nothing', () => {
    const of = replica(delta(0, [put(1, 7)]))
    expect(of.apply(delta(2, [put(3, 8)]))).toEqual({ kind: 'gap' })
    expect(of.apply(delta(1, [put(2, 8)], { incarnation: 2 }))).toEqual({ kind: 'gap' })
    expect(held(of)).toEqual(['7*1'])
  })

  it('half a snapshot does not outlive its conversation', () => {
    const of = replica(delta(0, [put(1, 7), put(2, 8)]))
    of.apply(delta(0, [put(2, 8)], { hasMore: true }))
    of.dropStaged()
    of.apply(delta(2, [put(3, 9)]))
    expect(held(of)).toEqual(['7*1', '8*1', '9*1'])
  })
})
