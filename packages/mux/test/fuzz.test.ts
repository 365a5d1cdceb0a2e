import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SessionCore } from '../src/proto/session/core.js'
import { readCorpus } from './fuzz/corpus.js'
import { Fuzzer, type Finding } from './fuzz/fuzzer.js'

const RUNS = 6_000
const corpus = readCorpus(join(import.meta.dirname, 'fuzz/corpus'))

describe('whatever a peer sends', () => {
  const { stackTraceLimit } = Error
  // Most inputs end in an error, and its stack would cost more than all else.
  beforeAll(() => void (Error.stackTraceLimit = 0))
  afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

  it('has a corpus to begin with', () => {
    expect(corpus.length).toBeGreaterThan(50)
  })

  for (const seed of [1, 2, 3]) {
    it(`never throws, ends in a defined state and holds no more than allowed, with seed ${seed}`, () => {
      expect(fuzz(seed, RUNS).map(describeFinding)).toEqual([])
    })
  }

  it('is noticed when it makes a session throw', () => {
    const original = SessionCore.prototype.closedByPeer
    SessionCore.prototype.closedByPeer = () => {
      throw new Error('broken on purpose')
    }
    try {
      expect(fuzz(1, 2_000).length).toBeGreaterThan(0)
    } finally {
      SessionCore.prototype.closedByPeer = original
    }
  })
})

function fuzz(seed: number, runs: number): readonly Finding[] {
  const fuzzer = new Fuzzer(seed, corpus)
  while (fuzzer.runs < runs && fuzzer.findings.length < 3) fuzzer.step()
  return fuzzer.findings
}

/** What to type to see it again. */
function describeFinding({ input, choice, error }: Finding): string {
  const hex = Buffer.from(input).toString('hex')
  return `${error.message}: npm run fuzz -- --input ${hex} --choice ${choice}`
}
