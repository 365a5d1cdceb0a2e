import { isToken, nodeIdFromBytes, type NodeId } from '@astranet/interface'
import { protocolError, type LinkError } from './error-codes.js'

/** `value` as an integer from 0 to `max`, or `undefined` when it is something else. */
export function readUint(value: unknown, max: number): number | undefined {
  const number = typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined
  return number >= 0 && number <= max ? number : undefined
}

/** `value` as a node id, or `undefined` when it is not 8 bytes. */
export function readNodeId(value: unknown): NodeId | undefined {
  return value instanceof Uint8Array && value.length === 8 ? nodeIdFromBytes(value) : undefined
}

/** `value` as a list of at most `maxItems` tokens of at most `maxBytes` bytes; absent counts as empty. */
export function readTokens(
  value: unknown,
  maxItems: number,
  maxBytes: number,
): readonly string[] | undefined {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > maxItems) return undefined
  return value.every((item) => isToken(item, maxBytes)) ? (value as string[]) : undefined
}

/** A peer's text made safe to print: without control and formatting characters, at most `maxLength` UTF-16 units. */
export function readText(value: unknown, maxLength: number): string {
  return typeof value === 'string' ? printable(value.slice(0, maxLength)) : ''
}

/**
 * `text` with every control, formatting or unpaired character replaced, so that it cannot disturb a terminal or log.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, '?')
}

/** The error of a field that breaks the spec: "the peer sent a HELLO whose node id is not 8 bytes". */
export function fieldError(message: string, rule: string): LinkError {
  return protocolError(`sent ${message} ${rule}`)
}
