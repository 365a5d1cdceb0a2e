import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Arena, type Verdict } from './differential/arena.js'
import { MEANT } from './differential/meant.js'
import { describePlan } from './differential/operation.js'
import { planOf } from './differential/plan.js'
import { sideBySide } from './differential/print.js'
import { netMaker, type Maker } from './differential/sockets.js'

/** Seeds of every run, in slices so that a failure does not hide the others. */
const SEEDS = 400
const SLICE = 50

/** Seeds with which the comparison itself is tried. */
const TRIAL_SEEDS = 60

describe('random operations on a pair of sockets', () => {
  let arena: Arena
  beforeAll(async () => void (arena = await Arena.open()))
  afterAll(() => arena[Symbol.asyncDispose]())

  for (let first = 1; first <= SEEDS; first += SLICE) {
    it(
      `do the same as over net, with the seeds ${first} to ${first + SLICE - 1}`,
      { timeout: 60_000 },
      async () => {
        for (let seed = first; seed < first + SLICE; seed++) {
          expect(report(await arena.judge(planOf(seed))), `seed ${seed}`).toBe('')
        }
      },
    )
  }

  it.each(MEANT)('differ as they are meant to: $name', async ({ name, example }) => {
    const { differences, meant } = await arena.judge(example)
    expect([differences, meant]).toEqual([[], [name]])
  })
})

describe('the comparison', () => {
  it('finds nothing when net is compared with itself', { timeout: 60_000 }, async () => {
    expect(await differing(netMaker)).toEqual([])
  })

  it('finds it when a reset looks like an end', { timeout: 60_000 }, async () => {
    const seeds = await differing(() =>
      changed((socket) => (socket.resetAndDestroy = () => socket.destroy())),
    )
    expect(seeds.length).toBeGreaterThan(0)
  })

  it('finds it when a byte changes on its way', { timeout: 60_000 }, async () => {
    const seeds = await differing(() =>
      changed((socket) => {
        const push = socket.push.bind(socket)
        socket.push = (chunk: Buffer | null, encoding) => push(flipped(chunk), encoding)
      }),
    )
    expect(seeds.length).toBeGreaterThan(0)
  })
})

/** What differs, as a report to read. */
function report({ plan, net, astraNet, differences }: Verdict): string {
  if (differences.length === 0) return ''
  const replay = `npm run differential -- --seed ${plan.seed}`
  return [describePlan(plan), sideBySide(net, astraNet), replay].join('\n')
}

/** The seeds with which something else than `net` differs from it. */
async function differing(makeSubject: () => Promise<Maker>): Promise<readonly number[]> {
  await using arena = await Arena.open(makeSubject)
  const seeds: number[] = []
  for (let seed = 1; seed <= TRIAL_SEEDS; seed++) {
    const { differences } = await arena.judge(planOf(seed))
    if (differences.length > 0) seeds.push(seed)
  }
  return seeds
}

/** Connections of `net` whose dialing ends are changed. */
async function changed(
  change: (socket: Awaited<ReturnType<Maker['connect']>>['near']) => void,
): Promise<Maker> {
  const maker = await netMaker()
  return {
    async connect(halfOpen) {
      const ends = await maker.connect(halfOpen)
      change(ends.near)
      return ends
    },
    [Symbol.asyncDispose]: () => maker[Symbol.asyncDispose](),
  }
}

function flipped(chunk: Buffer | null): Buffer | null {
  if (chunk === null || chunk.length === 0) return chunk
  const copy = Buffer.from(chunk)
  copy[0] = (copy[0] as number) ^ 1
  return copy
}
