import { concatBytes } from '@astranet/interface'
import { KEY_BYTES } from '../proto/crypto.js'
import { secureError } from '../proto/errors.js'

/** PKCS#8 of an Ed25519 private key (RFC 8410, section 7) up to the 32 bytes of the key, which end it. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

const PKCS8_BYTES = PKCS8_PREFIX.length + KEY_BYTES

const PEM = /^\s*-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*$/

/** The text form of a private key of 32 bytes: PKCS#8 in PEM. */
export function formatPrivateKey(privateKey: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...concatBytes([PKCS8_PREFIX, privateKey])))
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`
}

/**
 * Reads the text form: PKCS#8 of an Ed25519 key, 48 bytes. Throws `ASTRA_ERR_SECURE_IDENTITY`; `name` is what the
 * text is.
 */
export function parsePrivateKey(text: string, name: string): Uint8Array {
  const [, label, base64 = ''] = PEM.exec(text) ?? []
  if (label === undefined)
    throw fault(name, 'it has no whole PEM block, and nothing else around it may be there')
  if (label !== 'PRIVATE KEY') throw fault(name, `its PEM block is a ${label}, not a PRIVATE KEY`)
  const pkcs8 = decodeBase64(base64)
  if (pkcs8 === undefined) throw fault(name, 'its base64 is broken')
  if (pkcs8.length !== PKCS8_BYTES || PKCS8_PREFIX.some((byte, index) => pkcs8[index] !== byte))
    throw fault(name, 'its key is not a plain Ed25519 key in PKCS#8')
  return pkcs8
}

function fault(name: string, why: string): Error {
  return secureError('ASTRA_ERR_SECURE_IDENTITY', `${name} holds no identity: ${why}.`)
}

function decodeBase64(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
