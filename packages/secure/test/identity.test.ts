import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as browser from '../src/browser.js'
import * as node from '../src/index.js'
import { importPublicKey } from '../src/nodejs/keys.js'
import { subtle } from '../src/web/subtle.js'
import { hex, utf8 } from './support/bytes.js'

const makers = [
  { name: 'Node', generate: node.generateIdentity, read: node.importIdentity },
  {
    name: 'WebCrypto',
    generate: () => browser.generateIdentity({ isExtractable: true }),
    read: browser.importIdentity,
  },
]

const generated = makers.flatMap((maker) => makers.map((reader) => ({ maker, reader })))

test.each(generated)(
  'an identity of $maker.name is read by $reader.name, and is the same',
  async ({ maker, reader }) => {
    const identity = await maker.generate()
    const text = await identity.export()
    expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=]{64}\n-----END PRIVATE KEY-----\n$/)
    const read = await reader.read(text)
    expect(hex(read.publicKey)).toBe(hex(identity.publicKey))
    expect(read.nodeId).toBe(identity.nodeId)
    expect(await read.export()).toBe(text)
    const signature = await read.sign(utf8('message'))
    expect(hex(signature)).toBe(hex(await identity.sign(utf8('message'))))
    expect(verify(null, utf8('message'), importPublicKey('Ed25519', identity.publicKey), signature)).toBe(
      true,
    )
  },
)

test('what OpenSSL writes is read, with line ends of Windows and white space around it too', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  for (const { read } of makers) {
    const { nodeId } = await read(text)
    expect((await read(`\n ${text.replaceAll('\n', '\r\n')}\n`)).nodeId).toBe(nodeId)
    expect(await (await read(text)).export()).toBe(text)
  }
})

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const good = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
const lines = good.split('\n')
const pkcs8 = { format: 'pem', type: 'pkcs8' } as const

describe.each(makers)('$name refuses', ({ read }) => {
  test.each([
    ['nothing', '', 'it has no whole PEM block'],
    ['another text', 'hello', 'it has no whole PEM block'],
    ['a text that is cut off', good.slice(0, -20), 'it has no whole PEM block'],
    ['two keys', good + good, 'it has no whole PEM block'],
    [
      'a public key',
      publicKey.export({ format: 'pem', type: 'spki' }) as string,
      'its PEM block is a PUBLIC KEY',
    ],
    [
      'an encrypted key',
      privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
      'its PEM block is a ENCRYPTED PRIVATE KEY',
    ],
    ['base64 that is broken', good.replace(lines[1] as string, 'A===='), 'its base64 is broken'],
    [
      'base64 that lacks characters',
      good.replace(lines[1] as string, (lines[1] as string).slice(4)),
      'not a plain Ed25519 key',
    ],
    [
      'an X25519 key',
      generateKeyPairSync('x25519').privateKey.export(pkcs8) as string,
      'not a plain Ed25519 key',
    ],
    [
      'an RSA key',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8) as string,
      'not a plain Ed25519 key',
    ],
  ])('%s', async (_, text, why) => {
    await expect(read(text, 'The file x')).rejects.toMatchObject({
      code: 'ASTRA_ERR_SECURE_IDENTITY',
      message: expect.stringMatching(`^The file x holds no identity: .*${why}`) as string,
    })
  })
})

test("a browser's identity cannot be exported unless it was made so, and signs all the same", async () => {
  const identity = await browser.generateIdentity()
  await expect(identity.export()).rejects.toMatchObject({ code: 'ASTRA_ERR_SECURE_IDENTITY' })
  expect((await identity.sign(utf8('x'))).length).toBe(64)
})

test('an identity is made of a pair of CryptoKeys that was kept', async () => {
  const keys = await subtle().generateKey('Ed25519', false, ['sign', 'verify'])
  const kept = structuredClone(keys)
  const identity = await browser.identityFromKeys(kept)
  expect(identity.nodeId).toBe((await browser.identityFromKeys(keys)).nodeId)
  const signature = await identity.sign(utf8('x'))
  expect(verify(null, utf8('x'), importPublicKey('Ed25519', identity.publicKey), signature)).toBe(true)
})

test('the node id follows from the public key', async () => {
  const { publicKey, nodeId } = await node.generateIdentity()
  expect(await node.nodeIdOfKey(publicKey)).toBe(nodeId)
  expect(await browser.nodeIdOfKey(publicKey)).toBe(nodeId)
  await expect(node.nodeIdOfKey(publicKey.subarray(1))).rejects.toThrow(
    /"publicKey" is out of range. It must be 32 bytes. Received 31$/,
  )
})

test('two identities differ', async () => {
  const [one, other] = [await node.generateIdentity(), await node.generateIdentity()]
  expect(one.nodeId).not.toBe(other.nodeId)
})

describe('a secret', () => {
  test('that was generated has 43 characters of base64url, and another one each time', () => {
    const secrets = Array.from({ length: 100 }, () => node.generateSecret())
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(new Set(secrets).size).toBe(100)
  })

  test('is the same in either of Unicode’s forms', async () => {
    const [composed, decomposed] = ['é', 'e\u0301'].map((letter) => `${letter} and fifteen more`)
    expect(hex(await node.derivePsk(composed as string))).toBe(
      hex(await browser.derivePsk(decomposed as string)),
    )
  })

  test.each([
    [
      'fifteen letters',
      /"secret" is out of range. It must be at least 16 characters: generateSecret\(\) makes a good one. Received 15$/,
    ],
    [
      'a secret from a file\n',
      /'secret' must not begin or end with white space, such as the line break of a file that it was read from$/,
    ],
    [7 as never, /^The "secret" argument must be of type string$/],
  ])('that is wrong is refused: %o', async (secret, error) => {
    await expect(node.derivePsk(secret)).rejects.toThrow(error)
  })
})

test('without WebCrypto the error says what to do', async () => {
  const { crypto } = globalThis
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
  try {
    await expect(browser.generateIdentity()).rejects.toMatchObject({
      code: 'ASTRA_ERR_SECURE_UNAVAILABLE',
      message:
        'There is no crypto.subtle here: browsers give it to pages over https, and from localhost, only.',
    })
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true })
  }
})
