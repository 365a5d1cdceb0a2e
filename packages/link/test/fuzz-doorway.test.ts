import { rng, type Rng } from '@astranet/testkit/sim'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attackAsMember, attackAsStranger } from './fuzz/raw-attack.js'
import { attackBetween } from './fuzz/relay-attack.js'

/** `FUZZ_RUNS=100000` makes a long run of it. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 300)

const TIMEOUT_MS = 20_000 + RUNS * 50

const { stackTraceLimit } = Error
// Most inputs end in an error, and its stack would cost more than all else.
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

async function fuzz(
  attack: (random: Rng) => Promise<string>,
): Promise<{ findings: string[]; outcomes: Set<string> }> {
  const findings: string[] = []
  const outcomes = new Set<string>()
  for (let seed = 1; seed <= RUNS && findings.length < 3; seed++) {
    try {
      outcomes.add(await attack(rng(seed)))
    } catch (error) {
      findings.push(`seed ${seed}: ${String(error)}`)
    }
  }
  return { findings, outcomes }
}

describe('a link in the doorway ends or opens exactly when it should, and leaves nothing', () => {
  test(
    'when what two links send each other is changed on the way',
    async () => {
      const { findings, outcomes } = await fuzz(attackBetween)
      expect(findings).toEqual([])
      expect([...outcomes]).toContain('open open')
      for (const code of ['AUTHENTICATION', 'REFUSED'])
        expect(
          [...outcomes].some((outcome) => outcome.includes(code)),
          code,
        ).toBe(true)
    },
    TIMEOUT_MS,
  )

  test(
    'when a stranger sends mutated preambles and messages',
    async () => {
      const { findings, outcomes } = await fuzz(attackAsStranger)
      expect(findings).toEqual([])
      for (const outcome of ['FOREIGN', 'PROTOCOL', 'AUTHENTICATION', 'VERSION', 'HELLO_TIMEOUT', 'CLOSED'])
        expect([...outcomes]).toContain(outcome)
    },
    TIMEOUT_MS,
  )

  test(
    'when a member sends another HELLO or preamble than it may',
    async () => {
      const { findings, outcomes } = await fuzz(attackAsMember)
      expect(findings).toEqual([])
      for (const outcome of ['PROTOCOL', 'AUTHENTICATION', 'HELLO_TIMEOUT'])
        expect([...outcomes]).toContain(outcome)
    },
    TIMEOUT_MS,
  )
})
