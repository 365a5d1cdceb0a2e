/** How long making a link through routers may take before the try counts as failed, in ms. */
export const MEET_TIMEOUT_MS = 10_000

/** What a wish needs. */
export interface WishParts {
  /** When it ends, in ms of the clock. */
  readonly untilMs: number
  /** Begins to make a link through routers to the peer. */
  readonly meet: () => void
  /** It has ended. */
  readonly onLapse: () => void
}

/**
 * The wish for a direct link to a peer to which there is no link at all now: a link through routers is made for each
 * try. States: *waiting* (for the next try), *meeting* (that link is being made). Then the link is there and the wish
 * is dropped, or the try has failed and the wish is waiting again.
 */
export class Wish {
  readonly #parts: WishParts
  /** `undefined`: waiting. */
  #meetingUntilMs: number | undefined = undefined

  constructor(parts: WishParts) {
    this.#parts = parts
  }

  /** When `pursue` is due, given when the next try is. */
  dueAt(tryAtMs: number): number {
    return this.#meetingUntilMs ?? Math.min(tryAtMs, this.#parts.untilMs)
  }

  /** Does what is due. Whether the try has failed. */
  pursue(nowMs: number, isWilling: boolean): boolean {
    const { untilMs, meet, onLapse } = this.#parts
    const isLate = this.#meetingUntilMs !== undefined
    this.#meetingUntilMs = undefined
    if (nowMs >= untilMs) {
      onLapse()
      return false
    }
    if (isLate || !isWilling) return true
    this.#meetingUntilMs = nowMs + MEET_TIMEOUT_MS
    meet()
    return false
  }
}
