import { checkInteger } from '@astranet/interface/check'
import { KEY_BYTES } from '../crypto.js'
import { MAX_PAYLOAD_BYTES } from './lengths.js'
import type { HandshakeOptions } from './handshake-options.js'

/** {@link HandshakeOptions.maxPayloadBytes} when it is left out. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 4_096

/** The largest payload that the peer may send. Throws a `TypeError` or `RangeError` that names the option. */
export function checkHandshakeOptions(options: HandshakeOptions): number {
  const { role, identity, psk, prologue, payload, expectedKey } = options
  const { maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES } = options
  if (role !== 'initiator' && role !== 'responder')
    throw new TypeError(`role must be 'initiator' or 'responder', got ${JSON.stringify(role)}`)
  if (typeof identity?.sign !== 'function') throw new TypeError('identity must be an identity')
  checkBytes('identity.publicKey', identity.publicKey, KEY_BYTES, KEY_BYTES)
  if (psk !== undefined) checkBytes('psk', psk, KEY_BYTES, KEY_BYTES)
  if (expectedKey !== undefined) checkBytes('expectedKey', expectedKey, KEY_BYTES, KEY_BYTES)
  if (prologue !== undefined) checkBytes('prologue', prologue, 0, Infinity)
  if (payload !== undefined && typeof payload !== 'function') checkPayload(payload)
  return checkInteger('maxPayloadBytes', maxPayloadBytes, { min: 0, max: MAX_PAYLOAD_BYTES })
}

/** `payload` when it can be sent. Throws a `TypeError` or `RangeError` otherwise. */
export function checkPayload(payload: Uint8Array): Uint8Array {
  checkBytes('payload', payload, 0, MAX_PAYLOAD_BYTES)
  return payload
}

function checkBytes(name: string, value: unknown, min: number, max: number): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be a Uint8Array, got ${typeof value}`)
  if (value.length >= min && value.length <= max) return
  const allowed = min === max ? `${min}` : `at most ${max}`
  throw new RangeError(`${name} must have ${allowed} bytes, got ${value.length}`)
}
