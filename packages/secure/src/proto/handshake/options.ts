import {
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidHiddenType,
  invalidType,
  outOfRange,
  type OptionNames,
} from '@astranet/interface/check'
import { KEY_BYTES } from '../crypto.js'
import { MAX_PAYLOAD_BYTES } from './lengths.js'
import type { HandshakeOptions } from './handshake-options.js'

/** {@link HandshakeOptions.maxPayloadBytes} when it is left out. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 4_096

/** The names of {@link HandshakeOptions}. */
export const HANDSHAKE_NAMES: OptionNames<HandshakeOptions> = {
  crypto: true,
  role: true,
  identity: true,
  prologue: true,
  psk: true,
  payload: true,
  maxPayloadBytes: true,
  expectedNodeId: true,
  expectedKey: true,
}

/** The largest payload that the peer may send. Throws a `TypeError` or `RangeError` that names the option. */
export function checkHandshakeOptions(options: HandshakeOptions): number {
  checkOptions('options', options, HANDSHAKE_NAMES)
  const { role, identity, psk, prologue, payload, expectedKey } = options
  const { maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES } = options
  checkOneOf('options.role', role, ['initiator', 'responder'])
  if (typeof identity?.sign !== 'function') throw invalidType('options.identity', 'an Identity', identity)
  checkBytes('options.identity.publicKey', identity.publicKey, KEY_BYTES, KEY_BYTES)
  if (psk !== undefined) checkBytes('options.psk', psk, KEY_BYTES, KEY_BYTES)
  if (expectedKey !== undefined) checkBytes('options.expectedKey', expectedKey, KEY_BYTES, KEY_BYTES)
  if (prologue !== undefined) checkBytes('options.prologue', prologue, 0, Infinity)
  if (payload !== undefined && typeof payload !== 'function') checkPayload(payload)
  return checkInteger('options.maxPayloadBytes', maxPayloadBytes, { min: 0, max: MAX_PAYLOAD_BYTES })
}

/** `payload` when it can be sent. Throws a `TypeError` or `RangeError` otherwise. */
export function checkPayload(payload: Uint8Array): Uint8Array {
  checkBytes('options.payload', payload, 0, MAX_PAYLOAD_BYTES)
  return payload
}

function checkBytes(name: string, value: unknown, min: number, max: number): void {
  if (!(value instanceof Uint8Array)) throw invalidHiddenType(name, 'an instance of Uint8Array')
  if (value.length >= min && value.length <= max) return
  const allowed = min === max ? `${min}` : `at most ${max}`
  throw outOfRange(name, `${allowed} bytes`, value.length)
}
