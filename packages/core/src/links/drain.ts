import type { Clock } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** @internal Links that end when their last stream does. */
export interface Drain {
  /** Resolves when no stream of them is open, or the time is over. Never rejects. */
  readonly done: Promise<void>
  /** Leaves them that time from now on, if it is less than what is left; 0: none. */
  within(ms: number): void
}

/**
 * Sends a go-away on each link, and waits for `forMs` at most until the streams of all have ended. Streams that are open
 * go on meanwhile; no side opens new ones.
 */
export function drain(links: Iterable<Pick<Link, 'drain'>>, clock: Clock, forMs: number): Drain {
  let end = (): void => undefined
  let within = (_ms: number): void => undefined
  const done = new Promise<void>((resolve) => {
    let endsAt = clock.now() + forMs
    let deadline = clock.setTimer(forMs, () => end())
    within = (ms) => {
      const at = clock.now() + ms
      if (at >= endsAt) return
      deadline.cancel()
      endsAt = at
      if (ms === 0) end()
      else deadline = clock.setTimer(ms, () => end())
    }
    end = () => {
      endsAt = -Infinity
      deadline.cancel()
      resolve()
    }
  })
  void Promise.all(Array.from(links, (link) => link.drain())).then(() => end())
  return { done, within: (ms) => within(ms) }
}
