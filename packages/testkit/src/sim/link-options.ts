import type { Rng } from './rng.js'

/** How one direction of a simulated link behaves. */
export interface SimDirectionOptions {
  /** Time from leaving to arriving, in ms. Default 0. */
  delayMs?: number
  /** The most ms that are added at random for each piece; the order stays. Needs `rng`. Default 0. */
  jitterMs?: number
  /** How fast bytes leave. Default: at once. */
  bytesPerSecond?: number
  /**
   * Bytes that the direction takes before `writev` returns `false`; bytes in flight count until they are delivered.
   * Default 65,536.
   */
  bufferBytes?: number
  /** The longest piece of a delivery; with `rng` pieces of 1 byte to this length, at random. Default: as written. */
  maxPieceBytes?: number
  /** The link breaks, for both ends, after exactly this number of bytes in this direction. Default: never. */
  cutAfterBytes?: number
}

/** How a simulated link behaves: both directions alike, except for the options in `aToB` and `bToA`. */
export interface SimLinkOptions extends SimDirectionOptions {
  aToB?: SimDirectionOptions
  bToA?: SimDirectionOptions
  /** The source of jitter and piece sizes. Default: no jitter, and pieces as long as possible. */
  rng?: Rng
  /** Whether each direction ends on its own. Default `true`. */
  halfClose?: boolean
}
