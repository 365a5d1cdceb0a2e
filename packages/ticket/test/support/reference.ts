import { createHmac, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { counting } from './bytes.js'

/** What a value of the reference's msgpack may be. */
export type Value = null | number | string | Uint8Array | readonly Value[]

/** What the vectors of spec/ticket.md are made of. */
export const vectorInput = {
  /** Stretched from `correct horse battery staple`, as in spec/secure.md. */
  psk: Buffer.from('80e183459d0cb38ade8d48634aa96c552f7358d2870e6b2a6685789b005a2b32', 'hex'),
  secret: 'correct horse battery staple',
  privateKey: counting(0x80),
  id: counting(0x10, 16),
  roles: ['builder'],
  services: ['build-*', 'cache'],
  uses: 3,
  expiresAt: Date.UTC(2030, 0, 1),
  addresses: ['tcp://192.0.2.1:4433', 'wss://example.com/astranet'],
}

/** spec/ticket.md once more, on nothing but Node's primitives, so that it shares no mistake with the package. */
export function grantOf(terms: Value, privateKey: Uint8Array = vectorInput.privateKey): Uint8Array {
  const message = messageOf(terms)
  return Buffer.concat([Uint8Array.of(1), message, signatureOf(message, privateKey)])
}

/** The issuer's signature over terms that are encoded as a message. */
export function signatureOf(
  message: Uint8Array,
  privateKey: Uint8Array = vectorInput.privateKey,
): Uint8Array {
  return sign(null, signedBytesOf(message), keyOf(privateKey))
}

/** What the issuer signs. */
export function signedBytesOf(message: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('astranet grant 1\n'), message])
}

/** The psk of a grant. */
export function grantPskOf(psk: Uint8Array, id: Uint8Array): Uint8Array {
  return createHmac('sha256', psk).update('astranet grant psk 1').update(id).digest()
}

/** The public key of a private key of 32 bytes. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return createPublicKey(keyOf(privateKey)).export({ format: 'der', type: 'spki' }).subarray(-32)
}

/** The text of a ticket whose body is the message of `content`. */
export function ticketOf(content: Value): string {
  return wrap(messageOf(content))
}

/** The text of a ticket with any body. */
export function wrap(body: Uint8Array): string {
  const head = Buffer.alloc(7)
  head.writeUIntBE(body.length, 0, 3)
  head.writeUInt32BE(crc32(body), 3)
  return `astranet-ticket-1.${Buffer.concat([head, body]).toString('base64url')}`
}

/** One msgpack value behind its length as a QUIC varint of one or two bytes. */
export function messageOf(value: Value): Uint8Array {
  return prefixed(msgpack(value))
}

/** Bytes behind their length as a QUIC varint. */
export function prefixed(body: Uint8Array): Uint8Array {
  const { length } = body
  const prefix = length < 64 ? [length] : [0x40 | (length >> 8), length & 0xff]
  return Buffer.concat([Uint8Array.from(prefix), body])
}

/** The shortest msgpack of a value. */
export function msgpack(value: Value): Buffer {
  if (value === null) return Buffer.from([0xc0])
  if (typeof value === 'number') return integer(value)
  if (typeof value === 'string') return text(Buffer.from(value))
  if (value instanceof Uint8Array) return Buffer.concat([header(value.length, 0xc4, 0xc5), value])
  const items = value as readonly Value[]
  const head = items.length < 16 ? Buffer.from([0x90 | items.length]) : header(items.length, 0xdc, 0xdc)
  return Buffer.concat([head, ...items.map(msgpack)])
}

function text(bytes: Buffer): Buffer {
  const head = bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : header(bytes.length, 0xd9, 0xda)
  return Buffer.concat([head, bytes])
}

function header(length: number, one: number, two: number): Buffer {
  if (length < 256 && one !== two) return Buffer.from([one, length])
  return Buffer.from([two, length >> 8, length & 0xff])
}

function integer(value: number): Buffer {
  if (value < 128) return Buffer.from([value])
  if (value < 256) return Buffer.from([0xcc, value])
  if (value < 65_536) return header(value, 0xcd, 0xcd)
  const bytes = Buffer.alloc(9)
  if (value < 2 ** 32) {
    bytes[0] = 0xce
    bytes.writeUInt32BE(value, 1)
    return bytes.subarray(0, 5)
  }
  bytes[0] = 0xcf
  bytes.writeBigUInt64BE(BigInt(value), 1)
  return bytes
}

function keyOf(privateKey: Uint8Array): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), privateKey])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}
