import { KEY_ID_BYTES } from './preamble.js'

const PSK_BYTES = 32

/** What a tunnel's header or its answer says of the secret that the two ends share (spec sections 4.6 and 6.2). */
export interface PairFacts {
  /** The key id of the grant by which the sending end came in, 16 bytes. `undefined`: it came in without one. */
  readonly keyId?: Uint8Array | undefined
  /** The secret, 32 bytes: from a router to an end that does not know the network's. `undefined`: it is not sent. */
  readonly psk?: Uint8Array | undefined
}

/** The elements behind the others of a header or an answer, without trailing ones that are not set. */
export function pairToWire({ keyId, psk }: PairFacts = {}): readonly unknown[] {
  if (psk !== undefined) return [keyId ?? null, psk]
  return keyId === undefined ? [] : [keyId]
}

/** Reads those elements; `false`: one is neither absent nor as long as it must be. */
export function pairFromWire([keyId, psk]: readonly unknown[]): PairFacts | undefined | false {
  if (!isAbsent(keyId) && !isBytes(keyId, KEY_ID_BYTES)) return false
  if (!isAbsent(psk) && !isBytes(psk, PSK_BYTES)) return false
  if (isAbsent(keyId) && isAbsent(psk)) return undefined
  return { keyId: copyOf(keyId), psk: copyOf(psk) }
}

/** A copy: what was read may refer to memory that is used again. */
function copyOf(bytes: Uint8Array | null | undefined): Uint8Array | undefined {
  return isAbsent(bytes) ? undefined : new Uint8Array(bytes)
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length
}
