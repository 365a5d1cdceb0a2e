import { rng, type Rng } from '@astranet/testkit/sim'
import { SessionError } from '../../src/proto/session/errors.js'
import { StreamState } from '../../src/proto/stream/state.js'
import { hello } from '../support/frames.js'
import { DecoderTarget } from './decoder-target.js'
import { FuzzFailure } from './fuzz-failure.js'
import { readFuzzFrames } from './fuzz-frame.js'
import { Mutator, type Seed } from './mutator.js'
import { SessionTarget } from './session-target.js'

/** Inputs that are kept beside those the run began with. */
const MAX_KEPT = 4_000

/** What of a stream's state counts as something new: how its two directions stand, not who waits for what. */
const TOLD_APART =
  StreamState.FIN_QUEUED |
  StreamState.FIN_SENT |
  StreamState.RESET_SENT |
  StreamState.FIN_RECEIVED |
  StreamState.RESET_RECEIVED |
  StreamState.READ_OVER |
  StreamState.DISCARDING |
  StreamState.RESET_AT_RECEIVED |
  StreamState.CLOSED |
  StreamState.REMOVED

/** An input that showed a fault. */
export interface Finding {
  readonly input: Uint8Array
  readonly choice: number
  readonly error: Error
}

/**
 * Feeds mutated bytes of a peer to a decoder and to a session. An input that reaches what no other has reached (a frame of a
 * kind together with an error, or with a state of a stream) becomes one that mutations begin with.
 */
export class Fuzzer {
  /** Inputs that reached something new in this run. */
  readonly kept: Uint8Array[] = []
  readonly findings: Finding[] = []
  runs = 0
  readonly #random: Rng
  readonly #mutator: Mutator
  readonly #hello = hello({ maxDatagramFrameSizeBytes: 1_000, resetStreamAt: true })
  readonly #decoder: DecoderTarget
  readonly #session: SessionTarget
  readonly #seeds: Seed[] = []
  readonly #reached = new Set<number>()
  readonly #errors = new Map<string, number>()

  constructor(seed: number, corpus: readonly Uint8Array[]) {
    this.#random = rng(seed)
    this.#mutator = new Mutator(this.#random.fork())
    this.#decoder = new DecoderTarget(this.#hello)
    this.#session = new SessionTarget(this.#hello)
    for (const bytes of corpus) {
      this.#add(bytes)
      this.try(bytes, 0)
    }
    if (corpus.length === 0) this.#add(new Uint8Array([1, 0]))
  }

  /** What was reached, as a number of different things. */
  get reached(): number {
    return this.#reached.size
  }

  /** Makes one input and tries it. */
  step(): void {
    const input = this.#mutator.next(this.#seeds)
    if (!this.try(input, this.#random.uint32()) || this.kept.length >= MAX_KEPT) return
    const copy = input.slice()
    this.kept.push(copy)
    this.#add(copy)
  }

  /** Tries an input. Returns whether it reached something new. */
  try(input: Uint8Array, choice: number): boolean {
    this.runs += 1
    try {
      return this.#try(input, choice)
    } catch (error) {
      const fault = error instanceof Error ? error : new FuzzFailure(String(error))
      this.findings.push({ input: input.slice(), choice, error: fault })
      return false
    }
  }

  #try(input: Uint8Array, choice: number): boolean {
    // One in four is decoded again, in pieces.
    const { kinds, error } = this.#decoder.run(input, (choice & 3) === 0 ? 1 + ((choice >>> 8) & 15) : 0)
    const { reason, states } = this.#session.run(input, choice)
    const before = this.#reached.size
    const kind = this.#kindOf(reason ?? error)
    for (let bit = 0; kinds >>> bit !== 0; bit++) {
      if (((kinds >>> bit) & 1) === 0) continue
      this.#reached.add(-(kind * 16 + bit) - 1)
      for (const state of states) this.#reached.add((state & TOLD_APART) * 16 + bit)
    }
    return this.#reached.size > before
  }

  /** A number for each error that differs by more than its numbers. */
  #kindOf(error: { readonly message: string } | undefined): number {
    if (error === undefined) return 0
    // What the peer says of its close is the peer's, however it varies.
    const said = error instanceof SessionError && error.isFromPeer ? error.code : error.message
    const text = said.replaceAll(/0x[\da-f]+|\d+/g, '')
    const known = this.#errors.get(text)
    if (known !== undefined) return known
    this.#errors.set(text, this.#errors.size + 1)
    return this.#errors.size
  }

  #add(bytes: Uint8Array): void {
    this.#seeds.push({ bytes, frames: readFuzzFrames(this.#hello, bytes).slice(0, 12) })
  }
}

/** Of new inputs, those a corpus needs to reach what they reach: the shortest first, at most `count`. */
export function worthKeeping(
  corpus: readonly Uint8Array[],
  inputs: readonly Uint8Array[],
  count: number,
): Uint8Array[] {
  const fuzzer = new Fuzzer(1, corpus)
  const shortestFirst = [...inputs].sort((one, other) => one.length - other.length)
  return shortestFirst.filter((input) => fuzzer.try(input, 0)).slice(0, count)
}
