export { KEY_BYTES, NONCE_BYTES, SIGNATURE_BYTES, TAG_BYTES } from './crypto.js'
export type { Aead, Crypto, DhKeyPair } from './crypto.js'
export { SecureErrorCode } from './errors.js'
export { grantPsk } from './grant-psk.js'
export { Handshake } from './handshake/handshake.js'
export type { HandshakeState } from './handshake/handshake.js'
export type {
  HandshakeOptions,
  HandshakeResult,
  PayloadFunction,
  SecurePeer,
} from './handshake/handshake-options.js'
export type { SecureRole, Signer } from './handshake/identity-proof.js'
export { MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES, messageLengths } from './handshake/lengths.js'
export type { LengthRange } from './handshake/lengths.js'
export { frameMessage, LENGTH_BYTES, MessageReader, takeMessage } from './handshake/message-reader.js'
export type { DueMessage, ReadMessage } from './handshake/message-reader.js'
export { DEFAULT_MAX_PAYLOAD_BYTES } from './handshake/options.js'
export { nodeIdOfKey } from './node-id.js'
export { NoiseXX } from './noise/noise-xx.js'
export type { NoiseOptions } from './noise/noise-xx.js'
export { grantKeyId, pairPsk } from './pair-psk.js'
export type { PairEnd } from './pair-psk.js'
export { HEADER_BYTES, MAX_RECORD_BYTES, recordHeader, RecordType } from './records/header.js'
export { RecordCounter, RECORDS_PER_KEY } from './records/record-counter.js'
export { RecordReader } from './records/record-reader.js'
export type { ReadRecord } from './records/record-reader.js'
export { isLowOrder } from './small-order.js'
