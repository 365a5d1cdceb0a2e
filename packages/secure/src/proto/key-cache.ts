import { KEY_BYTES } from './crypto.js'
import { isLowOrder } from './small-order.js'

/** The most public keys that are kept imported; each takes about 1 KiB. */
export const MAX_IMPORTED_KEYS = 1_024

/** Public keys in the form of the platform, by their bytes. At the limit the one that was used least lately goes. */
export class KeyCache<Key> {
  readonly #import: (publicKey: Uint8Array) => Key
  readonly #keys = new Map<string, Key>()

  /** `importKey` is called for a key of 32 bytes that is not of low order. */
  constructor(importKey: (publicKey: Uint8Array) => Key) {
    this.#import = importKey
  }

  /** The key; `undefined` for one that no signature counts for. Throws what `importKey` throws. */
  get(publicKey: Uint8Array): Key | undefined {
    if (publicKey.length !== KEY_BYTES) return undefined
    const text = textOf(publicKey)
    let key = this.#keys.get(text)
    if (key === undefined) {
      if (isLowOrder(publicKey)) return undefined
      key = this.#import(publicKey)
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined && this.#keys.size >= MAX_IMPORTED_KEYS) this.#keys.delete(oldest)
    } else {
      this.#keys.delete(text)
    }
    this.#keys.set(text, key)
    return key
  }

  /** How many are kept. */
  get size(): number {
    return this.#keys.size
  }
}

function textOf(bytes: Uint8Array): string {
  // Spreading an array is several times as fast as spreading a byte array.
  const units = new Array<number>(bytes.length)
  for (let index = 0; index < bytes.length; index++) units[index] = bytes[index] as number
  return String.fromCharCode(...units)
}
