/** First messages that are remembered, each by the 16 bytes of its preamble's nonce: some 100 bytes in memory. */
export const MAX_REMEMBERED_FIRST_MESSAGES = 16_384

/**
 * The first messages that were made with the network's secret. A program on the path can send one
 * again, with its preamble and from any host, but can make no other one.
 */
export class FirstMessages {
  /** The one that came first comes first. */
  readonly #nonces = new Set<string>()

  /** Whether the message whose preamble has `nonce` was not here before. Remembers it, and forgets the oldest. */
  isNew(nonce: Uint8Array): boolean {
    const text = String.fromCharCode(...nonce)
    if (this.#nonces.has(text)) return false
    this.#nonces.add(text)
    const [oldest] = this.#nonces
    if (this.#nonces.size > MAX_REMEMBERED_FIRST_MESSAGES && oldest !== undefined) this.#nonces.delete(oldest)
    return true
  }
}
