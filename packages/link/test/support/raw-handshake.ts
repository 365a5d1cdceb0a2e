import { encodeMessage } from '@astranet/frame/message'
import { concatBytes } from '@astranet/interface'
import { nodeCrypto } from '@astranet/secure'
import { Handshake, type HandshakeOptions } from '@astranet/secure/proto'
import { encodePreamble, PREAMBLE_BYTES, type Preamble } from '../../src/proto/preamble.js'
import { identityOf } from './identities.js'
import type { RawEnd } from './raw-end.js'
import type { VirtualClock } from './virtual-clock.js'

/** The number of the node that a raw peer is. */
export const RAW_ID = 9n

/** A dialer's, over a pipe in memory, without a secret. */
export const rawPreamble: Preamble = {
  qmuxDraft: 2,
  role: 'dialer',
  isResuming: false,
  hasSecret: false,
  insistsOnEncryption: false,
  isPrivate: true,
  hasExporter: false,
  nonce: new Uint8Array(16).fill(9),
  keyId: new Uint8Array(16),
}

/** The shortest HELLO. */
export const rawHello = { i: 1 }

/** What a raw peer does. Everything has a default that is right. */
export interface RawOptions {
  /** Changes of {@link rawPreamble}. */
  readonly preamble?: Partial<Preamble>
  /** The HELLO, as a value of msgpack. */
  readonly hello?: unknown
  /** The bytes of HELLO in place of a message of {@link hello}. */
  readonly helloBytes?: Uint8Array
  readonly handshake?: Partial<HandshakeOptions>
}

/** What a raw peer has sent, and the handshake that it did. */
export interface RawOutcome {
  readonly handshake: Handshake
  readonly peerPreamble: Uint8Array
  readonly ownPreamble: Uint8Array
}

function handshakeOf(role: 'initiator' | 'responder', options: RawOptions, prologue: Uint8Array): Handshake {
  return new Handshake({
    crypto: nodeCrypto.crypto,
    role,
    identity: identityOf(RAW_ID),
    prologue,
    maxPayloadBytes: 4_200,
    ...options.handshake,
  })
}

function helloOf({ hello = rawHello, helloBytes }: RawOptions): Uint8Array {
  return helloBytes ?? encodeMessage(hello)
}

/** Sends preamble and message 1. */
export async function rawFirst(raw: RawEnd, options: RawOptions = {}): Promise<RawOutcome> {
  const ownPreamble = encodePreamble({ ...rawPreamble, ...options.preamble })
  const handshake = handshakeOf(
    'initiator',
    { handshake: { payload: helloOf(options), ...options.handshake } },
    ownPreamble,
  )
  raw.write(ownPreamble)
  raw.send((await handshake.start()) as Uint8Array)
  return { handshake, ownPreamble, peerPreamble: new Uint8Array(0) }
}

/** Does the handshake as the initiator with a link that accepts: everything up to message 3. */
export async function rawInitiate(
  raw: RawEnd,
  clock: VirtualClock,
  options: RawOptions = {},
): Promise<RawOutcome> {
  const begun = await rawFirst(raw, options)
  await clock.settle()
  const peerPreamble = raw.take(PREAMBLE_BYTES)
  raw.send((await begun.handshake.receive(raw.takeMessage())) as Uint8Array)
  return { ...begun, peerPreamble }
}

/** Does the handshake as the responder with a link that has dialed: reads its preamble and message 1, sends 2. */
export async function rawSecond(raw: RawEnd, options: RawOptions = {}): Promise<RawOutcome> {
  const peerPreamble = raw.take(PREAMBLE_BYTES)
  const ownPreamble = encodePreamble({ ...rawPreamble, role: 'acceptor', ...options.preamble })
  const payload = concatBytes([ownPreamble, helloOf(options)])
  const handshake = handshakeOf('responder', { handshake: { payload, ...options.handshake } }, peerPreamble)
  await handshake.start()
  const second = (await handshake.receive(raw.takeMessage())) as Uint8Array
  raw.write(ownPreamble)
  raw.send(second)
  return { handshake, peerPreamble, ownPreamble }
}
