import { utf8Length } from '@astranet/interface'
import { checkString } from './check.js'

/** The longest zone or version, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 255

/** `zone` when it can be published. Otherwise throws a TypeError or RangeError that names it. */
export function checkZone(zone: string): string {
  checkString('zone', zone)
  if (zone.length > MAX_TEXT_BYTES || utf8Length(zone) > MAX_TEXT_BYTES)
    throw new RangeError(`zone must be at most ${MAX_TEXT_BYTES} bytes of UTF-8`)
  if (/[\p{Cs}\p{Cc}]/u.test(zone))
    throw new TypeError('zone must be well-formed Unicode without control characters')
  return zone
}
