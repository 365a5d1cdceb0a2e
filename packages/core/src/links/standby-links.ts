import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'

/**
 * How long a link stands by before it is drained, in ms. Within this time both sides have agreed on the other link, and
 * this one can still take over.
 */
const STANDBY_MS = 5_000

/** The links that stand by, and when each is drained. */
export class StandbyLinks {
  readonly #clock: Clock
  readonly #onDue: (nodeId: NodeId, link: Link) => void
  readonly #timers = new Map<Link, Timer>()

  /** `onDue`: the link has stood by for its time. */
  constructor(clock: Clock, onDue: (nodeId: NodeId, link: Link) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** The link to the node stands by from now on. */
  add(nodeId: NodeId, link: Link): void {
    this.delete(link)
    const onTimer = (): void => {
      this.#timers.delete(link)
      this.#onDue(nodeId, link)
    }
    this.#timers.set(link, this.#clock.setTimer(STANDBY_MS, onTimer, { background: true }))
  }

  /** The link is preferred, or has closed. */
  delete(link: Link): void {
    this.#timers.get(link)?.cancel()
    this.#timers.delete(link)
  }
}
