import type { NumberRange } from '@astranet/interface/check'

/** The range of a message's size limit, in bytes. */
export const MESSAGE_SIZES: NumberRange = { min: 1, max: 2 ** 30 }

/** The most bytes of a message that {@link encodeMessage} writes by default; the length prefix is not counted. */
export const DEFAULT_MAX_MESSAGE_BYTES = 65_536

/** How deep arrays and maps may lie in each other in a message, in both directions. */
export const MAX_MESSAGE_DEPTH = 32
