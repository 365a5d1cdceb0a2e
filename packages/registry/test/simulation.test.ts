import { describe, expect, it } from 'vitest'
import { simulate } from './sim/simulate.js'

/** Seeds of every run, in slices so that a failure does not hide the others. */
const SEEDS = 300
const SLICE = 25

describe('catalogues of a network, on virtual time', () => {
  for (let first = 1; first <= SEEDS; first += SLICE) {
    it(`agree with the truth with the seeds ${first} to ${first + SLICE - 1}`, async () => {
      for (let seed = first; seed < first + SLICE; seed++) {
        const { crashedMs, leftMs } = await simulate(seed)
        expect(crashedMs).toBeLessThanOrEqual(10_000)
        expect(leftMs).toBeLessThanOrEqual(1_000)
      }
    })
  }

  it('do the same when a seed is run again', async () => {
    expect(await traceOf(7)).toEqual(await traceOf(7))
  })
})

async function traceOf(seed: number): Promise<string[]> {
  const lines: string[] = []
  await simulate(seed, { trace: (line) => void lines.push(line) })
  return lines
}
