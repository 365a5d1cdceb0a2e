import { utf8Length } from '@astranet/interface'
import { checkString, invalidValue, outOfRange } from '@astranet/interface/check'

/** The longest zone or version, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 255

/** `zone` when it can be published. Otherwise throws a TypeError or RangeError that names it. */
export function checkZone(zone: string): string {
  checkString('options.zone', zone)
  if (zone.length > MAX_TEXT_BYTES || utf8Length(zone) > MAX_TEXT_BYTES)
    throw outOfRange('options.zone', `at most ${MAX_TEXT_BYTES} bytes of UTF-8`, zone.length)
  if (/[\p{Cs}\p{Cc}]/u.test(zone))
    throw invalidValue('options.zone', 'must be well-formed Unicode without control characters', zone)
  return zone
}
