import { createDecipheriv } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TAG_BYTES, type Aead, type Crypto, type DhKeyPair } from '../src/proto/crypto.js'
import { Fuzzer } from './fuzz/fuzzer.js'
import { KNOWN_SECRET } from './fuzz/member-attack.js'

const RUNS = 1_000

const { stackTraceLimit } = Error
// Most inputs end in an error, and its stack would cost more than all else.
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

async function fuzz(first: number, runs: number, sabotage?: (crypto: Crypto) => Crypto): Promise<Fuzzer> {
  const fuzzer = await Fuzzer.make(sabotage)
  for (let seed = first; seed < first + runs && fuzzer.findings.length < 3; seed++) await fuzzer.try(seed)
  return fuzzer
}

/** AES-GCM that opens what nobody has sealed. */
function unchecked(aead: Aead, key: Uint8Array): Aead {
  return {
    seal: (nonce, data, plaintext) => aead.seal(nonce, data, plaintext),
    open: async (nonce, _data, sealed) =>
      createDecipheriv('aes-256-gcm', key, nonce).update(sealed.subarray(0, -TAG_BYTES)),
  }
}

/** A pair that derives a secret of any point: of one of low order it is known to everybody. */
function lenient(pair: DhKeyPair): DhKeyPair {
  return { ...pair, dh: async (peer) => (await pair.dh(peer)) ?? KNOWN_SECRET }
}

/** A pair that throws where the secret would be all zeros, as Node's own does. */
function throwing(pair: DhKeyPair): DhKeyPair {
  return {
    ...pair,
    dh: async (peer) => {
      const shared = await pair.dh(peer)
      if (shared === undefined) throw new Error('broken on purpose')
      return shared
    },
  }
}

/** What to type to see it again. */
function described({ findings }: Fuzzer): string[] {
  return findings.map(
    ({ seed, error }) => `${error.message}: npm run fuzz:handshake -- --seed ${seed} --runs 1`,
  )
}

describe('mutated handshakes and records', () => {
  test.each([1, 1_000_001])(
    'never complete, throw, or deliver other bytes than the peer sent, from seed %i',
    async (first) => {
      const fuzzer = await fuzz(first, RUNS)
      expect(described(fuzzer)).toEqual([])
      // An attack of each kind, with each of its ends, was among them.
      for (const end of ['HANDSHAKE', 'KEY', 'SECRET', 'TRUNCATED', 'TAMPERED', 'RECORD'])
        expect([...fuzzer.outcomes.keys()]).toContain(`stream: ASTRA_ERR_SECURE_${end}`)
      for (const end of ['done', 'ASTRA_ERR_SECURE_HANDSHAKE', 'ASTRA_ERR_SECURE_SIGNATURE'])
        expect([...fuzzer.outcomes.keys()]).toContain(`member: ${end}`)
      for (const end of ['stream: done', 'stream: ECONNRESET', 'middle: done'])
        expect([...fuzzer.outcomes.keys()]).toContain(end)
    },
  )

  const sabotages: [what: string, sabotage: (crypto: Crypto) => Crypto][] = [
    ['no signature is checked', (crypto) => ({ ...crypto, verify: async () => true })],
    [
      'no tag is checked',
      (crypto) => ({ ...crypto, aead: async (key) => unchecked(await crypto.aead(key), key) }),
    ],
    [
      'no point is refused',
      (crypto) => ({ ...crypto, generateKeyPair: async () => lenient(await crypto.generateKeyPair()) }),
    ],
    [
      'a peer can make the platform throw',
      (crypto) => ({ ...crypto, generateKeyPair: async () => throwing(await crypto.generateKeyPair()) }),
    ],
  ]
  test.each(sabotages)('are noticed when %s', async (_, sabotage) => {
    expect((await fuzz(1, 500, sabotage)).findings.length).toBeGreaterThan(0)
  })
})
