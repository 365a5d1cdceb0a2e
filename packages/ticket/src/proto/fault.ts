import { utf8Length } from '@astranet/interface'
import { codedError, invalidHiddenType, type NumberRange } from '@astranet/interface/check'

/** What is wrong with a value: an error that a caller gets thrown, and a peer's value gets an error with a code. */
export interface Fault {
  readonly kind: 'type' | 'range'
  readonly name: string
  /** What it must be. */
  readonly wanted: string
  /** Begins with the name of the value. Never quotes a value, which may be secret. */
  readonly text: string
}

/** A value is of another type. */
export function wrongType(name: string, wanted: string): Fault {
  return { kind: 'type', name, wanted, text: `${name} must be ${wanted}` }
}

/** A value is of the right type and not one of those that are allowed. */
export function outOfRange(name: string, wanted: string): Fault {
  return { kind: 'range', name, wanted, text: `${name} must be ${wanted}` }
}

/** Throws what a caller did wrong as `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`. */
export function throwFault(fault: Fault | undefined): void {
  if (fault === undefined) return
  const { kind, name, wanted } = fault
  if (kind === 'type') throw invalidHiddenType(name, wanted)
  const text = `The value of "${name}" is out of range. It must be ${wanted}`
  throw codedError(RangeError, 'ERR_OUT_OF_RANGE', text)
}

/** Finds what is wrong with one value, which has a name. */
export type Rule = (name: string, value: unknown) => Fault | undefined

/** Exactly `length` bytes. */
export function bytesOf(length: number): Rule {
  return (name, value) => {
    if (!(value instanceof Uint8Array)) return wrongType(name, 'an instance of Uint8Array')
    return value.length === length ? undefined : outOfRange(name, `${length} bytes, got ${value.length}`)
  }
}

/** An integer in a range. */
export function integerIn({ min, max }: NumberRange): Rule {
  return (name, value) => {
    if (typeof value !== 'number') return wrongType(name, 'of type number')
    if (Number.isInteger(value) && value >= min && value <= max) return undefined
    return outOfRange(name, `an integer from ${min} to ${max}, got ${value}`)
  }
}

/** A list of `min` to `max` values that all keep to `rule`. */
export function listOf(rule: Rule, { min, max }: NumberRange): Rule {
  return (name, value) => {
    if (!Array.isArray(value)) return wrongType(name, 'an instance of Array')
    if (value.length < min || value.length > max)
      return outOfRange(name, `a list of ${min} to ${max} entries, got ${value.length}`)
    for (const [index, item] of value.entries()) {
      const fault = rule(`${name}[${index}]`, item)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

/** A text of 1 to `maxBytes` bytes of UTF-8 that matches `pattern`; `wanted` says what that means. */
export function textOf(pattern: RegExp, wanted: string, maxBytes: number): Rule {
  return (name, value) => {
    if (typeof value !== 'string') return wrongType(name, 'of type string')
    // A text has no more characters than bytes, and a long one is not worth the search.
    const isRight = value.length <= maxBytes && utf8Length(value) <= maxBytes && pattern.test(value)
    return isRight ? undefined : outOfRange(name, `1 to ${maxBytes} bytes of ${wanted}`)
  }
}
