import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nodeCrypto } from '../src/nodejs/node-crypto.js'
import type { Crypto } from '../src/proto/crypto.js'
import { writeNonce } from '../src/proto/noise/nonce.js'
import { NoiseXX } from '../src/proto/noise/noise-xx.js'
import { webCrypto } from '../src/web/web-crypto.js'
import { hex, unhex } from './support/bytes.js'
import { withKeys } from './support/fixed-keys.js'

/** A public vector: vectors/noise.json names where each comes from, and its licence. */
interface Vector {
  readonly source: string
  readonly protocol: string
  readonly prologue: string
  readonly psk?: string
  readonly initiatorStatic: string
  readonly initiatorEphemeral: string
  readonly responderStatic: string
  readonly responderEphemeral: string
  readonly handshakeHash?: string
  /** The side that sends the first message behind the handshake. */
  readonly transportBegins: 'initiator' | 'responder'
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

const path = new URL('../vectors/noise.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Vector[] }

test('there are vectors of both patterns, with and without prologue and payloads', () => {
  const kinds = vectors.map(
    ({ protocol, prologue }) => `${protocol} ${prologue === '' ? 'no' : 'a'} prologue`,
  )
  expect(new Set(kinds)).toEqual(
    new Set(
      ['Noise_XX_25519_AESGCM_SHA256', 'Noise_XXpsk0_25519_AESGCM_SHA256'].flatMap((name) => [
        `${name} no prologue`,
        `${name} a prologue`,
      ]),
    ),
  )
  expect(vectors.some(({ messages }) => messages[0]?.payload !== '')).toBe(true)
})

describe.each([
  { name: 'node:crypto', crypto: nodeCrypto.crypto, isWeb: false },
  { name: 'WebCrypto', crypto: webCrypto.crypto, isWeb: true },
])('by $name', ({ crypto, isWeb }) => {
  test.each(
    vectors.map((vector, index) => ({ ...vector, title: `${index}: ${vector.source} ${vector.protocol}` })),
  )('vector $title: both sides write and read every message of it', async (vector) => {
    const initiator = await begin(crypto, isWeb, vector, true)
    const responder = await begin(crypto, isWeb, vector, false)
    for (const [index, { payload, ciphertext }] of vector.messages.slice(0, 3).entries()) {
      const [writer, reader] = index === 1 ? [responder, initiator] : [initiator, responder]
      const tokens = await writer.writeTokens()
      expect(hex(tokens) + hex(await writer.encrypt(unhex(payload)))).toBe(ciphertext)
      expect(hex(await reader.decrypt(await reader.readTokens(unhex(ciphertext))))).toBe(payload)
    }
    expect(hex(responder.hash)).toBe(hex(initiator.hash))
    if (vector.handshakeHash !== undefined) expect(hex(initiator.hash)).toBe(vector.handshakeHash)
    await checkTransport(crypto, vector, await initiator.split(), await responder.split())
  })
})

/** The messages behind the handshake, which take turns, are sealed with the two keys and no associated data. */
async function checkTransport(
  crypto: Crypto,
  { messages, transportBegins }: Vector,
  keys: readonly [Uint8Array, Uint8Array],
  same: readonly [Uint8Array, Uint8Array],
): Promise<void> {
  expect(keys.map(hex)).toEqual(same.map(hex))
  for (const [index, { payload, ciphertext }] of messages.slice(3).entries()) {
    const nonce = new Uint8Array(12)
    writeNonce(nonce, Math.floor(index / 2))
    const isInitiators = (index % 2 === 0) === (transportBegins === 'initiator')
    const aead = await crypto.aead(keys[isInitiators ? 0 : 1])
    expect(hex(await aead.seal(nonce, new Uint8Array(0), unhex(payload)))).toBe(ciphertext)
  }
}

function begin(crypto: Crypto, isWeb: boolean, vector: Vector, isInitiator: boolean): Promise<NoiseXX> {
  const keys = isInitiator
    ? [vector.initiatorEphemeral, vector.initiatorStatic]
    : [vector.responderEphemeral, vector.responderStatic]
  return NoiseXX.begin(withKeys(crypto, keys.map(unhex), isWeb), {
    isInitiator,
    prologue: unhex(vector.prologue),
    psk: vector.psk === undefined ? undefined : unhex(vector.psk),
  })
}
