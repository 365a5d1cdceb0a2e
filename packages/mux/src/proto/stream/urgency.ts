/** RFC 9218 section 4.1: the most urgent streams have 0, the least urgent 7. */
export const MAX_URGENCY = 7

/** RFC 9218 section 4.1. */
export const DEFAULT_URGENCY = 3

/** `value` when it is an urgency of RFC 9218, otherwise throws a RangeError. */
export function checkUrgency(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 7) {
    throw new RangeError(`urgency must be an integer from 0 to 7, got ${value}`)
  }
  return value
}
