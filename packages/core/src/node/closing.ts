import type { Clock } from '@astranet/interface'
import { nodeClosed } from '../api/net-error.js'
import { drain } from '../links/drain.js'
import { leave } from '../links/leaving.js'
import type { NodeParts } from './node-parts.js'

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
  #isCut = false
  /** Ends the wait for open streams. */
  #cut: () => void = () => undefined

  constructor(parts: ClosingParts<TSocket, TListener>) {
    this.#parts = parts
  }

  /** Resolves when all has closed. Idempotent; a later call with 0 ends the wait for streams. */
  close(drainMs: number): Promise<void> {
    // What closing calls must find the node closed.
    this.isBegun = true
    if (this.#closed === undefined) this.#closed = this.#close(drainMs)
    else if (drainMs === 0) this.#endDrain()
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
    const isIdle = drainMs === 0 ? leaving : Promise.resolve(leaving).then(() => this.#drain(drainMs))
    const loopback = drainMs === 0 ? parts.loopback.close() : isIdle?.then(() => parts.loopback.close())
    await Promise.all([parts.endpoints.close(), table.close(isIdle), loopback, punching])
  }

  #drain(forMs: number): Promise<void> {
    const { parts, clock } = this.#parts
    if (this.#isCut) return Promise.resolve()
    const links = Array.from(parts.neighbours.table.admitted(), ([link]) => link)
    const { done, cut } = drain([...links, parts.loopback], clock, forMs)
    this.#cut = cut
    return done
  }

  #endDrain(): void {
    this.#isCut = true
    this.#cut()
  }

  #closeRegistry(): void {
    this.#parts.parts.neighbours.sync.close()
    this.#parts.parts.catalogue.close()
  }
}
