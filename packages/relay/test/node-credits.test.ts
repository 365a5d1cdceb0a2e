import { toNodeId } from '@astranet/interface'
import { VirtualClock } from '@astranet/testkit/sim'
import { expect, test } from 'vitest'
import { NodeCredits } from '../src/io/node-credits.js'
import { PacedCredit, type CreditUser } from '../src/io/paced-credit.js'
import { accountOf } from '../src/proto/tunnel/account.js'

const RATE = 1_048_576
const account = accountOf(toNodeId(1n), toNodeId(1n))

/** Opens and closes tunnels until one is refused; returns how many there were. */
function cycle(credits: NodeCredits): number {
  for (let count = 0; count < 10_000; count++) {
    if (credits.charge(account) !== undefined) return count
    credits.join(account)
    credits.leave(account)
  }
  return Infinity
}

test('a node that opens and closes tunnels gets their first windows no faster than its rate', () => {
  const clock = new VirtualClock()
  const credits = new NodeCredits(clock, RATE)
  // An eighth of a second at once, a second that is owed, and one more.
  expect(cycle(credits)).toBe((RATE / 8 + RATE) / 16_384 + 1)
  for (let second = 0; second < 3; second++) {
    clock.advance(1_000)
    expect(cycle(credits)).toBe(RATE / 16_384)
  }
})

test('what a node without tunnels has used is forgotten when it would have it again', () => {
  const clock = new VirtualClock()
  const credits = new NodeCredits(clock, RATE)
  const shared = credits.join(account)
  expect(shared?.charge(RATE)).toBe(true)
  credits.leave(account)
  expect(credits.join(account)).toBe(shared)
  credits.leave(account)
  clock.advance(2_000)
  credits.join(account)
  credits.leave(account)
  expect(credits.join(account)).not.toBe(shared)
})

/** A direction that is owed so many bytes, and more whenever it gets some if it always sends. */
class Owed implements CreditUser {
  given = 0
  readonly #alwaysSends: boolean
  #bytes: number

  constructor(bytes: number, alwaysSends: boolean) {
    this.#bytes = bytes
    this.#alwaysSends = alwaysSends
  }

  giveCredit(take: (bytes: number) => number): boolean {
    const bytes = take(this.#bytes)
    this.given += bytes
    if (!this.#alwaysSends) this.#bytes -= bytes
    return this.#bytes > 0
  }
}

test('tunnels of one node that always send take turns, and one that sends little waits for none of them', () => {
  const clock = new VirtualClock()
  const credit = new PacedCredit(clock, RATE)
  const busy = [new Owed(RATE, true), new Owed(RATE, true), new Owed(RATE, true)]
  for (const user of busy) credit.give(user)
  clock.advance(1_000)
  const before = busy.map(({ given }) => given)
  const small = new Owed(100, false)
  credit.give(small)
  clock.advance(50)
  expect(small.given).toBe(100)
  clock.advance(950)
  const gained = busy.map(({ given }, index) => given - (before[index] ?? 0))
  expect(Math.min(...gained) / Math.max(...gained)).toBeGreaterThan(0.9)
  expect(gained.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(RATE * 0.95)
  for (const user of busy) credit.leave(user)
  expect(clock.pendingTimers).toBe(0)
})
