/** How often lines of one kind are logged, in ms. */
export const RATION_INTERVAL_MS = 10_000

/** How many kinds are told apart; the rest is one more. */
export const MAX_KINDS = 64

interface Kind {
  loggedAtMs: number
  unlogged: number
}

/**
 * Bounds lines that peers cause: of each kind one every {@link RATION_INTERVAL_MS}. On a public address scanners connect
 * all the time, and a line for each would fill a disk.
 */
export class Ration {
  readonly #now: () => number
  readonly #kinds = new Map<string, Kind>()

  /** `now` is a clock in ms that nobody sets. */
  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Whether a line of the kind may be logged: then the text behind it, which says how many were left out since the last
   * one. `undefined`: it is left out.
   */
  take(name: string): string | undefined {
    const kind = this.#kind(name)
    const now = this.#now()
    if (now - kind.loggedAtMs < RATION_INTERVAL_MS) {
      kind.unlogged += 1
      return undefined
    }
    const more = kind.unlogged === 0 ? '' : ` (and ${kind.unlogged} more since the last such line)`
    kind.loggedAtMs = now
    kind.unlogged = 0
    return more
  }

  #kind(name: string): Kind {
    const key = this.#kinds.has(name) || this.#kinds.size < MAX_KINDS ? name : ''
    const kind = this.#kinds.get(key) ?? { loggedAtMs: -Infinity, unlogged: 0 }
    this.#kinds.set(key, kind)
    return kind
  }
}
