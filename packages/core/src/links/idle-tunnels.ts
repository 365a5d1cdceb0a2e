import type { Clock, Timer } from '@astranet/interface'
import type { Link } from '@astranet/link'

/** The control stream of a link is always open. */
const OWN_STREAMS = 1

/** How much longer the node that accepted a tunnel waits than the one that opened it, in ms, so that one of them ends it. */
const ACCEPTED_EXTRA_MS = 15_000

/** What ending idle tunnels needs. */
export interface IdleTunnelsParts {
  readonly clock: Clock
  /** How long a tunnel may be without a stream, in ms; 0: forever. */
  readonly idleMs: number
  /** The link takes no more dials: it ends. */
  readonly onIdle: (link: Link) => void
}

/** Ends links through routers that have had no stream for a while. One timer for each. */
export class IdleTunnels {
  readonly #parts: IdleTunnelsParts
  readonly #timers = new Map<Link, Timer>()
  /** When each was last seen in use, or opened. */
  readonly #usedAt = new Map<Link, number>()
  /** Those that have had a stream. */
  readonly #everUsed = new WeakSet<Link>()

  constructor(parts: IdleTunnelsParts) {
    this.#parts = parts
  }

  /** The link is open. */
  add(link: Link): void {
    this.#usedAt.set(link, this.#parts.clock.now())
    this.#watch(link, this.#patienceMs(link))
  }

  /** A stream is about to be opened on the link, or was opened by the peer. Without effect for other links. */
  used(link: Link): void {
    if (!this.#usedAt.has(link)) return
    this.#usedAt.set(link, this.#parts.clock.now())
    this.#everUsed.add(link)
  }

  /** When the link last had a stream, as far as was seen, in ms of the clock; `undefined`: it has had none. */
  lastUse(link: Link): number | undefined {
    return this.#everUsed.has(link) ? this.#usedAt.get(link) : undefined
  }

  /** The link has closed. Idempotent. */
  delete(link: Link): void {
    this.#timers.get(link)?.cancel()
    this.#timers.delete(link)
    this.#usedAt.delete(link)
  }

  #patienceMs({ facts }: Link): number {
    return this.#parts.idleMs + (facts.isDialedHere ? 0 : ACCEPTED_EXTRA_MS)
  }

  #watch(link: Link, delayMs: number): void {
    const { clock, idleMs } = this.#parts
    if (idleMs === 0) return
    this.#timers.get(link)?.cancel()
    this.#timers.set(
      link,
      clock.setTimer(delayMs, () => this.#look(link), { background: true }),
    )
  }

  #look(link: Link): void {
    if ((link.session?.openStreams ?? 0) > OWN_STREAMS) this.used(link)
    const idleMs = this.#parts.clock.now() - (this.#usedAt.get(link) ?? 0)
    const leftMs = this.#patienceMs(link) - idleMs
    if (leftMs > 0) this.#watch(link, leftMs)
    else {
      this.#timers.delete(link)
      this.#parts.onIdle(link)
    }
  }
}
