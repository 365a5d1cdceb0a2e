import { describe, expect, it } from 'vitest'
import { simulate } from './sim/simulate.js'

/** Seeds of every run, in slices so that a failure does not hide the others. */
const SEEDS = 300
const SLICE = 25

/** Of these also the time is measured that a change, a crash and a departure take. */
const MEASURED_SEEDS = 20

/** A slice takes ten seconds on an idle machine. */
const TIMEOUT_MS = 120_000

describe('catalogues of a network, on virtual time', () => {
  for (let first = 1; first <= SEEDS; first += SLICE) {
    it(
      `agree with the truth with the seeds ${first} to ${first + SLICE - 1}`,
      async () => {
        for (let seed = first; seed < first + SLICE; seed++) await simulate(seed, { isBrief: true })
      },
      TIMEOUT_MS,
    )
  }

  it(
    'forget who has gone, and heal, in time',
    async () => {
      for (let seed = 1; seed <= MEASURED_SEEDS; seed++) {
        const { crashedMs, leftMs, healedMs } = await simulate(seed)
        expect(crashedMs).toBeLessThanOrEqual(10_000)
        expect(leftMs).toBeLessThanOrEqual(1_000)
        expect(healedMs).toBeLessThanOrEqual(2_000)
      }
    },
    TIMEOUT_MS,
  )

  it('do the same when a seed is run again', async () => {
    expect(await traceOf(7)).toEqual(await traceOf(7))
  })
})

async function traceOf(seed: number): Promise<string[]> {
  const lines: string[] = []
  await simulate(seed, { isBrief: true, trace: (line) => void lines.push(line) })
  return lines
}
