import type { Clock, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'

/**
 * How long a link stands by before it is drained, in ms: until then both sides have settled on the other one, and it
 * can take over.
 */
export const DUPLICATE_GRACE_MS = 5_000

/** The links that stand by, and when each is drained. */
export class Duplicates {
  readonly #clock: Clock
  readonly #onDue: (link: Link) => void
  readonly #timers = new Map<Link, Timer>()

  /** `onDue`: the link has stood by for its time. */
  constructor(clock: Clock, onDue: (link: Link) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** The link stands by from now on. */
  add(link: Link): void {
    this.delete(link)
    const onTimer = (): void => {
      this.#timers.delete(link)
      this.#onDue(link)
    }
    this.#timers.set(link, this.#clock.setTimer(DUPLICATE_GRACE_MS, onTimer, { background: true }))
  }

  /** The link is preferred, or over. */
  delete(link: Link): void {
    this.#timers.get(link)?.cancel()
    this.#timers.delete(link)
  }
}
