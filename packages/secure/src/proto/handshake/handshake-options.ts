import type { NodeId } from '@astranet/interface'
import type { Crypto } from '../crypto.js'
import type { SecureRole, Signer } from './identity-proof.js'

/** What a `Handshake` is made with. */
export interface HandshakeOptions {
  readonly crypto: Crypto
  readonly role: SecureRole
  /** The identity that this side proves. */
  readonly identity: Signer
  /**
   * What both sides must agree on, for example what they have sent each other before. Where it holds something fresh
   * of each side, a repeated first message is refused at once. Default: empty.
   */
  readonly prologue?: Uint8Array | undefined
  /**
   * The network's secret in 32 bytes: only a peer that has it gets an answer. Default: none, and every peer gets one.
   */
  readonly psk?: Uint8Array | undefined
  /**
   * Sent to the peer, encrypted, with the identity. At most 65,343 bytes. Default: empty. A function is called when the
   * message is written; what it throws fails the handshake.
   */
  readonly payload?: Uint8Array | PayloadFunction | undefined
  /** The largest payload that the peer may send, 0 to 65,343 bytes. Default 4,096. */
  readonly maxPayloadBytes?: number | undefined
  /** The only node id that is accepted. An initiator then shows its own identity to no other node. Default: any. */
  readonly expectedNodeId?: NodeId | undefined
  /**
   * The only identity key that is accepted, 32 bytes; where it is known it is better than a node id, which is 64 bits of
   * its hash. Default: any.
   */
  readonly expectedKey?: Uint8Array | undefined
}

/**
 * Makes the payload of this side's message. An initiator's is given the peer, whose message was read; a responder's
 * `undefined`.
 */
export type PayloadFunction = (peer: SecurePeer | undefined) => Uint8Array | Promise<Uint8Array>

/** The other end of a handshake, as it has proved itself. */
export interface SecurePeer {
  readonly nodeId: NodeId
  /** Its Ed25519 identity key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The payload that it sent in the handshake. */
  readonly payload: Uint8Array
}

/** What a complete handshake gives. */
export interface HandshakeResult {
  readonly peer: SecurePeer
  /** The first key of the records that this side sends, 32 bytes. */
  readonly sendKey: Uint8Array
  /** The first key of the records that this side receives. */
  readonly receiveKey: Uint8Array
  /** 32 bytes that are the same on both sides and in no other handshake: for channel binding (Noise, section 11.2). */
  readonly handshakeHash: Uint8Array
}
