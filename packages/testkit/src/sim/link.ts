import { AstraError, type ByteDuplex, type Clock } from '@astranet/interface'
import { SimDirection, type DirectionEvents } from './direction.js'
import type { SimDirectionOptions, SimLinkOptions } from './link-options.js'
import { SimEnd } from './link-end.js'

/** A simulated link: two ends of one byte pipe on a virtual clock. */
export interface SimLink {
  readonly a: ByteDuplex
  readonly b: ByteDuplex
  /** Breaks the link now: what is under way is lost, both ends close with `reason` (default: an `ECONNRESET`). */
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
 * Bytes are copied when written, so chunks are the caller's again at once. Throws a `RangeError` that names the option
 * when one is out of range.
 */
export function simLink(clock: Clock, options: SimLinkOptions = {}): SimLink {
  const { aToB, bToA, rng, halfClose = true, ...common } = options
  const cut = (reason: Error = new AstraError('ECONNRESET', 'The simulated link was cut.')): void => {
    for (const end of [a, b]) end.break(reason)
  }
  const direction = (events: DirectionEvents, own: SimDirectionOptions | undefined): SimDirection =>
    new SimDirection(clock, checkOptions({ ...common, ...own }), rng, events)
  const a = new SimEnd(clock, { halfClose }, 'a', 'b')
  const b = new SimEnd(clock, { halfClose }, 'b', 'a')
  const forth = direction(eventsBetween(a, b, cut), aToB)
  const back = direction(eventsBetween(b, a, cut), bToA)
  a.connect(b, forth, back)
  b.connect(a, back, forth)
  const hold = (isHeld: boolean): void => {
    forth.hold(isHeld)
    back.hold(isHeld)
  }
  return { a, b, cut, hold: () => hold(true), release: () => hold(false) }
}

function eventsBetween(sender: SimEnd, receiver: SimEnd, cut: () => void): DirectionEvents {
  return {
    canDeliver: () => receiver.canDeliver,
    delivered: (bytes) => receiver.received(bytes),
    ended: () => receiver.peerEnded(),
    drained: () => sender.drained(),
    cut,
  }
}

function checkOptions(options: SimDirectionOptions): SimDirectionOptions {
  const least = {
    delayMs: 0,
    jitterMs: 0,
    bytesPerSecond: 1,
    bufferBytes: 1,
    maxPieceBytes: 1,
    cutAfterBytes: 0,
  }
  for (const [name, min] of Object.entries(least)) {
    const value = options[name as keyof SimDirectionOptions] ?? min
    if (!(value >= min)) throw new RangeError(`${name} must be at least ${min}, got ${value}`)
  }
  return options
}
