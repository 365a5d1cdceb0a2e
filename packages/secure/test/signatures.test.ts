import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as browser from '../src/browser.js'
import * as node from '../src/index.js'
import { KeyCache, MAX_IMPORTED_KEYS } from '../src/proto/key-cache.js'
import { VERIFIED_AT_ONCE } from '../src/nodejs/node-signatures.js'
import { hex, unhex, utf8 } from './support/bytes.js'

const platforms = [
  { name: 'Node', make: () => new node.NodeSignatures() },
  { name: 'WebCrypto', make: () => new browser.WebSignatures() },
]

const message = utf8('a state')

describe.each(platforms)('signatures by $name', ({ make }) => {
  test('of the key over the message are right, all others wrong', async () => {
    const [one, other] = [await node.generateIdentity(), await node.generateIdentity()]
    const signature = await one.sign(message)
    const crypto = make()
    expect(await crypto.verify(one.publicKey, signature, message)).toBe(true)
    expect(await crypto.verify(one.publicKey, signature, utf8('another'))).toBe(false)
    expect(await crypto.verify(other.publicKey, signature, message)).toBe(false)
    expect(await crypto.verify(other.publicKey, await other.sign(message), message)).toBe(true)
    expect(await crypto.verify(one.publicKey, new Uint8Array(64), message)).toBe(false)
    expect(await crypto.verify(one.publicKey, signature, message)).toBe(true)
  })

  test.each([
    ['short key', new Uint8Array(31).fill(9), new Uint8Array(64)],
    ['long key', new Uint8Array(33).fill(9), new Uint8Array(64)],
    ['empty key', new Uint8Array(0), new Uint8Array(64)],
    ['key that is no point', unhex(`02${'00'.repeat(31)}`), new Uint8Array(64)],
    ['short signature', undefined, new Uint8Array(63)],
    ['long signature', undefined, new Uint8Array(65)],
    ['empty signature', undefined, new Uint8Array(0)],
  ])('with a %s are wrong', async (_, key, signature) => {
    const { publicKey } = await node.generateIdentity()
    const crypto = make()
    expect(await crypto.verify(key ?? publicKey, signature, message)).toBe(false)
    expect(await crypto.verify(key ?? publicKey, signature, message)).toBe(false)
  })

  // The neutral point as the key and as R, and 0 as S: right for every message, unless the key is refused.
  test('by a key of low order are wrong', async () => {
    const neutral = unhex(`01${'00'.repeat(31)}`)
    const signature = unhex(`01${'00'.repeat(63)}`)
    expect(await make().verify(neutral, signature, message)).toBe(false)
  })

  test('have the node ids and hashes of the other functions', async () => {
    const { publicKey, nodeId } = await node.generateIdentity()
    expect(await make().nodeIdOf(publicKey)).toBe(nodeId)
    expect(hex(await make().hash(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})

test('are verified at once while they are few, in the thread pool when there are more in one turn', async () => {
  const identity = node.generateIdentitySync()
  const signature = identity.signNow?.(message) as Uint8Array
  const crypto = new node.NodeSignatures()
  const verify = (wrong = 0): boolean | Promise<boolean> =>
    crypto.verify(identity.publicKey, signature, utf8(wrong === 0 ? 'a state' : `wrong ${wrong}`))
  const answers = Array.from({ length: VERIFIED_AT_ONCE + 40 }, (_, index) => verify(index % 2))
  expect(answers.slice(0, VERIFIED_AT_ONCE).every((answer) => typeof answer === 'boolean')).toBe(true)
  expect(answers.slice(VERIFIED_AT_ONCE).every((answer) => answer instanceof Promise)).toBe(true)
  expect(await Promise.all(answers.map(async (answer) => answer))).toEqual(
    answers.map((_, index) => index % 2 === 0),
  )
  await new Promise((resolve) => setImmediate(resolve))
  expect(verify()).toBe(true)
  const full = Array.from({ length: VERIFIED_AT_ONCE + 400 }, () => verify())
  await new Promise((resolve) => setImmediate(resolve))
  // Some are in the pool still, so the next one goes there too, also one that OpenSSL takes for no signature.
  expect([full.at(-1), verify()]).toEqual([expect.any(Promise), expect.any(Promise)])
  expect(await crypto.verify(identity.publicKey, signature.subarray(1), message)).toBe(false)
})

test('an identity of Node signs at once, one of a browser does not', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const identity = await node.importIdentity(text)
  expect(hex(identity.signNow?.(message) as Uint8Array)).toBe(hex(sign(null, message, privateKey)))
  expect((await browser.importIdentity(text)).signNow).toBeUndefined()
})

test('keeps a limited number of imported keys, those that were used lately', () => {
  const imported: number[] = []
  const cache = new KeyCache((key) => imported.push(key[0]! * 256 + key[1]!))
  const key = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 0xff, 7, ...new Uint8Array(29))
  for (let n = 0; n < MAX_IMPORTED_KEYS; n++) cache.get(key(n))
  cache.get(key(0))
  for (let n = 0; n < 10; n++) cache.get(key(MAX_IMPORTED_KEYS + n))
  expect(cache.size).toBe(MAX_IMPORTED_KEYS)
  imported.length = 0
  cache.get(key(0))
  expect(imported).toEqual([])
  cache.get(key(1))
  expect(imported).toEqual([1])
})
