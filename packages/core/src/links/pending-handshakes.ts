import { CloseCode, linkError, type Link } from '@astranet/link'

/** How many accepted pipes may wait for the peer's HELLO; when there is one more, the oldest is closed. */
export const MAX_PENDING_HANDSHAKES = 100

/** Links of accepted pipes whose peer has not introduced itself: nothing is known of these peers. */
export class PendingHandshakes {
  /** Oldest first. */
  readonly #pending = new Set<Link>()

  /**
   * A pipe was accepted. At the limit the oldest one is closed, not the new one: an honest peer needs a round trip or two,
   * and a peer that only occupies a place has been here longest.
   */
  add(link: Link): void {
    const [oldest] = this.#pending
    if (oldest !== undefined && this.#pending.size >= MAX_PENDING_HANDSHAKES) {
      this.#pending.delete(oldest)
      const message = `more than ${MAX_PENDING_HANDSHAKES} handshakes are pending, and this one was the oldest`
      oldest.destroy(linkError(CloseCode.REFUSED, message))
    }
    this.#pending.add(link)
  }

  /** The peer has introduced itself, or the link has ended. Idempotent. */
  delete(link: Link): void {
    this.#pending.delete(link)
  }
}
