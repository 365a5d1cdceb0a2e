import { toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  comparePreference,
  PreferredLink,
  type LinkFacts,
  type RankedLink,
} from '../src/proto/preferred-link.js'

const LOW = toNodeId(1n)
const HIGH = toNodeId(2n)
const base: LinkFacts = {
  incarnation: 1,
  isDialedHere: true,
  sequence: 0,
  life: undefined,
}

interface TestLink extends RankedLink {
  readonly name: string
}

function link(name: string, facts: Partial<LinkFacts> = {}): TestLink {
  return { name, facts: { ...base, ...facts } }
}

function stepNames(steps: readonly { kind: string; link: TestLink | undefined }[]): string[] {
  return steps.map((step) => `${step.kind} ${step.link?.name ?? 'none'}`)
}

describe('comparing two links', () => {
  it('prefers of two lives of the peer the older if it is alive, whatever their incarnations', () => {
    for (const isLower of [true, false]) {
      for (const isDialedHere of [true, false]) {
        const newer = { ...base, incarnation: 2, isDialedHere, sequence: 9 }
        expect(comparePreference(base, newer, isLower)).toBe('older-if-alive')
        expect(comparePreference(newer, base, isLower)).toBe('older-if-alive')
      }
    }
  })

  it('distinguishes lives by their numbers, and by incarnations only where one is missing', () => {
    const [one, other] = [
      { ...base, life: 1 },
      { ...base, life: 2 },
    ]
    expect(comparePreference({ ...one, incarnation: 2 }, one, true)).toBe('newer')
    expect(comparePreference(one, { ...one, incarnation: 2, isDialedHere: false }, true)).toBe(
      'older-if-alive',
    )
    expect(comparePreference({ ...one, incarnation: 2 }, other, true)).toBe('older-if-alive')
    expect(comparePreference(one, { ...other, incarnation: 2 }, true)).toBe('older-if-alive')
    expect(comparePreference(one, other, true)).toBe('older-if-alive')
  })

  it('prefers the newer of two by the same dialer, by its sequence number where there is one', () => {
    expect(comparePreference(base, base, true)).toBe('newer')
    expect(comparePreference({ ...base, sequence: 5 }, { ...base, sequence: 4 }, true)).toBe('older')
  })

  it('prefers of crossing dials the one by the lower id, an older one only if it is alive', () => {
    expect(comparePreference(base, { ...base, isDialedHere: false }, true)).toBe('older-if-alive')
    expect(comparePreference(base, { ...base, isDialedHere: false }, false)).toBe('newer')
    expect(comparePreference({ ...base, isDialedHere: false }, base, true)).toBe('newer')
    expect(comparePreference({ ...base, isDialedHere: false }, base, false)).toBe('older-if-alive')
  })

  it('comes to the same answer on both sides for crossing dials, in whatever order they were seen', () => {
    const facts = fc.record({ dialedByLow: fc.boolean(), sequence: fc.nat(3) })
    const run = fc.property(facts, facts, fc.boolean(), (one, other, isSameOrder) => {
      fc.pre(one.dialedByLow !== other.dialedByLow || one.sequence !== other.sequence)
      const at = (isLow: boolean, side: typeof one): LinkFacts => ({
        ...base,
        isDialedHere: side.dialedByLow === isLow,
        sequence: side.sequence,
      })
      const winner = (isLow: boolean, older: typeof one, newer: typeof one): typeof one =>
        comparePreference(at(isLow, older), at(isLow, newer), isLow) === 'newer' ? newer : older
      const here = winner(true, one, other)
      const there = isSameOrder ? winner(false, one, other) : winner(false, other, one)
      expect(there).toBe(here)
    })
    fc.assert(run)
  })
})

