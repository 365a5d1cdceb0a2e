import { utf8Length } from '@astranet/interface'

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
export function checkText(value: unknown, rule: TextRule): string {
  const { what, maxBytes } = rule
  if (typeof value !== 'string') throw new TypeError(`${what} must be a string, got ${typeof value}`)
  if (value === '' && !rule.mayBeEmpty) throw new TypeError(`${what} must not be empty`)
  // A code unit takes at least one byte, so that a huge text is refused before it is walked.
  if (value.length > maxBytes || utf8Length(value) > maxBytes) {
    throw new RangeError(`${what} must be at most ${maxBytes} bytes of UTF-8`)
  }
  if (/[\p{Cs}\p{Cc}]/u.test(value)) {
    throw new TypeError(`${what} must be well-formed Unicode without control characters`)
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
  if (!Array.isArray(value)) throw new TypeError(`${rule.what} must be a list, got ${typeof value}`)
  if (value.length > rule.maxCount) {
    throw new RangeError(`${rule.what} must be at most ${rule.maxCount}, got ${value.length}`)
  }
  const textRule: TextRule = { what: rule.each, maxBytes: rule.maxBytes, mayBeEmpty: false }
  return Object.freeze(Array.from(value as readonly unknown[], (text) => checkText(text, textRule)))
}
