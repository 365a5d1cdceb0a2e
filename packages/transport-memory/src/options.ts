import { systemClock, type Clock } from '@astranet/interface'
import { checkNumber, checkOptions, outOfRange, type OptionNames } from '@astranet/interface/check'

/** How a pair of memory connections behaves, both directions alike. */
export interface MemoryPairOptions {
  /** Time from leaving to arriving, in ms, 0 or more. Default 0: bytes arrive in the next turn of the event loop. */
  delayMs?: number
  /** How fast bytes leave, above 0. Default: at once. */
  bytesPerSecond?: number
  /**
   * Bytes in flight in one direction, 1 or more, beyond which `writev` returns `false`. They are in flight until they
   * are delivered. With a delay this limits the speed: give at least delay times rate. Default 65,536.
   */
  bufferBytes?: number
  /**
   * A fault: the connection breaks for both ends with `ECONNRESET` once this number of bytes, 0 or more, was
   * delivered in either direction. Default: never.
   */
  cutAfterBytes?: number
  /** Whether each direction ends on its own. Default `true`. */
  halfClose?: boolean
  /** Where time comes from. Default: the real clock. */
  clock?: Clock
}

/** {@link MemoryPairOptions}, checked and complete. */
export type PairSettings = Required<MemoryPairOptions>

/** The names of {@link MemoryPairOptions}. */
export const PAIR_NAMES: OptionNames<MemoryPairOptions> = {
  delayMs: true,
  bytesPerSecond: true,
  bufferBytes: true,
  cutAfterBytes: true,
  halfClose: true,
  clock: true,
}

const MINIMA = { delayMs: 0, bufferBytes: 1, cutAfterBytes: 0 } as const

/** Fills in the defaults. Throws a `TypeError` or `RangeError` that names the option when one is out of range or not known. */
export function settingsOf(options: MemoryPairOptions): PairSettings {
  checkOptions('options', options, PAIR_NAMES)
  const settings = {
    delayMs: options.delayMs ?? 0,
    bytesPerSecond: options.bytesPerSecond ?? Infinity,
    bufferBytes: options.bufferBytes ?? 65_536,
    cutAfterBytes: options.cutAfterBytes ?? Infinity,
    halfClose: options.halfClose ?? true,
    clock: options.clock ?? systemClock,
  }
  for (const name of ['delayMs', 'bufferBytes', 'cutAfterBytes'] as const)
    checkNumber(`options.${name}`, settings[name], { min: MINIMA[name], max: Infinity })
  if (settings.bytesPerSecond > 0) return settings
  throw outOfRange('options.bytesPerSecond', 'above 0', settings.bytesPerSecond)
}
