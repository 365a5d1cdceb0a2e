import { expect, test } from 'vitest'
import { simulate, type Run } from './fuzz/simulation.js'

const SEEDS = 200

test('over any link in virtual time a side receives a beginning of what was sent, and a clean end behind all of it', async () => {
  const findings: string[] = []
  const runs: Run[] = []
  for (let seed = 1; seed <= SEEDS && findings.length < 3; seed++) {
    try {
      runs.push(await simulate(seed))
    } catch (error) {
      findings.push(`seed ${seed}: ${String(error)}`)
    }
  }
  expect(findings).toEqual([])
  // All of it was among them: clean ends, links that broke in the handshake and in records, changed bytes.
  const ends = new Set(runs.flatMap((run) => run.ends))
  for (const end of ['done', 'ECONNRESET', 'ASTRA_ERR_SECURE_HANDSHAKE', 'ASTRA_ERR_SECURE_TAMPERED'])
    expect([...ends]).toContain(end)
  for (const fault of ['drop', 'repeat', 'flip'])
    expect(runs.filter((run) => run.fault === fault && run.hasHit).length).toBeGreaterThan(2)
})

test('a seed gives the same run again', async () => {
  for (const seed of [3, 4, 5]) expect(await simulate(seed)).toEqual(await simulate(seed))
})