describe('the preferred link', () => {
  it('is the first one until a better one comes, and the displaced one stands by', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    expect(stepNames(links.add(link('one')))).toEqual(['prefer one'])
    expect(stepNames(links.add(link('two')))).toEqual(['prefer two', 'standBy one'])
    expect(links.preferred?.name).toBe('two')
  })

  it('stays when it answers the ping that crossing dials ask for', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const older = link('older')
    links.add(older)
    expect(stepNames(links.add(link('newer', { isDialedHere: false })))).toEqual(['ping older'])
    expect(links.isProbing).toBe(true)
    expect(links.preferred).toBe(older)
    expect(stepNames(links.answered(older))).toEqual(['standBy newer'])
    expect(links.isProbing).toBe(false)
    expect(stepNames(links.answered(older))).toEqual([])
  })

  it('gives way to the newer one when it is silent, and stands by', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const older = link('older', { incarnation: 9 })
    links.add(older)
    expect(stepNames(links.add(link('newer')))).toEqual(['ping older'])
    expect(stepNames(links.silent(older))).toEqual(['prefer newer', 'standBy older'])
    expect(stepNames(links.silent(older))).toEqual([])
    expect(stepNames(links.answered(older))).toEqual([])
  })

  it('gives way to the newer one when it dies instead of answering', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const older = link('older')
    links.add(older)
    links.add(link('newer', { isDialedHere: false }))
    expect(stepNames(links.remove(older))).toEqual(['prefer newer'])
  })

  it('compares those that arrive during a probe one after the other', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const first = link('first')
    links.add(first)
    links.add(link('second', { isDialedHere: false }))
    expect(stepNames(links.add(link('third', { sequence: 1 })))).toEqual([])
    expect(stepNames(links.answered(first))).toEqual(['standBy second', 'prefer third', 'standBy first'])
  })

  it('goes on with the next newcomer when the one under comparison ends', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const second = link('second', { isDialedHere: false })
    links.add(link('first'))
    links.add(second)
    links.add(link('third', { isDialedHere: false }))
    expect(stepNames(links.remove(second))).toEqual(['ping first'])
  })

  it('is replaced by the best of those standing by, and by none in the end', () => {
    const links = new PreferredLink<TestLink>(LOW, HIGH)
    const [one, two, three] = [
      link('one', { sequence: 1 }),
      link('two', { sequence: 2 }),
      link('three', { sequence: 3 }),
    ]
    for (const each of [one, two, three]) links.add(each)
    expect(stepNames(links.remove(three))).toEqual(['prefer two'])
    expect(stepNames(links.remove(one))).toEqual([])
    expect(stepNames(links.remove(two))).toEqual(['prefer none'])
    expect(stepNames(links.remove(two))).toEqual([])
  })

  it('is always one of the links that are there, whatever happens', () => {
    const life = fc.constantFrom(undefined, 1, 2)
    const facts = fc.record({ incarnation: fc.nat(2), life, isDialedHere: fc.boolean(), sequence: fc.nat(2) })
    const moves = fc.array(
      fc.oneof(
        facts.map((value) => ({ kind: 'add' as const, value })),
        fc.nat(5).map((index) => ({ kind: 'remove' as const, index })),
        fc.constantFrom({ kind: 'answered' as const }, { kind: 'silent' as const }),
      ),
    )
    const run = fc.property(moves, (list) => {
      const links = new PreferredLink<TestLink>(LOW, HIGH)
      const alive = new Set<TestLink>()
      for (const [number, move] of list.entries()) {
        if (move.kind === 'add') {
          const added = link(`link ${number}`, move.value)
          alive.add(added)
          links.add(added)
        } else if (move.kind === 'remove') {
          const chosen = [...alive][move.index]
          if (chosen !== undefined) {
            alive.delete(chosen)
            links.remove(chosen)
          }
        } else if (links.preferred !== undefined) links[move.kind](links.preferred)
        if (alive.size === 0) expect(links.preferred).toBeUndefined()
        else expect(alive.has(links.preferred as TestLink)).toBe(true)
      }
    })
    fc.assert(run)
  })
})
