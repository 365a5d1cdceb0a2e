import { AstraError, type ByteDuplex, type Clock } from '@astranet/interface'
import { checkNumber } from '@astranet/interface/check'
import { PairEnd } from '@astranet/interface/duplex-pair'
import { SimDirection, type DirectionEnds } from './direction.js'
import type { SimDirectionOptions, SimLinkOptions } from './link-options.js'

/** A simulated link: two ends of one byte pipe on a virtual clock. */
export interface SimLink {
  readonly a: ByteDuplex
  readonly b: ByteDuplex
  /** Breaks the link now: what is in flight is lost, both ends close with `reason` (default: an `ECONNRESET`). */
  cut(reason?: Error): void
  /** Nothing arrives at either end until `release`; nothing is lost. */
  hold(): void
  /** Undoes `hold`. */
  release(): void
}

/**
 * A link between two {@link ByteDuplex}es on `clock`: with delay, jitter, rate, bounded buffers, arbitrary splits of what
 * was written, and a cut at any byte. The same clock calls, options and seed give the same run.
 *
 * Bytes are copied when written, so chunks are the caller's again at once. Throws a `TypeError` or `RangeError` that names
 * the option when one is out of range.
 */
export function simLink(clock: Clock, options: SimLinkOptions = {}): SimLink {
  const { aToB, bToA, rng, halfClose = true, ...common } = options
  const capabilities = { halfClose }
  const a = new PairEnd({ clock, capabilities, localAddress: 'a', remoteAddress: 'b' })
  const b = new PairEnd({ clock, capabilities, localAddress: 'b', remoteAddress: 'a' })
  const cut = (reason: Error = new AstraError('ECONNRESET', 'The simulated link was cut.')): void => {
    for (const end of [a, b]) end.close(reason)
  }
  const direction = (ends: DirectionEnds, own: SimDirectionOptions | undefined): SimDirection =>
    new SimDirection(clock, checkOptions({ ...common, ...own }), rng, ends)
  const forth = direction({ sender: a, receiver: b, cut }, aToB)
  const back = direction({ sender: b, receiver: a, cut }, bToA)
  a.join({ peer: b, out: forth, into: back })
  b.join({ peer: a, out: back, into: forth })
  const hold = (isHeld: boolean): void => {
    forth.hold(isHeld)
    back.hold(isHeld)
  }
  return { a, b, cut, hold: () => hold(true), release: () => hold(false) }
}

function checkOptions(options: SimDirectionOptions): SimDirectionOptions {
  const minima = {
    delayMs: 0,
    jitterMs: 0,
    bytesPerSecond: 1,
    bufferBytes: 1,
    maxPieceBytes: 1,
    cutAfterBytes: 0,
  }
  for (const [name, min] of Object.entries(minima))
    checkNumber(name, options[name as keyof SimDirectionOptions] ?? min, { min, max: Infinity })
  return options
}
