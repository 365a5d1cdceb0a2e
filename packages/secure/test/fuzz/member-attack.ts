import type { Rng } from '@astranet/testkit/sim'
import { Handshake } from '../../src/proto/handshake/handshake.js'
import type { HandshakeResult } from '../../src/proto/handshake/handshake-options.js'
import type { Crypto, DhKeyPair } from '../../src/proto/crypto.js'
import type { SecureRole } from '../../src/index.js'
import { codeOf, exchange } from '../support/handshakes.js'
import { LOW_ORDER_POINTS } from '../support/low-order-points.js'
import { isSame, knownCrypto, KEY_NUMBERS, signers, startsWith } from './known-crypto.js'
import { must } from './must.js'
import { mutateBytes } from './mutations.js'
import type { Outcome } from './stream-attack.js'
import { NETWORKS, sideOptions, type Network, type Sabotage } from './worlds.js'

/** What a careless X25519 is taken to give for a point of low order. */
export const KNOWN_SECRET: Uint8Array = Uint8Array.of(1, ...new Uint8Array(31))

/** Identity key and signature, in front of the payload. */
const PROOF_BYTES = 96

const CODES = /^(none|ASTRA_ERR_SECURE_(HANDSHAKE|KEY|SIGNATURE|SECRET))$/

/** What the attacker does instead of what the protocol says. */
interface Lie {
  /** The number of the encryption whose plaintext it changes. */
  readonly seal: number
  /** Whether it sends another ephemeral key than it uses. */
  readonly key: boolean
  /** Whether it signs something else, or with another key. */
  readonly signature: boolean
}

/** What the attacker has changed in the end. */
interface Changes {
  /** The plaintext of its proof: identity, signature and payload. */
  proof: Uint8Array | undefined
  isProofHonest: boolean
  isRestHonest: boolean
}

/**
 * The attacker has the secret, and encrypts what it likes: other proofs, other keys, other lengths. A side completes
 * if, and only if, nothing but the payload was changed, and then has that payload.
 */
export async function attackAsMember(random: Rng, sabotage: Sabotage | undefined): Promise<Outcome> {
  const network = random.pick(NETWORKS)
  const role: SecureRole = random.chance(0.5) ? 'initiator' : 'responder'
  const start = random.integer(0, KEY_NUMBERS.length - 1)
  const keys = KEY_NUMBERS[start] as number
  const otherKeys = KEY_NUMBERS[(start + 1) % KEY_NUMBERS.length] as number
  const { provider: _, ...options } = sideOptions(role, network, keys)
  const crypto = sabotage?.(knownCrypto(keys)) ?? knownCrypto(keys)
  const victim = new Handshake({ ...options, crypto })
  const { attacker, changes } = lyingSide(
    random,
    role === 'initiator' ? 'responder' : 'initiator',
    network,
    otherKeys,
  )
  const sides = role === 'initiator' ? ([victim, attacker] as const) : ([attacker, victim] as const)
  const code = String(await codeOf(exchange(...sides)))
  must(CODES.test(code), `a handshake failed with ${code}`)
  must(
    victim.state === 'done' || victim.state === 'failed' || attacker.state === 'failed',
    `the victim is ${victim.state}`,
  )
  check(victim, changes, otherKeys)
  return victim.state === 'done' ? 'done' : code
}

function check(victim: Handshake, changes: Changes, keys: number): void {
  const isHonest = changes.isProofHonest && changes.isRestHonest
  if (victim.state !== 'done') {
    must(
      !isHonest ||
        changes.proof === undefined ||
        changes.proof.length < PROOF_BYTES ||
        isTooLong(changes.proof),
      'an honest handshake failed',
    )
    return
  }
  must(isHonest, 'a handshake completed although the peer did not keep to the protocol')
  const { peer } = victim.result satisfies HandshakeResult
  const expected = sideOptions('initiator', NETWORKS[0] as Network, keys).identity.publicKey
  must(isSame(peer.publicKey, expected), 'the peer is another one')
  must(
    isSame(peer.payload, (changes.proof as Uint8Array).subarray(PROOF_BYTES)),
    'the payload is another one',
  )
}

function isTooLong(proof: Uint8Array): boolean {
  return proof.length > PROOF_BYTES + 320
}

function lyingSide(
  random: Rng,
  role: SecureRole,
  network: Network,
  keys: number,
): { attacker: Handshake; changes: Changes } {
  const what = random.integer(0, 5)
  const lie: Lie = { seal: what < 4 ? random.integer(0, 2) : -1, key: what === 4, signature: what === 5 }
  const changes: Changes = { proof: undefined, isProofHonest: true, isRestHonest: true }
  const { provider: _, ...options } = sideOptions(role, network, keys)
  const { identity } = options
  const attacker = new Handshake({
    ...options,
    identity: lie.signature ? lyingSigner(random, identity, changes) : identity,
    crypto: lyingCrypto(random, knownCrypto(keys), lie, changes),
  })
  return { attacker, changes }
}

function lyingSigner(
  random: Rng,
  honest: (typeof signers)[number],
  changes: Changes,
): (typeof signers)[number] {
  return {
    publicKey: honest.publicKey,
    sign: async (message) => {
      const donor = random.pick(signers)
      const signed = random.chance(0.5) ? message : mutateBytes(random, message, message)
      const signature = await donor.sign(signed)
      const sent = random.chance(0.5) ? signature : mutateBytes(random, signature, signature)
      // What follows a whole signature is read as payload.
      changes.isProofHonest = startsWith(sent, await honest.sign(message))
      return sent
    },
  }
}

function lyingCrypto(random: Rng, honest: Crypto, lie: Lie, changes: Changes): Crypto {
  let seals = 0
  return {
    ...honest,
    async generateKeyPair() {
      const pair = await honest.generateKeyPair()
      if (!lie.key) return pair
      if (random.chance(0.3)) return lowOrderPair(random, changes)
      const publicKey = mutateBytes(random, pair.publicKey, pair.publicKey)
      if (!isSamePoint(publicKey, pair.publicKey)) changes.isRestHonest = false
      return { ...pair, publicKey }
    },
    async aead(key) {
      const aead = await honest.aead(key)
      return {
        open: (nonce, data, sealed) => aead.open(nonce, data, sealed),
        seal: (nonce, data, plaintext) => {
          const isLie = seals++ === lie.seal
          const sent = isLie ? mutateBytes(random, plaintext, random.pick(signers).publicKey) : plaintext
          note(changes, plaintext, sent)
          return aead.seal(nonce, data, sent)
        },
      }
    },
  }
}

/** A key of low order, and the secret that a side which does not refuse it would share with everybody. */
function lowOrderPair(random: Rng, changes: Changes): DhKeyPair {
  changes.isRestHonest = false
  return { publicKey: random.pick(LOW_ORDER_POINTS), dh: async () => KNOWN_SECRET }
}

/** X25519 ignores the highest bit of a key (RFC 7748, section 5), so the attacker knows the secret all the same. */
function isSamePoint(one: Uint8Array, other: Uint8Array): boolean {
  const masked = [one, other].map((key) => key.map((byte, at) => (at === 31 ? byte & 0x7f : byte)))
  return isSame(masked[0] as Uint8Array, masked[1] as Uint8Array)
}

function note(changes: Changes, honest: Uint8Array, sent: Uint8Array): void {
  // Identity, signature and payload are longer than anything else.
  if (honest.length < PROOF_BYTES) {
    if (!isSame(honest, sent)) changes.isRestHonest = false
    return
  }
  changes.proof = sent
  if (!startsWith(sent, honest.subarray(0, PROOF_BYTES))) changes.isProofHonest = false
}
