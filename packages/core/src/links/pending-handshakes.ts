import { CloseCode, linkError, type Link } from '@astranet/link'

/** Accepted pipes whose peer has not said who it is yet; the oldest is cut for one more. */
export const MAX_PENDING_HANDSHAKES = 100

/** Accepted pipes whose peer has not said who it is: strangers, as far as this node knows. */
export class Handshakes {
  /** Oldest first. */
  readonly #pending = new Set<Link>()

  /**
   * A pipe was accepted. At the limit the oldest goes, not the newcomer: whoever means it is done within a round trip or
   * two, and those who only hold a place are the ones that have been there longest.
   */
  add(link: Link): void {
    const [oldest] = this.#pending
    if (oldest !== undefined && this.#pending.size >= MAX_PENDING_HANDSHAKES) {
      this.#pending.delete(oldest)
      const message = `more than ${MAX_PENDING_HANDSHAKES} handshakes are under way, and this one was the oldest`
      oldest.destroy(linkError(CloseCode.REFUSED, message))
    }
    this.#pending.add(link)
  }

  /** Its peer said who it is, or it is over. Idempotent. */
  delete(link: Link): void {
    this.#pending.delete(link)
  }
}
