import type { Clock, NodeId, Timer } from '@astranet/interface'
import { CloseCode, type Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { Peers } from './peers.js'

/** The control message that carries what the registry says (spec/astranet-1.md, section 7). */
export const REGISTRY_MESSAGE = 0x10

/** How often the round trips of links are looked at, in ms. */
const COST_INTERVAL_MS = 10_000

/** Carries the catalogue's messages over the links' control streams, and what links cost into the catalogue. */
export class RegistrySync {
  readonly #catalogue: Catalogue
  readonly #peers: Peers
  readonly #clock: Clock
  #isScheduled = false
  #costTimer: Timer | undefined = undefined

  constructor(catalogue: Catalogue, peers: Peers, clock: Clock) {
    this.#catalogue = catalogue
    this.#peers = peers
    this.#clock = clock
  }

  /** Sends all neighbours what is due to them, soon: several changes of one turn go together. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      for (const [nodeId, link] of this.#peers) this.send(nodeId, link)
    })
  }

  /** Sends one neighbour what is due to it, as far as the link takes it; `onWritable` calls again. */
  send(nodeId: NodeId, link: Link): void {
    if (!link.isOpen) return
    for (let message = this.#catalogue.nextMessage(nodeId); message !== undefined;) {
      if (!link.send(REGISTRY_MESSAGE, message)) return
      message = this.#catalogue.nextMessage(nodeId)
    }
  }

  /** A neighbour's link is there, or another one is preferred. */
  up(nodeId: NodeId, link: Link): void {
    this.#catalogue.neighbourUp(nodeId, this.#clock.now())
    this.schedule()
    this.#watchCosts()
    link.ping().then(
      (rttMs) => this.#publishCost(nodeId, rttMs),
      // The link is over before it was measured.
      () => undefined,
    )
  }

  /** A neighbour's last link is gone. */
  down(nodeId: NodeId): void {
    this.#catalogue.neighbourDown(nodeId, this.#clock.now())
    this.schedule()
  }

  /** A neighbour said something. What it may not say ends the link. */
  receive(nodeId: NodeId, link: Link, body: unknown): void {
    const error = this.#catalogue.receive(nodeId, body)
    if (error !== undefined) link.close(CloseCode.PROTOCOL_ERROR, error.message)
    this.schedule()
  }

  /** Stops the timer. Idempotent. */
  close(): void {
    this.#costTimer?.cancel()
    this.#costTimer = undefined
  }

  #watchCosts(): void {
    this.#costTimer ??= this.#clock.setTimer(COST_INTERVAL_MS, () => this.#lookAtCosts(), {
      background: true,
    })
  }

  #lookAtCosts(): void {
    this.#costTimer = undefined
    let hasLinks = false
    for (const [nodeId, link] of this.#peers) {
      hasLinks = true
      const rttMs = link.session?.rttMs
      if (rttMs !== undefined) this.#publishCost(nodeId, rttMs)
    }
    if (hasLinks) this.#watchCosts()
  }

  #publishCost(nodeId: NodeId, rttMs: number): void {
    if (this.#catalogue.publishLink(nodeId, rttMs, this.#clock.now())) this.schedule()
  }
}
