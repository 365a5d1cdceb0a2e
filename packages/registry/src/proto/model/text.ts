/** Bytes that `text` takes in UTF-8. (This layer runs without TextEncoder.) */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0
    bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4
  }
  return bytes
}

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

/** What a number may be. */
export interface NumberRule {
  /** What it is called in the error. */
  readonly what: string
  readonly min: number
  readonly max: number
  /** Whether it must be an integer. */
  readonly isInteger: boolean
}

/** `value` when it is a finite number by `rule`. Otherwise throws a `TypeError` or `RangeError` that names it. */
export function checkNumber(value: unknown, rule: NumberRule): number {
  const { what, min, max } = rule
  if (typeof value !== 'number') throw new TypeError(`${what} must be a number, got ${typeof value}`)
  const isRight = rule.isInteger ? Number.isInteger(value) : Number.isFinite(value)
  if (!isRight || value < min || value > max) {
    throw new RangeError(
      `${what} must be ${rule.isInteger ? 'an integer' : 'a number'} from ${min} to ${max}, got ${value}`,
    )
  }
  return value
}
