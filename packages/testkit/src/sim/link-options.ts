import type { Rng } from './rng.js'

/** How one direction of a simulated link behaves. */
export interface SimDirectionOptions {
  /** Time from leaving to arriving, in ms. Default 0. */
  delayMs?: number
  /** Up to so many ms more, at random for each piece; the order stays. Needs `rng`. Default 0. */
  jitterMs?: number
  /** How fast bytes leave. Default: at once. */
  bytesPerSecond?: number
  /**
   * Bytes that the direction takes before `writev` returns `false`; bytes under way count until they were delivered.
   * Default 65,536.
   */
  bufferBytes?: number
  /** The longest piece that bytes are delivered in; with `rng` pieces of 1 byte to this, at random. Default: as written. */
  maxPieceBytes?: number
  /** The link breaks, for both ends, once exactly so many bytes were delivered in this direction. Default: never. */
  cutAfterBytes?: number
}

/** How a simulated link behaves: both directions alike, but for what `aToB` and `bToA` say otherwise. */
export interface SimLinkOptions extends SimDirectionOptions {
  aToB?: SimDirectionOptions
  bToA?: SimDirectionOptions
  /** Where jitter and piece sizes come from. Default: no jitter, pieces as long as they may be. */
  rng?: Rng
  /** Whether the two directions end apart. Default `true`. */
  halfClose?: boolean
}
