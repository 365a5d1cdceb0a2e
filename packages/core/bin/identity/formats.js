import { importIdentity } from '@astranet/secure'

/** @typedef {import('@astranet/secure').Identity} Identity */
/** @typedef {'pem' | 'jwk' | 'hex' | 'base64url'} Format */

/** @type {readonly Format[]} */
export const formats = ['pem', 'jwk', 'hex', 'base64url']

/** PKCS#8 of an Ed25519 private key (RFC 8410, section 7) up to its last 32 bytes, which are the key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

const KEY_BYTES = 32

/**
 * @param {string} text
 * @returns {text is Format}
 */
export function isFormat(text) {
  return formats.some((format) => format === text)
}

/**
 * The identity in a text of any of the formats. Rejects with an error that calls the text `name`.
 *
 * @param {string} text
 * @param {string} name
 * @returns {Promise<Identity>}
 */
export async function readIdentity(text, name) {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return await identityOfJwk(trimmed, name)
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return await identityOfKey(Buffer.from(trimmed, 'hex'), name)
  if (/^[\w-]{43}$/.test(trimmed)) return await identityOfKey(keyOfBase64url(trimmed, name), name)
  return await importIdentity(text, name)
}

/**
 * The private key of an identity in a format, with a line break at its end.
 *
 * @param {Identity} identity
 * @param {Format} format
 * @returns {Promise<string>}
 */
export async function writeIdentity(identity, format) {
  const pem = await identity.export()
  const key = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64').subarray(-KEY_BYTES)
  if (format === 'pem') return pem
  if (format === 'jwk') return `${JSON.stringify(jwkOf(key, identity.publicKey))}\n`
  return `${key.toString(format)}\n`
}

/**
 * @param {Buffer} key
 * @param {Uint8Array} publicKey
 */
function jwkOf(key, publicKey) {
  const x = Buffer.from(publicKey).toString('base64url')
  return { kty: 'OKP', crv: 'Ed25519', d: key.toString('base64url'), x }
}

/**
 * @param {string} text
 * @param {string} name
 */
async function identityOfJwk(text, name) {
  const jwk = parseJson(text, name)
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519')
    throw fault(name, 'its JSON is not a JSON Web Key of Ed25519')
  if (typeof jwk.d !== 'string' || typeof jwk.x !== 'string')
    throw fault(name, 'its JSON Web Key has no private key (d), or no public key (x)')
  const identity = await identityOfKey(keyOfBase64url(jwk.d, name), name)
  if (Buffer.from(identity.publicKey).toString('base64url') !== jwk.x)
    throw fault(name, 'the public key (x) of its JSON Web Key does not belong to the private key (d)')
  return identity
}

/**
 * @param {string} text
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
function parseJson(text, name) {
  try {
    return JSON.parse(text)
  } catch {
    throw fault(name, 'its JSON is broken')
  }
}

/**
 * The 32 bytes of a text in base64url that has no other text for them.
 *
 * @param {string} text
 * @param {string} name
 */
function keyOfBase64url(text, name) {
  const key = Buffer.from(text, 'base64url')
  if (key.length !== KEY_BYTES || key.toString('base64url') !== text)
    throw fault(name, 'its key is not 32 bytes in base64url')
  return key
}

/**
 * @param {Buffer} key
 * @param {string} name
 */
async function identityOfKey(key, name) {
  const base64 = Buffer.concat([PKCS8_PREFIX, key]).toString('base64')
  return await importIdentity(`-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`, name)
}

/**
 * @param {string} name
 * @param {string} why
 */
function fault(name, why) {
  return new Error(`${name} holds no identity: ${why}.`)
}
