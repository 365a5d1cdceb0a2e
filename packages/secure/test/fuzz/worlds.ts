import { nodeCrypto, type SecureOptions, type SecureRole } from '../../src/index.js'
import { Handshake } from '../../src/proto/handshake/handshake.js'
import { frameMessage } from '../../src/proto/handshake/message-reader.js'
import type { Crypto } from '../../src/proto/crypto.js'
import { exchange } from '../support/handshakes.js'
import { sealRecords } from '../support/records.js'
import { joined, knownCrypto, KEY_NUMBERS, signers } from './known-crypto.js'

/** The largest payload that a victim takes, in bytes: mutations reach beyond it. */
export const MAX_PAYLOAD_BYTES = 320

/** What a side of a handshake has besides its keys. */
export interface Network {
  readonly psk: Uint8Array | undefined
  readonly prologue: Uint8Array
}

/** An honest handshake with fixed keys, and the first records behind it. */
export interface World extends Network {
  /** What the peer of each side sends: the messages as they are framed, then the records, the last one the end. */
  readonly unitsTo: Readonly<Record<SecureRole, readonly Uint8Array[]>>
  /** What each side sends, likewise. */
  readonly unitsFrom: Readonly<Record<SecureRole, readonly Uint8Array[]>>
  /** The first messages of the honest initiators of this network, as they are framed. */
  readonly firstMessages: readonly Uint8Array[]
  readonly handshakeHash: Uint8Array
  /** The options of a side. */
  options(role: SecureRole): SecureOptions
}

/** Changes the cryptography of the victims, to see that the fuzzer notices it. */
export type Sabotage = (crypto: Crypto) => Crypto

/** The plaintexts of the records behind every handshake. The empty one is the end. */
export const PLAINTEXTS: readonly Uint8Array[] = [1, 20, 300, 0].map((length) =>
  new Uint8Array(length).fill(length),
)

/** The networks that the handshakes belong to. */
export const NETWORKS: readonly Network[] = [undefined, 1, 2].flatMap((secret) =>
  [0, 46].map((length) => ({
    psk: secret === undefined ? undefined : new Uint8Array(32).fill(secret),
    prologue: new Uint8Array(length).fill(0x70),
  })),
)

/** The options of a side with the keys of that number. */
export function sideOptions(
  role: SecureRole,
  network: Network,
  keys: number,
  sabotage: Sabotage = (crypto) => crypto,
): SecureOptions {
  return {
    ...network,
    role,
    identity: signers[(keys / 2) % signers.length] as (typeof signers)[number],
    payload: new Uint8Array((keys * 37) % MAX_PAYLOAD_BYTES).fill(keys),
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    provider: { ...nodeCrypto, crypto: sabotage(knownCrypto(keys)) },
  }
}

/** The options, but records are sealed and opened by promises, several at a time, as by WebCrypto. */
export function withPromises(options: SecureOptions): SecureOptions {
  const { crypto, stretch } = options.provider ?? nodeCrypto
  return { ...options, provider: { crypto, stretch } }
}

/** One honest handshake after the other: two of each network, and no two sides share a key. */
export async function makeWorlds(sabotage?: Sabotage): Promise<World[]> {
  const worlds: Omit<World, 'firstMessages'>[] = []
  for (const network of [...NETWORKS, ...NETWORKS])
    worlds.push(await makeWorld(network, worlds.length, sabotage))
  return worlds.map((world) => {
    const members = worlds.filter(({ psk, prologue }) => psk === world.psk && prologue === world.prologue)
    return { ...world, firstMessages: members.map(({ unitsTo }) => unitsTo.responder[0] as Uint8Array) }
  })
}

async function makeWorld(
  network: Network,
  index: number,
  sabotage: Sabotage | undefined,
): Promise<Omit<World, 'firstMessages'>> {
  const keys = {
    initiator: KEY_NUMBERS[2 * index] as number,
    responder: KEY_NUMBERS[2 * index + 1] as number,
  }
  const honest = (role: SecureRole): Handshake => {
    const { provider: _, ...options } = sideOptions(role, network, keys[role])
    return new Handshake({ ...options, crypto: knownCrypto(keys[role]) })
  }
  const { initiator, messages } = await exchange(honest('initiator'), honest('responder'))
  const [first, second, third] = messages.map(frameMessage) as [Uint8Array, Uint8Array, Uint8Array]
  const { sendKey, receiveKey, handshakeHash } = initiator.result
  const fromInitiator = [first, third, ...sealRecords(sendKey, PLAINTEXTS)]
  const fromResponder = [second, ...sealRecords(receiveKey, PLAINTEXTS)]
  return {
    ...network,
    unitsTo: { initiator: fromResponder, responder: fromInitiator },
    unitsFrom: { initiator: fromInitiator, responder: fromResponder },
    handshakeHash,
    options: (role) => sideOptions(role, network, keys[role], sabotage),
  }
}

/** The framed messages among the units that arrive at a side of that role. */
export function messagesTo(role: SecureRole, units: readonly Uint8Array[]): Uint8Array {
  return joined(units.slice(0, role === 'initiator' ? 1 : 2))
}
