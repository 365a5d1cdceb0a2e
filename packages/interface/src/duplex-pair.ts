import type { ByteDuplex } from './byte-duplex.js'
import { checkInteger } from './check.js'
import type { Clock } from './clock.js'
import { copyInPieces } from './copy-in-pieces.js'
import { PairEnd } from './pair-end.js'
import { PlainDirection } from './plain-direction.js'
import { systemClock } from './system-clock.js'

export { copyInPieces, PairEnd }
export type { PairDirection, PairEndOptions, PairJoint } from './pair-end.js'

/** How a {@link duplexPair} behaves, both directions alike. */
export interface DuplexPairOptions {
  /**
   * Bytes in flight in one direction, 1 to 2^53 - 1, beyond which `writev` returns `false`. They are in flight until
   * they are delivered. Default 65,536.
   */
  bufferBytes?: number
  /** Whether each direction ends on its own. Default `true`. */
  halfClose?: boolean
  /** Where turns of the event loop come from. Default: the real clock. */
  clock?: Clock
}

/**
 * Two connected byte duplexes in one process: what one end writes the other one receives in the next turn of the
 * event loop, in buffers of its own of at most 65,536 bytes. When both directions have ended, both ends get
 * `onClose(undefined)`. `abort` is `ECONNRESET` at the other end. The pair never suspends.
 *
 * Throws a `TypeError` or `RangeError` that names the option when one is out of range.
 */
export function duplexPair(options: DuplexPairOptions = {}): [ByteDuplex, ByteDuplex] {
  const { bufferBytes = 65_536, halfClose = true, clock = systemClock } = options
  checkInteger('options.bufferBytes', bufferBytes, { min: 1, max: Number.MAX_SAFE_INTEGER })
  const common = { clock, capabilities: { halfClose }, security: { isPrivate: true } }
  const a = new PairEnd({ ...common, localAddress: 'a', remoteAddress: 'b' })
  const b = new PairEnd({ ...common, localAddress: 'b', remoteAddress: 'a' })
  const forth = new PlainDirection({ clock, bufferBytes, sender: a, receiver: b })
  const back = new PlainDirection({ clock, bufferBytes, sender: b, receiver: a })
  a.join({ peer: b, out: forth, into: back })
  b.join({ peer: a, out: back, into: forth })
  return [a, b]
}
