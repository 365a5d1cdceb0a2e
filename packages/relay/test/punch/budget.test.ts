import type { NodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { MAX_REMEMBERED, PeerMemories } from '../../src/proto/punch/peer-memory.js'
import {
  FIRST_PAUSE_MS,
  FIRST_TRIES_MS,
  MAX_PAUSE_MS,
  RetrySchedule,
} from '../../src/proto/punch/retry-schedule.js'
import {
  MAX_COUNTED,
  MAX_SYNS_IN_ALL,
  MAX_SYNS_PER_HOST,
  MAX_SYNS_PER_PEER,
  SynBudget,
} from '../../src/proto/punch/syn-budget.js'

/** How many SYNs are granted of so many that are wanted at one time. */
function granted(
  budget: SynBudget,
  wanted: number,
  peer: (n: number) => bigint,
  host: (n: number) => string,
  now = 0,
) {
  let count = 0
  for (let n = 0; n < wanted; n++) if (budget.take(peer(n) as NodeId, host(n), now)) count += 1
  return count
}

describe('the budget of SYNs', () => {
  it('limits those of one peer, whatever the addresses, and fills up in a minute', () => {
    const budget = new SynBudget()
    const take = (now: number): number =>
      granted(
        budget,
        10_000,
        () => 1n,
        (n) => `198.51.100.${n % 200}`,
        now,
      )
    expect(take(0)).toBe(MAX_SYNS_PER_PEER)
    expect(take(30_000)).toBe(MAX_SYNS_PER_PEER / 2)
    expect(take(90_000)).toBe(MAX_SYNS_PER_PEER)
  })

  it('limits those towards one address, whichever peers ask', () => {
    expect(
      granted(
        new SynBudget(),
        10_000,
        (n) => BigInt(n % 100),
        () => '198.51.100.1',
      ),
    ).toBe(MAX_SYNS_PER_HOST)
  })

  it('limits those of all peers together', () => {
    const budget = new SynBudget()
    const host = (n: number): string => `198.51.100.${n % 100}`
    expect(granted(budget, 30_000, (n) => BigInt(n % 100), host)).toBe(MAX_SYNS_IN_ALL)
  })

  it('counts a limited number of peers, and forgets those that have been quiet for a minute', () => {
    const budget = new SynBudget()
    const peer = (n: number): bigint => BigInt(n)
    expect(granted(budget, MAX_COUNTED + 10, peer, () => 'x')).toBe(MAX_COUNTED)
    expect(
      granted(
        budget,
        1,
        () => 5_000n,
        () => 'x',
        60_000,
      ),
    ).toBe(1)
  })
})

describe('the schedule of tries', () => {
  it('has three tries soon, then one after a minute, with longer pauses up to half an hour', () => {
    const schedule = new RetrySchedule(0)
    let now = 0
    const pauses = Array.from({ length: 12 }, () => {
      const pause = schedule.dueAt - now
      now = schedule.dueAt
      schedule.failed(now)
      return pause
    })
    expect(pauses.slice(0, 3)).toEqual(FIRST_TRIES_MS)
    expect(pauses.slice(3, 6)).toEqual([FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS])
    expect(pauses.at(-1)).toBe(MAX_PAUSE_MS)
  })

  it('begins again at once when the network changes', () => {
    const schedule = new RetrySchedule(0)
    for (let i = 0; i < 5; i++) schedule.failed(1_000)
    schedule.changed(2_000)
    expect(schedule.dueAt).toBe(2_000 + (FIRST_TRIES_MS[0] ?? NaN))
  })
})

describe('what is remembered of peers', () => {
  it('stays, up to the limit; then the peer that was tried longest ago is forgotten', () => {
    const memories = new PeerMemories()
    const [first, second] = [1n as NodeId, 2n as NodeId].map((peer) => memories.of(peer, 0))
    expect(memories.of(1n as NodeId, 0)).toBe(first)
    for (let index = 0; index < MAX_REMEMBERED - 1; index++) memories.of(BigInt(100 + index) as NodeId, 0)
    expect(memories.of(1n as NodeId, 0)).toBe(first)
    expect(memories.of(2n as NodeId, 0)).not.toBe(second)
  })
})
