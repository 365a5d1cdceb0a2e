import { checkInteger } from '@astranet/interface/check'

/** RFC 9218 section 4.1: the most urgent streams have 0, the least urgent 7. */
export const MAX_URGENCY = 7

/** RFC 9218 section 4.1. */
export const DEFAULT_URGENCY = 3

const URGENCIES = { min: 0, max: MAX_URGENCY } as const

/** `value` when it is an urgency of RFC 9218, otherwise throws a TypeError or RangeError. */
export function checkUrgency(value: number): number {
  return checkInteger('urgency', value, URGENCIES)
}
