import { describe, expect, it } from 'vitest'
import type { Catalogue } from '../src/index.js'
import { simulate } from './sim/simulate.js'
import type { World } from './sim/world.js'

/** Seeds of every run, in slices so that a failure does not hide the others. Every version of Node does the same. */
const SEEDS = process.versions.node.startsWith('20.') ? 300 : 50
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

  /**
   * An answer behind a silent link took 10 s; a link that moved lost a change of a node that was out of reach; a node
   * crashed while one of its links was moving.
   */
  it.each([7112, 7821, 9084])(
    'agree with the truth with the seed %i',
    async (seed) => void (await simulate(seed, { isBrief: true })),
    TIMEOUT_MS,
  )

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

describe('the simulation notices', () => {
  const faults: [what: string, spoil: (catalogue: Catalogue) => void][] = [
    [
      'messages that are lost on a link that is up',
      (catalogue) => {
        const { receive } = catalogue
        let count = 0
        catalogue.receive = (...args) => (++count % 7 === 0 ? undefined : receive.apply(catalogue, args))
      },
    ],
    [
      'links whose loss is not heard of',
      (catalogue) => {
        catalogue.neighbourDown = () => undefined
        const { due } = catalogue
        catalogue.due = (now) => due.call(catalogue, now).filter((to) => catalogue.isCurrent(to))
      },
    ],
    [
      'services that a node keeps for itself',
      (catalogue) => {
        const { publishService } = catalogue
        let count = 0
        catalogue.publishService = (options) =>
          publishService.call(catalogue, ++count % 5 === 0 ? { ...options, version: 'another' } : options)
      },
    ],
  ]
  it.each(faults)(
    '%s',
    async (_, spoil) => {
      expect(await firstFailure(spoil)).toMatch(
        /^seed \d+ .*\nreplay: npm run simulate:registry -- --seed \d+/s,
      )
    },
    TIMEOUT_MS,
  )
})

/** The failure of the first of twenty seeds that fails with catalogues that are spoilt. */
async function firstFailure(spoil: (catalogue: Catalogue) => void): Promise<string | undefined> {
  for (let seed = 1; seed <= 20; seed++) {
    const prepare = (world: World): void => {
      const make = world.makeCatalogue
      world.makeCatalogue = (options) => {
        const catalogue = make(options)
        spoil(catalogue)
        return catalogue
      }
    }
    try {
      await simulate(seed, { isBrief: true, prepare })
    } catch (error) {
      return (error as Error).message
    }
  }
  return undefined
}

async function traceOf(seed: number): Promise<string[]> {
  const lines: string[] = []
  await simulate(seed, { isBrief: true, trace: (line) => void lines.push(line) })
  return lines
}
