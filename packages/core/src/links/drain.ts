import type { Clock } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** @internal Links that end when their last stream does. */
export interface Drain {
  /** Resolves when no stream of them is open, or the time is over, or it was cut. Never rejects. */
  readonly done: Promise<void>
  /** Ends the wait. Idempotent. */
  cut(): void
}

/**
 * Sends a go-away on each link, and waits for `forMs` at most until the streams of all have ended. Streams that are open
 * go on meanwhile; no side opens new ones.
 */
export function drain(links: Iterable<Pick<Link, 'drain'>>, clock: Clock, forMs: number): Drain {
  let cut = (): void => undefined
  const done = new Promise<void>((resolve) => {
    const deadline = clock.setTimer(forMs, resolve)
    cut = () => {
      deadline.cancel()
      resolve()
    }
    void Promise.all(Array.from(links, (link) => link.drain())).then(cut)
  })
  return { done, cut: () => cut() }
}
