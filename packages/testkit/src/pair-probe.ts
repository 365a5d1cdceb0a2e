import type { ByteDuplex } from '@astranet/interface'
import { checkSame } from './assert.js'
import { Probe } from './probe.js'
import { turns } from './turn.js'

/** Turns after which everything that happens on its own counts as done. */
const QUIET_TURNS = 25

/** A pair of connected byte duplexes and all their probes. */
export class PairProbe {
  readonly a: ByteDuplex
  readonly b: ByteDuplex
  /** The most bytes in `bufferedBytes` when `onDrain` comes. */
  readonly aheadBytes: number
  readonly #probes: Probe[] = []

  constructor(pair: { readonly a: ByteDuplex; readonly b: ByteDuplex }, aheadBytes = 0) {
    this.a = pair.a
    this.b = pair.b
    this.aheadBytes = aheadBytes
  }

  get violations(): string[] {
    return this.#probes.flatMap((probe) => probe.violations)
  }

  get halfClose(): boolean {
    return this.a.capabilities.halfClose
  }

  /** New probes on both ends. */
  probes(): readonly [Probe, Probe] {
    return [this.probe(this.a), this.probe(this.b)]
  }

  /** A new probe that handles `duplex` from now on. */
  probe(duplex: ByteDuplex): Probe {
    const probe = Probe.on(duplex)
    this.#probes.push(probe)
    return probe
  }

  /** Lets the event loop turn a few times, so that a fault has the time to show. */
  quiet(): Promise<void> {
    return turns(QUIET_TURNS)
  }

  /** Aborts both ends and checks that each has closed exactly once. */
  async close(): Promise<void> {
    for (const end of [this.a, this.b]) {
      const probe = this.#probes.findLast(({ duplex }) => duplex === end) ?? this.probe(end)
      end.abort(new Error('the test is over'))
      end.resume()
      await probe.closed()
    }
    await this.quiet()
    for (const end of [this.a, this.b]) {
      const closes = this.#probes
        .filter(({ duplex }) => duplex === end)
        .reduce((sum, { closes }) => sum + closes, 0)
      checkSame(closes, 1, 'calls of onClose')
    }
  }
}
