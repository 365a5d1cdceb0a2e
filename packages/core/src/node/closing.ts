import type { Clock } from '@astranet/interface'
import { nodeClosed } from '../api/net-error.js'
import { drain, type Drain } from '../links/drain.js'
import { leave } from '../links/leaving.js'
import type { NodeParts } from './node-parts.js'

/** How long links through routers have to close before the links to the routers do, in ms. */
const TUNNELS_MS = 500

/** @internal What a node's closing needs of it. */
export interface ClosingParts<TSocket, TListener> {
  readonly parts: NodeParts<TSocket, TListener>
  readonly clock: Clock
  /** Called once, when it begins. */
  readonly onBegin: () => void
}

/**
 * How a node closes: it withdraws what it offers, lets streams end if there is time for that, and closes its links.
 *
 * States: *open*; *draining* while streams may go on, if they may at all; *closing*, until all links have closed.
 */
export class Closing<TSocket, TListener> {
  /** Whether `close` was called: from its first line on. */
  isBegun = false
  readonly #parts: ClosingParts<TSocket, TListener>
  #closed: Promise<void> | undefined = undefined
  /** How long streams may go on, in ms: the least of all calls. */
  #drainMs = Infinity
  #draining: Drain | undefined = undefined

  constructor(parts: ClosingParts<TSocket, TListener>) {
    this.#parts = parts
  }

  /** Resolves when all has closed. Idempotent; a later call may shorten the wait for streams, or end it with 0. */
  close(drainMs: number): Promise<void> {
    // What closing calls must find the node closed.
    this.isBegun = true
    this.#drainMs = Math.min(this.#drainMs, drainMs)
    this.#draining?.within(drainMs)
    this.#closed ??= this.#close(drainMs)
    return this.#closed
  }

  async #close(drainMs: number): Promise<void> {
    const { parts, clock, onBegin } = this.#parts
    const { sync, table, preferred } = parts.neighbours
    parts.neighbours.stopJoins()
    parts.dialer.close()
    parts.links.close(nodeClosed('dial', ''))
    parts.spareRouter?.close()
    parts.forwarder.close()
    const punching = parts.punching.close()
    for (const queue of parts.ports.all()) queue.close()
    parts.discovery.close()
    onBegin()
    const leaving = leave({ catalogue: parts.catalogue, sync, preferred, clock })
    if (leaving === undefined) this.#closeRegistry()
    else void leaving.then(() => this.#closeRegistry())
    const isIdle = drainMs === 0 ? leaving : Promise.resolve(leaving).then(() => this.#drain())
    const loopback = drainMs === 0 ? parts.loopback.close() : isIdle?.then(() => parts.loopback.close())
    const hasLeft = isIdle?.then(() => this.#closeTunnels())
    await Promise.all([parts.endpoints.close(), table.close(hasLeft), loopback, punching])
  }

  /** What was written to sockets through routers leaves over the other links, so it has a moment before they close. */
  async #closeTunnels(): Promise<void> {
    const { parts, clock } = this.#parts
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(TUNNELS_MS, resolve)
      void parts.neighbours.table.closeTunnels().then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #drain(): Promise<void> {
    const { parts, clock } = this.#parts
    if (this.#drainMs === 0) return Promise.resolve()
    const links = Array.from(parts.neighbours.table.admitted(), ([link]) => link)
    this.#draining = drain([...links, parts.loopback], clock, this.#drainMs)
    return this.#draining.done
  }

  #closeRegistry(): void {
    this.#parts.parts.neighbours.sync.close()
    this.#parts.parts.catalogue.close()
  }
}
