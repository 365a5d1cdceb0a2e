import { toNodeId, type NodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLOCK_TOLERANCE_MS, GrantLedger, type GrantTerms } from '../src/index.js'
import { counting } from './support/bytes.js'

const node = (number: number): NodeId => toNodeId(BigInt(number))

function grant(change: Partial<GrantTerms> = {}): GrantTerms {
  return { id: counting(1, 16), issuer: counting(2), roles: [], uses: 2, expiresAt: 1_000_000, ...change }
}

/** The code of what `admit` returns; `in` when it lets the node in. */
function admit(ledger: GrantLedger, terms: GrantTerms, nodeId: number, nowMs = 0): string {
  return ledger.admit(terms, node(nodeId), nowMs)?.code.replace('ASTRA_ERR_TICKET_', '') ?? 'in'
}

describe('GrantLedger', () => {
  test('lets as many different nodes in as the grant says, and each of them again', () => {
    const ledger = new GrantLedger()
    const seen = [1, 1, 2, 3, 1, 2, 3].map((nodeId) => admit(ledger, grant(), nodeId))
    expect(seen).toEqual(['in', 'in', 'in', 'USED_UP', 'in', 'in', 'USED_UP'])
    expect(ledger.admit(grant(), node(4), 0)?.message).toContain('lets 2 nodes in')
    expect([ledger.grants, ledger.holders]).toEqual([1, 2])
  })

  test('counts grants with the same id of different issuers separately', () => {
    const ledger = new GrantLedger()
    const theirs = grant({ issuer: counting(3) })
    expect([1, 2].map((nodeId) => admit(ledger, theirs, nodeId))).toEqual(['in', 'in'])
    expect([3, 4, 5].map((nodeId) => admit(ledger, grant(), nodeId))).toEqual(['in', 'in', 'USED_UP'])
  })

  test('refuses and forgets a grant a minute after its end', () => {
    const ledger = new GrantLedger()
    const last = grant().expiresAt + CLOCK_TOLERANCE_MS
    expect(admit(ledger, grant({ uses: 1 }), 1, last)).toBe('in')
    expect(admit(ledger, grant({ uses: 1 }), 2, last)).toBe('USED_UP')
    expect(ledger.grants).toBe(1)
    expect(admit(ledger, grant({ uses: 1 }), 1, last + 1)).toBe('EXPIRED')
    expect([ledger.grants, ledger.holders]).toEqual([0, 0])
  })

  test('keeps a used-up grant out when the clock is set back after it was forgotten', () => {
    const ledger = new GrantLedger()
    expect(admit(ledger, grant({ uses: 1 }), 1)).toBe('in')
    ledger.forgetExpired(2_000_000)
    expect(ledger.grants).toBe(0)
    expect(admit(ledger, grant({ uses: 1 }), 2, 500)).toBe('EXPIRED')
    expect(admit(ledger, grant({ expiresAt: 1_000_001 }), 2, 500)).toBe('in')
  })

  test('counts the uses of two grants with one id together until the later one ends', () => {
    const ledger = new GrantLedger()
    const later = grant({ uses: 1, expiresAt: 9_000_000 })
    expect(admit(ledger, later, 1)).toBe('in')
    expect(admit(ledger, grant({ uses: 1 }), 1)).toBe('in')
    ledger.forgetExpired(2_000_000)
    expect(admit(ledger, later, 2, 2_000_000)).toBe('USED_UP')
    const first = new GrantLedger()
    expect([grant({ uses: 1 }), later].map((terms) => admit(first, terms, 1))).toEqual(['in', 'in'])
    first.forgetExpired(2_000_000)
    expect(admit(first, later, 2, 2_000_000)).toBe('USED_UP')
  })

  test('lets nobody new in when it is full of grants, and forgets none for it', () => {
    const ledger = new GrantLedger({ maxGrants: 2 })
    const grants = [1, 2, 3].map((first) => grant({ id: counting(first, 16), expiresAt: first * 1_000_000 }))
    const [a, b, c] = grants as [GrantTerms, GrantTerms, GrantTerms]
    expect([a, b, c].map((terms) => admit(ledger, terms, 1))).toEqual(['in', 'in', 'LEDGER'])
    expect(ledger.admit(c, node(1), 0)?.message).toContain('already counts 2 grants')
    expect([a, b].map((terms) => admit(ledger, terms, 2))).toEqual(['in', 'in'])
    expect([a, b].map((terms) => admit(ledger, terms, 3))).toEqual(['USED_UP', 'USED_UP'])
    expect(admit(ledger, c, 1, 1_000_000 + CLOCK_TOLERANCE_MS + 1)).toBe('in')
  })

  test('lets nobody new in when it is full of nodes, and those that it knows again', () => {
    const ledger = new GrantLedger({ maxHolders: 3 })
    const second = grant({ id: counting(9, 16), expiresAt: 2_000_000 })
    expect([1, 2].map((nodeId) => admit(ledger, grant(), nodeId))).toEqual(['in', 'in'])
    expect([1, 2, 1].map((nodeId) => admit(ledger, second, nodeId))).toEqual(['in', 'LEDGER', 'in'])
    expect(admit(ledger, grant({ id: counting(8, 16) }), 7)).toBe('LEDGER')
    expect([ledger.grants, ledger.holders]).toEqual([2, 3])
    expect(admit(ledger, second, 2, 1_000_000 + CLOCK_TOLERANCE_MS + 1)).toBe('in')
    expect([ledger.grants, ledger.holders]).toEqual([1, 2])
  })

  test('counts a grant with the most uses', () => {
    const ledger = new GrantLedger()
    const terms = grant({ uses: 65_535 })
    for (let nodeId = 0; nodeId < 65_535; nodeId++)
      if (ledger.admit(terms, node(nodeId), 0) !== undefined) expect(nodeId).toBe('let in')
    expect(admit(ledger, terms, 65_535)).toBe('USED_UP')
    expect(ledger.holders).toBe(65_535)
  })

  test.each([
    [{ maxGrants: 0 }, /"options.maxGrants"/],
    [{ maxGrants: 2 ** 20 + 1 }, /"options.maxGrants"/],
    [{ maxHolders: 1.5 }, /"options.maxHolders"/],
    [{ maxHolders: '1' as never }, /"options.maxHolders"/],
  ])('throws for a wrong option (%#)', (options, message) => {
    expect(() => new GrantLedger(options)).toThrow(message)
  })

  test('throws for a time that is none', () => {
    const ledger = new GrantLedger()
    expect(() => ledger.admit(grant(), node(1), Number.NaN)).toThrow(/"nowMs"/)
    expect(() => ledger.forgetExpired(-1)).toThrow(/"nowMs"/)
  })
})

