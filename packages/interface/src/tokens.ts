import { checkArray, invalidValue, outOfRange } from './check.js'

/** What a list of tokens may be. */
export interface TokenListRule {
  /** The most tokens. */
  readonly maxItems: number
  /** The longest token, in bytes. */
  readonly maxBytes: number
}

/** The bounds of what a node publishes about itself, the same in HELLO and in the registry. */
export const NODE_FACT_LIMITS: Readonly<Record<'roles' | 'addresses', TokenListRule>> = {
  /** What a node does for others, such as `router`. */
  roles: { maxItems: 8, maxBytes: 32 },
  /** Where a node can be dialed, as `network://address`. */
  addresses: { maxItems: 16, maxBytes: 255 },
}

/** Whether `value` is a token: 1 to `maxBytes` characters of printable ASCII without spaces. */
export function isToken(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && value.length <= maxBytes && /^[\x21-\x7e]+$/.test(value)
}

/** `value` when it is a list of tokens by `rule`. Otherwise throws a `TypeError` or `RangeError` that names it. */
export function checkTokens(name: string, value: unknown, rule: TokenListRule): readonly string[] {
  const { maxItems, maxBytes } = rule
  const list = checkArray(name, value)
  if (list.length > maxItems) throw outOfRange(name, `at most ${maxItems}`, list.length)
  for (const item of list) {
    if (isToken(item, maxBytes)) continue
    throw invalidValue(
      name,
      `must have strings of 1 to ${maxBytes} characters of printable ASCII without spaces`,
      item,
    )
  }
  return value as readonly string[]
}
