import { checkInteger } from '@astranet/interface/check'
import type { LinkError } from './error-codes.js'
import { fieldError, readUint } from './fields.js'
import { readGoAway, type GoAway } from './go-away.js'

/** The longest message on the control stream, in bytes of msgpack. */
export const MAX_CONTROL_MESSAGE_BYTES = 262_144

/** Types of control messages, as numbers on the wire (spec section 7). */
export const ControlType = {
  GO_AWAY: 0x01,
  /** The sender's incarnation has moved (spec section 7.2). */
  INCARNATION: 0x02,
  /** The sender has links to two nodes with the receiver's id (spec section 7.3). */
  CONFLICT: 0x03,
  /** The first type that the link does not read itself. Which of them are reserved: spec section 7. */
  FIRST_OPAQUE: 0x10,
  /** The largest type. 0x8000 and above are for private use. */
  LAST: 0xffff,
} as const

/** One message on the control stream. */
export type ControlMessage =
  | { readonly kind: 'goAway'; readonly goAway: GoAway }
  | { readonly kind: 'incarnation'; readonly incarnation: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'opaque'; readonly type: number; readonly body: unknown }
  /** One of the link's own types, from a later version: to be ignored. */
  | { readonly kind: 'unknown'; readonly type: number }

/** The array of an opaque message on the wire. Throws a `RangeError` when `type` is not from 0x10 to 0xffff. */
export function opaqueToWire(type: number, body: unknown): readonly unknown[] {
  checkInteger('type', type, { min: ControlType.FIRST_OPAQUE, max: ControlType.LAST })
  return [type, body]
}

/** The array that reports the sender's new incarnation. */
export function incarnationToWire(incarnation: number): readonly unknown[] {
  return [ControlType.INCARNATION, incarnation]
}

/** The array that reports that another node with the receiver's id has a link to the sender. */
export const CONFLICT_WIRE: readonly unknown[] = [ControlType.CONFLICT]

/** Reads one message; an error names what is wrong with it. */
export function controlFromWire(value: unknown): ControlMessage | LinkError {
  if (!Array.isArray(value)) return fieldError('a control message', 'that is not an array')
  const fields = value as readonly unknown[]
  const type = readUint(fields[0], ControlType.LAST)
  if (type === undefined) return fieldError('a control message', 'whose type is not from 0 to 65535')
  if (type >= ControlType.FIRST_OPAQUE) return { kind: 'opaque', type, body: fields[1] }
  if (type === ControlType.INCARNATION) return readIncarnation(fields)
  if (type === ControlType.CONFLICT) return { kind: 'conflict' }
  if (type !== ControlType.GO_AWAY) return { kind: 'unknown', type }
  const goAway = readGoAway(fields)
  return goAway instanceof Error ? goAway : { kind: 'goAway', goAway }
}

function readIncarnation(fields: readonly unknown[]): ControlMessage | LinkError {
  const incarnation = readUint(fields[1], Number.MAX_SAFE_INTEGER)
  if (incarnation === undefined)
    return fieldError('a control message', 'whose incarnation is not from 0 to 2^53 - 1')
  return { kind: 'incarnation', incarnation }
}
