import { describe, expect, test } from 'vitest'
import { DEFAULT_SLOTS_PER_HOST, PREAMBLE_BYTES } from '@astranet/link'
import { generateSecret } from '../src/index.js'
import { STRANGER_KINDS } from './strangers/first-bytes.js'
import { FloodedNode, type FloodReport } from './strangers/flood.js'

// Every kind of stranger at a lower rate and for a shorter time than `npm run strangers`, which measures.

/** The node's own descriptors, its slots for one host, and refused connections that are still open. */
const MAX_DESCRIPTORS_OF_HOST = DEFAULT_SLOTS_PER_HOST + 256

/** A preamble and a refusal. */
const REFUSAL_BYTES = PREAMBLE_BYTES + 3

function descriptors({ samples }: FloodReport): number {
  const [before, ...during] = samples.map((sample) => sample.descriptors)
  return Math.max(...during) - (before ?? 0)
}

/** Beyond what it was before, in MiB, when the flood is over. */
function heapGrowth({ samples, after }: FloodReport): number {
  return (after.heapBytes - (samples[0]?.heapBytes ?? 0)) / 1_048_576
}

describe.each([
  ['without a secret', undefined],
  ['with a secret', generateSecret()],
])('a node %s that strangers from one address flood', (_, secret) => {
  test(
    'holds a limited number of them, and an honest peer that is far away joins at its first try',
    { timeout: 120_000 },
    async () => {
      await using node = await FloodedNode.start(secret)
      for (const kind of STRANGER_KINDS) {
        const flood = { kind, addresses: 1, perSecond: 300, seconds: 2, joins: 3, maxTries: 1 }
        const report = await node.flood(flood)
        expect([kind, report.joins.map(({ errors }) => errors).flat()]).toEqual([kind, []])
        expect(report.counts.connected, kind).toBeGreaterThan(MAX_DESCRIPTORS_OF_HOST)
        expect(descriptors(report), kind).toBeLessThanOrEqual(MAX_DESCRIPTORS_OF_HOST + 4)
        expect(heapGrowth(report), kind).toBeLessThan(4)
        // The first message of a network without a secret is a key, and any bytes are one.
        if (kind === 'silent' || kind === 'preamble' || (kind === 'garbage' && secret !== undefined))
          expect(report.counts.mostReceived, kind).toBeLessThanOrEqual(REFUSAL_BYTES)
      }
    },
  )
})

test(
  'of the joins during a flood from 256 addresses nearly all succeed within two tries',
  { timeout: 120_000 },
  async () => {
    await using node = await FloodedNode.start(generateSecret())
    const flood = {
      kind: 'message 1',
      addresses: 256,
      perSecond: 200,
      seconds: 8,
      joins: 20,
      maxTries: 2,
    } as const
    const { joins, counts } = await node.flood(flood)
    expect(counts.connected).toBeGreaterThan(1_000)
    // Each fails with a chance of some 2 %, because who is refused is drawn by lot: more than 3 of 20 will not.
    const failed = joins.filter(({ tries }) => tries === undefined)
    expect(failed.length).toBeLessThanOrEqual(3)
  },
)
