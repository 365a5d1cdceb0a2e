import { utf8Length } from '@astranet/interface'
import { checkArray, checkString, invalidValue, outOfRange } from '@astranet/interface/check'

/** What a text may be. */
export interface TextRule {
  /** What it is called in the error. */
  readonly what: string
  /** The longest, in bytes of UTF-8. */
  readonly maxBytes: number
  /** Whether it may be empty. */
  readonly mayBeEmpty: boolean
}

/**
 * `value` when it is well-formed Unicode without control characters and of an allowed length. Otherwise throws a
 * `TypeError` or `RangeError` that names it.
 */
export function checkText(given: unknown, rule: TextRule): string {
  const { what, maxBytes } = rule
  const value = checkString(what, given)
  if (value === '' && !rule.mayBeEmpty) throw invalidValue(what, 'must not be empty', value)
  // A code unit takes at least one byte, so that a huge text is refused before it is walked.
  const bytes = value.length > maxBytes ? value.length : utf8Length(value)
  if (bytes > maxBytes) throw outOfRange(what, `at most ${maxBytes} bytes of UTF-8`, bytes)
  if (/[\p{Cs}\p{Cc}]/u.test(value)) {
    throw invalidValue(what, 'must be well-formed Unicode without control characters', value)
  }
  return value
}

/** What a list of texts may be. */
export interface TextListRule {
  /** What the list is called in the error, for example `tags`. */
  readonly what: string
  /** What one of its texts is called. */
  readonly each: string
  /** The most texts. */
  readonly maxCount: number
  /** The longest text, in bytes of UTF-8. */
  readonly maxBytes: number
}

/** A frozen copy of `value` when it is a list of texts by `rule`. Otherwise throws as {@link checkText} does. */
export function checkTextList(value: unknown, rule: TextListRule): readonly string[] {
  const list = checkArray(rule.what, value)
  if (list.length > rule.maxCount) {
    throw outOfRange(rule.what, `at most ${rule.maxCount}`, list.length)
  }
  const textRule: TextRule = { what: rule.each, maxBytes: rule.maxBytes, mayBeEmpty: false }
  return Object.freeze(Array.from(list, (text) => checkText(text, textRule)))
}
