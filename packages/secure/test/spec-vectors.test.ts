import { pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { formatNodeId } from '@astranet/interface'
import { describe, expect, test } from 'vitest'
import { derivePsk, importIdentity, nodeCrypto, webCrypto, type CryptoProvider } from '../src/index.js'
import { DirectCipher } from '../src/io/direct-cipher.js'
import { PromisedCipher } from '../src/io/promised-cipher.js'
import { nodeAead } from '../src/nodejs/node-aead.js'
import { Handshake } from '../src/proto/handshake/handshake.js'
import type { SecureRole } from '../src/proto/handshake/identity-proof.js'
import { nodeIdOfKey } from '../src/proto/node-id.js'
import { recordHeader, RecordType } from '../src/proto/records/header.js'
import { RECORDS_PER_KEY } from '../src/proto/records/record-counter.js'
import { counting, hex, unhex, utf8 } from './support/bytes.js'
import { withKeys } from './support/fixed-keys.js'
import { sealOne } from './support/records.js'
import { privateKey, Reference, type ReferenceInput } from '../../../tooling/reference/secure-handshake.js'
import { vectorInput, vectorSecret } from './support/vector-inputs.js'

const spec = readFileSync(new URL('../../../spec/secure.md', import.meta.url), 'utf8')

/** The lines `name = value` of the text block below a heading. */
function block(heading: string): string[] {
  const [, text] = new RegExp(`\\n#+ ${heading}\\n[^#]*?\`\`\`text\\n([^\`]*)\`\`\``).exec(spec) ?? []
  if (text === undefined) throw new Error(`spec/secure.md has no block below "${heading}"`)
  return text.trim().split('\n')
}

const psk = pbkdf2Sync(vectorSecret, 'astranet secure 1 psk', 600_000, 32, 'sha256')

const vectors = [
  { heading: 'Vector: without a secret', input: vectorInput },
  { heading: 'Vector: with a secret', input: { ...vectorInput, psk } },
]

const providers: [name: string, provider: CryptoProvider, isWeb: boolean][] = [
  ['node:crypto', nodeCrypto, false],
  ['WebCrypto', webCrypto, true],
]

describe.each(vectors)('$heading', ({ heading, input }) => {
  const reference = new Reference(input)

  test('is in the spec, with every intermediate value', () => {
    expect(block(heading)).toEqual(reference.values.map(([name, value]) => `${name} = ${value}`))
  })

  test.each(providers)('is what both sides do, by %s', async (_, provider, isWeb) => {
    const a = await handshakeOf(provider, isWeb, input, 'initiator')
    const b = await handshakeOf(provider, isWeb, input, 'responder')
    const first = await a.start()
    expect(await b.start()).toBeUndefined()
    const second = await b.receive(first as Uint8Array)
    const third = await a.receive(second as Uint8Array)
    expect(await b.receive(third as Uint8Array)).toBeUndefined()
    expect([first, second, third].map((each) => hex(each as Uint8Array))).toEqual(reference.messages.map(hex))
    const values = new Map(reference.values)
    expect(hex(a.result.sendKey)).toBe(values.get("key of the initiator's records"))
    expect(hex(b.result.sendKey)).toBe(values.get("key of the responder's records"))
    expect(hex(a.result.receiveKey)).toBe(hex(b.result.sendKey))
    expect(hex(b.result.receiveKey)).toBe(hex(a.result.sendKey))
    expect([a, b].map(({ result }) => hex(result.handshakeHash))).toEqual([
      values.get('handshake hash'),
      values.get('handshake hash'),
    ])
    expect(a.result.peer.payload).toEqual(input.responder.payload)
    expect(hex(b.result.peer.publicKey)).toBe(values.get("initiator's identity key"))
  })
})

test('the stretched secret is in the spec, and what derivePsk gives', async () => {
  expect(block('Vector: the stretched secret')).toEqual([`secret = ${vectorSecret}`, `psk = ${hex(psk)}`])
  expect(hex(await derivePsk(vectorSecret))).toBe(hex(psk))
  expect(hex(await webCrypto.stretch(vectorSecret, 'astranet secure 1 psk', 600_000))).toBe(hex(psk))
})

test('the node id and text form of an identity are in the spec', async () => {
  const identity = await identityOf(vectorInput.initiator.identity)
  const id = await nodeIdOfKey(identity.publicKey, (bytes) => webCrypto.crypto.hash(bytes))
  expect(identity.nodeId).toBe(id)
  expect(block('Vector: the identity')).toEqual([
    `private key = ${hex(vectorInput.initiator.identity)}`,
    `public key = ${hex(identity.publicKey)}`,
    `node id = ${id.toString(16).padStart(16, '0')}`,
    `as text = ${formatNodeId(id)}`,
    ...(await identity.export()).trim().split('\n'),
  ])
})

test('the records are in the spec, and what each cipher seals', async () => {
  const plaintexts = [utf8('hello'), utf8('world'), new Uint8Array(0)]
  const reference = new Reference(vectorInput)
  const records = reference.records('initiator', plaintexts)
  const key = unhex(new Map(reference.values).get("key of the initiator's records") as string)
  expect(block('Vector: the records')).toEqual([
    ...records.map((record, index) => `record ${index} = ${hex(record)}`),
    `key after ${RECORDS_PER_KEY} records = ${hex(nodeAead.seal(key, unhex(`00000000${'ff'.repeat(8)}`), new Uint8Array(0)).update(new Uint8Array(32)))}`,
  ])
  const direct = new DirectCipher(nodeAead, key)
  const promised = new PromisedCipher(webCrypto.crypto, key)
  for (const [index, plaintext] of plaintexts.entries()) {
    const type = plaintext.length === 0 ? RecordType.END : RecordType.DATA
    const header = recordHeader(type, plaintext.length)
    expect(hex(header) + hex(sealOne(direct, header, plaintext))).toBe(hex(records[index] as Uint8Array))
    expect(hex(header) + hex(await promised.seal(header, plaintext))).toBe(hex(records[index] as Uint8Array))
  }
})

function identityOf(seed: Uint8Array): ReturnType<typeof importIdentity> {
  return importIdentity(privateKey('Ed25519', seed).export({ format: 'pem', type: 'pkcs8' }) as string)
}

async function handshakeOf(
  { crypto }: CryptoProvider,
  isWeb: boolean,
  input: ReferenceInput,
  role: SecureRole,
): Promise<Handshake> {
  const side = input[role]
  return new Handshake({
    crypto: withKeys(crypto, [side.ephemeral, side.static], isWeb),
    role,
    identity: await identityOf(side.identity),
    prologue: input.prologue,
    psk: input.psk,
    payload: side.payload,
  })
}

test('the vectors use different keys everywhere', () => {
  const keys = [vectorInput.initiator, vectorInput.responder].flatMap((side) => [
    side.ephemeral,
    side.static,
    side.identity,
  ])
  expect(new Set(keys.map(hex)).size).toBe(6)
  expect(hex(counting(1))).toBe(hex(vectorInput.responder.static))
})
