import { toNodeId, type NodeId } from '@astranet/interface'
import { expect, test } from 'vitest'
import { LinkCosts, type LinkCostsParts } from '../src/links/link-costs.js'
import { SkipClock, turn } from './support.js'

const COUNT = 250

function costs(count: number): { costs: LinkCosts; clock: SkipClock; published: number[] } {
  const clock = new SkipClock()
  const published: number[] = []
  const link = (rttMs: number): unknown => ({ session: { rttMs }, ping: () => Promise.resolve(rttMs) })
  const preferred = Array.from({ length: count }, (_, index) => [toNodeId(BigInt(index + 1)), link(index)])
  const parts = {
    catalogue: { publishLink: (_: NodeId, costMs: number) => (published.push(costMs), false) },
    preferred,
    clock,
    onChange: () => expect.unreachable('nothing has changed'),
  }
  return { costs: new LinkCosts(parts as unknown as LinkCostsParts), clock, published }
}

test('very many links are looked at in several turns of the event loop, all of them at each interval', async () => {
  const { costs: own, clock, published } = costs(COUNT)
  const [nodeId, link] = [toNodeId(1n), { ping: () => Promise.resolve(0.5) }]
  own.add(nodeId, link as never)
  await turn()
  expect(published.splice(0)).toEqual([0.5])
  const timers = clock.pending
  const all = Array.from({ length: COUNT }, (_, index) => index)
  for (let round = 0; round < 2; round++) {
    const counts = new Set<number>()
    const turns = setImmediateLoop(() => counts.add(published.length))
    await clock.advance(10_000)
    turns.stop()
    expect(published.splice(0)).toEqual(all)
    // Other work had its turn between.
    expect([...counts]).toEqual(expect.arrayContaining([100, 200]))
    expect(clock.pending).toBe(timers)
  }
  own.close()
  expect(clock.pending).toBe(0)
  await clock.advance(10_000)
  expect(published).toEqual([])
})

test('a look that was begun ends when the node is closed', async () => {
  const { costs: own, clock, published } = costs(COUNT)
  own.add(toNodeId(1n), { ping: () => new Promise(() => undefined) } as never)
  const turns = setImmediateLoop(() => published.length > 0 && own.close())
  await clock.advance(10_000)
  turns.stop()
  expect(published).toHaveLength(100)
  expect(clock.pending).toBe(0)
})

/** Calls `look` in each turn of the event loop until it is stopped. */
function setImmediateLoop(look: () => void): { stop(): void } {
  let isStopped = false
  const run = (): void => {
    look()
    if (!isStopped) setImmediate(run)
  }
  setImmediate(run)
  return { stop: () => void (isStopped = true) }
}
