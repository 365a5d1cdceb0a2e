import type { NodeId } from '@astranet/interface'
import { KeyCache } from '../proto/key-cache.js'
import { nodeIdOfKey } from '../proto/node-id.js'
import type { SignatureCrypto } from '../proto/signatures.js'
import { subtle, type SubtleKey } from './subtle.js'
import { webCrypto } from './web-crypto.js'

/** Checks signatures by WebCrypto. */
export class WebSignatures implements SignatureCrypto {
  readonly #keys = new KeyCache<Promise<SubtleKey>>((publicKey) =>
    subtle().importKey('raw', publicKey, 'Ed25519', false, ['verify']),
  )

  hash(bytes: Uint8Array): Promise<Uint8Array> {
    return webCrypto.crypto.hash(bytes)
  }

  async verify(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
    try {
      const key = await this.#keys.get(publicKey)
      return key !== undefined && (await subtle().verify('Ed25519', key, signature, message))
    } catch {
      // The key is no point of the curve.
      return false
    }
  }

  nodeIdOf(publicKey: Uint8Array): Promise<NodeId> {
    return nodeIdOfKey(publicKey, (bytes) => this.hash(bytes))
  }
}
