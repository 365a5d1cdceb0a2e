import type { NodeId } from '@astranet/interface'
import type { Signer } from './handshake/identity-proof.js'

/** A node's Ed25519 key pair. Only the holder of the private key can be the node with {@link nodeId}. */
export interface Identity extends Signer {
  /** The node id that belongs to {@link publicKey}. */
  readonly nodeId: NodeId
  /** {@link sign} that answers at once: some 0.04 ms. Absent where the platform signs asynchronously only: in browsers. */
  signNow?(message: Uint8Array): Uint8Array
  /**
   * The private key as text: PKCS#8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it. Rejects with
   * `ASTRA_ERR_SECURE_IDENTITY` when the key cannot be exported.
   */
  export(): Promise<string>
}