describe('model', () => {
  const call = fc.record({
    id: fc.integer({ min: 1, max: 5 }),
    issuer: fc.integer({ min: 1, max: 2 }),
    nodeId: fc.integer({ min: 0, max: 6 }),
    minutes: fc.integer({ min: -2, max: 6 }),
  })

  /** All that ever happened, which is the plainest way to say what may happen next. */
  class Model {
    #nowMs = 0
    readonly #in = new Map<string, Set<number>>()
    readonly #ends = new Map<string, number>()
    #largestEnd = -1

    next(maxGrants: number, maxHolders: number, step: Step): string {
      this.#nowMs = step.nowMs
      const isOver = (end: number): boolean => this.#nowMs > end + 60_000
      for (const [key, end] of this.#ends) {
        if (!isOver(end)) continue
        this.#ends.delete(key)
        this.#in.delete(key)
        this.#largestEnd = Math.max(this.#largestEnd, end)
      }
      const { id, issuer, uses, expiresAt } = step.terms
      const key = `${issuer[0]}/${id[0]}`
      const nodes = this.#in.get(key) ?? new Set()
      if (isOver(expiresAt)) return 'EXPIRED'
      if (!this.#in.has(key) && expiresAt <= this.#largestEnd) return 'EXPIRED'
      if (!nodes.has(step.nodeId)) {
        if (nodes.size >= uses) return 'USED_UP'
        if (!this.#in.has(key) && this.#in.size >= maxGrants) return 'LEDGER'
        if (this.holders >= maxHolders) return 'LEDGER'
      }
      this.#in.set(key, nodes.add(step.nodeId))
      this.#ends.set(key, expiresAt)
      return 'in'
    }

    get holders(): number {
      return [...this.#in.values()].reduce((sum, nodes) => sum + nodes.size, 0)
    }
  }

  interface Step {
    readonly terms: GrantTerms
    readonly nodeId: number
    readonly nowMs: number
  }

  test('does what the model does for any calls, also with clocks that are set back', () => {
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        (calls, maxGrants, maxHolders) => {
          const ledger = new GrantLedger({ maxGrants, maxHolders })
          const model = new Model()
          const everIn = new Map<string, Set<number>>()
          let nowMs = 0
          for (const { id, issuer, nodeId, minutes } of calls) {
            nowMs = Math.max(0, nowMs + minutes * 60_000)
            const terms = grant({
              id: counting(id, 16),
              issuer: counting(issuer),
              uses: id,
              expiresAt: id * 300_000,
            })
            const found = admit(ledger, terms, nodeId, nowMs)
            expect(found).toBe(model.next(maxGrants, maxHolders, { terms, nodeId, nowMs }))
            expect(ledger.holders).toBe(model.holders)
            expect(ledger.holders).toBeLessThanOrEqual(maxHolders)
            expect(ledger.grants).toBeLessThanOrEqual(maxGrants)
            if (found !== 'in') continue
            // The promise itself: over all time no more nodes than the grant says.
            const key = `${issuer}/${id}`
            everIn.set(key, (everIn.get(key) ?? new Set()).add(nodeId))
            expect(everIn.get(key)?.size).toBeLessThanOrEqual(id)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
