import { describe, expect, it } from 'vitest'
import type { SessionCore } from '../src/proto/session/core.js'
import { simulate, type SimOptions } from './sim/simulate.js'

/** Seeds of every run, in slices so that a failure does not hide the others. */
const SEEDS = 1_200
const SLICE = 100

/** Faults are looked for with so many seeds: not every one has what it takes. */
const SEEDS_FOR_FAULTS = 150

describe('two sessions and their applications, on virtual time', () => {
  for (let first = 1; first <= SEEDS; first += SLICE) {
    it(`keep every promise with the seeds ${first} to ${first + SLICE - 1}`, () => {
      for (let seed = first; seed < first + SLICE; seed++) expect(simulate(seed).seed).toBe(seed)
    })
  }

  it('do the same when a seed is run again', () => {
    expect(traceOf(7)).toEqual(traceOf(7))
  })

  it('print the seed and how to replay it when something is wrong', () => {
    const failure = firstFailure(() => ({ breakCore: loseCredit }))
    expect(failure).toMatch(/^seed \d+ \([a-z-]+\), at [\d.]+ ms: .*\nreplay: npm run sim -- --seed \d+$/s)
  })
})

describe('the simulation notices', () => {
  it('a chunk that is lost on its way', () => {
    expect(firstFailure(() => ({ sabotage: everyNth(20, () => []) }))).toBeDefined()
  })

  it('a byte that changes on its way', () => {
    expect(firstFailure(() => ({ sabotage: everyNth(20, flipLastBit) }))).toBeDefined()
  })

  it('credit of the session that is never given', () => {
    const breakCore = (core: SessionCore): void => void (core.updateSessionWindow = () => false)
    expect(firstFailure(() => ({ breakCore }))).toMatch(/not finished/)
  })

  it('credit of the session that is lost with a stream', () => {
    expect(firstFailure(() => ({ breakCore: loseCredit }))).toBeDefined()
  })

  it('a stream that is never told of its end', () => {
    const breakCore = (core: SessionCore): void => void (core.checkEndLater = () => {})
    expect(firstFailure(() => ({ breakCore }))).toBeDefined()
  })

  it('a dead peer that is not found', () => {
    const breakCore = (core: SessionCore): void => void (core.liveness.nextDeadline = () => Infinity)
    expect(firstFailure(() => ({ breakCore }))).toMatch(/a silent peer was not found dead/)
  })
})

function traceOf(seed: number): string[] {
  const lines: string[] = []
  simulate(seed, { trace: (line) => lines.push(line) })
  return lines
}

/** What the first seed that fails with this fault says. */
function firstFailure(fault: () => SimOptions): string | undefined {
  for (let seed = 1; seed <= SEEDS_FOR_FAULTS; seed++) {
    try {
      simulate(seed, fault())
    } catch (error) {
      return (error as Error).message
    }
  }
  return undefined
}

function loseCredit(core: SessionCore): void {
  const { receiveWindow } = core
  const consume = receiveWindow.consume.bind(receiveWindow)
  receiveWindow.consume = (bytes) => consume(bytes > 100 ? bytes - 1 : bytes)
}

/** Does it to every nth flush. */
function everyNth(n: number, change: (chunks: readonly Uint8Array[]) => readonly Uint8Array[]) {
  let count = 0
  return (chunks: readonly Uint8Array[]): readonly Uint8Array[] =>
    ++count % n === 0 ? change(chunks) : chunks
}

function flipLastBit(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const last = chunks.at(-1)?.slice() ?? new Uint8Array()
  last[last.length - 1] = (last.at(-1) ?? 0) ^ 1
  return [...chunks.slice(0, -1), last]
}
