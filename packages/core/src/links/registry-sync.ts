import { onAbort, type Clock, type NodeId, type Timer } from '@astranet/interface'
import { CloseCode, isSameLife, type Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { Peers } from './link-table.js'

/** How often the round trips of links are looked at, in ms. */
const COST_INTERVAL_MS = 10_000

/** @internal What it works with. */
export interface RegistrySyncParts {
  readonly catalogue: Catalogue
  readonly peers: Peers
  readonly clock: Clock
  /** How long a neighbour may take to tell what it offers, in ms; then callers wait no longer. */
  readonly patienceMs: number
}

/**
 * Carries the catalogue's messages over the links' registry streams, and what links cost into the catalogue. Each side
 * sends on the link that it prefers, and reads on all: while links come and go the two may prefer different ones.
 */
export class RegistrySync {
  readonly #catalogue: Catalogue
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #patienceMs: number
  #isScheduled = false
  #isClosed = false
  #costTimer: Timer | undefined = undefined
  /** Runs while something waits for its ration. */
  #dueTimer: Timer | undefined = undefined
  #dueAt = Infinity

  constructor({ catalogue, peers, clock, patienceMs }: RegistrySyncParts) {
    this.#catalogue = catalogue
    this.#peers = peers
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  /**
   * Resolves, never rejects, when all that the neighbour offers is known, when it is none any more, when it took too long
   * to tell, or when `signal` aborts.
   */
  current(nodeId: NodeId, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isAwaited(nodeId) || signal?.aborted === true) return resolve()
      const done = (): void => {
        timer.cancel()
        unwatch()
        ignoreSignal()
        resolve()
      }
      const timer = this.#clock.setTimer(this.#patienceMs, done)
      const unwatch = this.#catalogue.watchGraph(() => void (this.#isAwaited(nodeId) || done()))
      const ignoreSignal = onAbort(signal, done)
    })
  }

  /** Sends all neighbours what is due to them, soon: several changes of one turn go together. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      for (const [nodeId, link] of this.#peers) this.#send(nodeId, link)
    })
  }

  /** The link takes more. */
  onWritable(nodeId: NodeId, link: Link): void {
    if (this.#peers.linkTo(nodeId) === link) this.#send(nodeId, link)
  }

  /** A neighbour's link is there, or another one is preferred. */
  up(nodeId: NodeId, link: Link): void {
    this.#catalogue.neighbourUp(nodeId, this.#clock.now(), link.peer?.incarnation)
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

  /** A neighbour said something. What it may not say ends the link, and too much the links of whoever said most. */
  receive(nodeId: NodeId, link: Link, message: unknown): void {
    // A link to an earlier life of that node can still deliver; what that life knew is of no use to this one.
    const preferred = this.#peers.linkTo(nodeId)
    if (preferred === undefined || !isSameLife(link.facts, preferred.facts)) return
    const error = this.#catalogue.receive(nodeId, message, this.#clock.now())
    if (error !== undefined) link.close(CloseCode.PROTOCOL_ERROR, error.message)
    for (const refused of this.#catalogue.takeRefused()) {
      const { message: reason } = refused.error
      for (const each of this.#peers.linksTo(refused.nodeId)) each.close(CloseCode.PROTOCOL_ERROR, reason)
    }
    this.schedule()
  }

  /** Stops the timers. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#costTimer?.cancel()
    this.#dueTimer?.cancel()
    this.#costTimer = undefined
    this.#dueTimer = undefined
  }

  #isAwaited(nodeId: NodeId): boolean {
    return this.#catalogue.isUp(nodeId) && !this.#catalogue.isCurrent(nodeId)
  }

  #send(nodeId: NodeId, link: Link): void {
    // A neighbour that does not read costs one message: the next is made when its link has room.
    while (link.canSendRegistry) {
      const message = this.#catalogue.nextMessage(nodeId, this.#clock.now())
      if (message === undefined) return this.#sendLater(nodeId)
      link.sendRegistry(message)
    }
  }

  /** What waits for its ration is sent when it is time. */
  #sendLater(nodeId: NodeId): void {
    const now = this.#clock.now()
    const dueAt = this.#catalogue.dueAt(nodeId, now)
    if (dueAt === undefined || this.#isClosed || dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    this.#dueTimer?.cancel()
    const send = (): void => {
      this.#dueAt = Infinity
      this.schedule()
    }
    this.#dueTimer = this.#clock.setTimer(Math.max(0, dueAt - now), send, { background: true })
  }

  #watchCosts(): void {
    if (this.#isClosed) return
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
