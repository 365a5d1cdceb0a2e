import type { ByteDuplex, NodeId } from '@astranet/interface'
import type { CryptoProvider } from './io/provider.js'
import { derivePskWith } from './io/psk.js'
import type { SecurePipe } from './io/secure-pipe.js'
import { secureOver, type SecureOptions } from './io/secure.js'
import { nodeIdOfKey as nodeIdBy } from './proto/node-id.js'
import { webCrypto } from './web/web-crypto.js'

export { HandshakeChannel } from './io/handshake-channel.js'
export type { ChannelOptions, ChannelRest } from './io/handshake-channel.js'
export type { CryptoProvider, DirectAead, RecordOpening, RecordSealing } from './io/provider.js'
export { generateSecret } from './io/psk.js'
export { recordPipe } from './io/record-pipe.js'
export type { RecordPipeParts } from './io/record-pipe.js'
export type { SecurePipe } from './io/secure-pipe.js'
export type { SecureOptions } from './io/secure.js'
export { SecureErrorCode } from './proto/errors.js'
export type { SecurePeer } from './proto/handshake/handshake-options.js'
export type { SecureRole, Signer } from './proto/handshake/identity-proof.js'
export type { Identity } from './proto/identity.js'
export type { SignatureCrypto } from './proto/signatures.js'
export { openIdentity } from './web/open-identity.js'
export type { SubtleKey, SubtleKeyPair } from './web/subtle.js'
export { webCrypto } from './web/web-crypto.js'
export { generateIdentity, identityFromKeys, importIdentity } from './web/web-identity.js'
export type { WebIdentityOptions } from './web/web-identity.js'
export { WebSignatures } from './web/web-signatures.js'

/** Where the cryptography comes from unless an option names another: `webCrypto`. */
export const defaultProvider: CryptoProvider = webCrypto

/**
 * Makes an encrypted, authenticated pipe of `pipe`, which belongs to it from then on: nothing else may handle, write
 * to or end it. One side is the initiator, usually the one that connected.
 *
 * The secure pipe always half-closes. Its back-pressure, `defer`, `callsBackLater`, `linger`, `ref` and `unref` are those
 * of the pipe below. It closes with `ASTRA_ERR_SECURE_TAMPERED`, `_RECORD` or `_TRUNCATED` when what arrives is not
 * exactly what the peer has sent.
 *
 * Rejects, and aborts the pipe, with what went wrong: one of the codes of {@link SecureErrorCode}, the reason for
 * which the pipe broke, or the reason of `signal`. Rejects with a `TypeError` or `RangeError` that names a wrong
 * option, and leaves the pipe alone then.
 */
export function secure(pipe: ByteDuplex, options: SecureOptions): Promise<SecurePipe> {
  return secureOver(defaultProvider, pipe, options)
}

/**
 * The 32 bytes for the option `psk` of a secret that people pass on, by PBKDF2: some 0.2 s, so derive them once.
 * Rejects with a `TypeError` or `RangeError` when the secret has fewer than 16 characters or white space at its ends.
 */
export function derivePsk(secret: string): Promise<Uint8Array> {
  return derivePskWith(webCrypto, secret)
}

/** The node id that belongs to an Ed25519 public key. Rejects with a `RangeError` unless the key has 32 bytes. */
export function nodeIdOfKey(publicKey: Uint8Array): Promise<NodeId> {
  return nodeIdBy(publicKey, (bytes) => webCrypto.crypto.hash(bytes))
}
