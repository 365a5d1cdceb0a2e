import { invalidType, invalidValue, outOfRange } from './argument-error.js'

declare const nodeIdBrand: unique symbol

/**
 * The id of one AstraNet node: an unsigned 64-bit number, the first 8 bytes of a hash of the node's public key. It serves
 * as the node's host name; as text it is the letter `n` and 13 characters of lower-case base32 (RFC 4648), on the wire 8
 * bytes, big-endian.
 */
export type NodeId = bigint & { readonly [nodeIdBrand]: true }

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const TEXT_LENGTH = 14
const MAX_NODE_ID = 0xffff_ffff_ffff_ffffn

/** `value` as a node id. Throws a `TypeError` or `RangeError` unless it is a bigint from 0 to 2^64 - 1. */
export function toNodeId(value: bigint): NodeId {
  if (typeof value !== 'bigint') throw invalidType('nodeId', 'of type bigint', value)
  if (value < 0n || value > MAX_NODE_ID) throw outOfRange('nodeId', '>= 0n && < 2n ** 64n', value)
  return value as NodeId
}

/** The text form: `n` and 13 base32 characters, most significant first. */
export function formatNodeId(id: NodeId): string {
  let text = ''
  // 13 characters hold 65 bits: the first one has 4 bits, so its value is at most 15.
  for (let shift = 60n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((id >> shift) & 31n)]
  return `n${text}`
}

/** Whether `text` has the shape of a node id, in either case: `n` and 13 base32 characters. */
export function isNodeIdText(text: string): boolean {
  return /^n[a-z2-7]{13}$/i.test(text)
}

/** Reads the text form, in either case. Throws a `TypeError` or `RangeError` that quotes `text`. */
export function parseNodeId(text: string): NodeId {
  if (!isNodeIdText(text)) {
    throw invalidValue('nodeId', 'must be "n" and 13 base32 characters', text)
  }
  let value = 0n
  for (const character of text.slice(1, TEXT_LENGTH).toLowerCase()) {
    value = (value << 5n) | BigInt(ALPHABET.indexOf(character))
  }
  if (value > MAX_NODE_ID) throw outOfRange('nodeId', 'at most 64 bits', text)
  return value as NodeId
}

/** The id in 8 bytes, big-endian. */
export function nodeIdToBytes(id: NodeId): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, id)
  return bytes
}

/** Reads 8 bytes, big-endian. Throws a `RangeError` unless there are exactly 8. */
export function nodeIdFromBytes(bytes: Uint8Array): NodeId {
  if (bytes.length !== 8) throw outOfRange('nodeId', '8 bytes', bytes.length)
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) as NodeId
}
