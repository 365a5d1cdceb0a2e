import { onAbort, type Clock, type NodeId, type Timer } from '@astranet/interface'
import { CloseCode, isSameLife, type Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import { LinkCosts } from './link-costs.js'
import type { LinkTable, RegistryReceiver } from './link-table.js'
import type { PreferredLinks } from './preferred-links.js'

/** @internal What it works with. */
export interface RegistrySyncParts {
  readonly catalogue: Catalogue
  readonly table: LinkTable
  readonly preferred: PreferredLinks
  readonly clock: Clock
  /** How long callers wait for the services of a new neighbour, in ms. */
  readonly patienceMs: number
}

/**
 * Carries the catalogue's messages over the links' registry streams. Each side sends on the link that it prefers, and reads
 * on all links: while links come and go, the two sides may prefer different ones.
 */
export class RegistrySync implements RegistryReceiver {
  readonly #catalogue: Catalogue
  readonly #table: LinkTable
  readonly #preferred: PreferredLinks
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #costs: LinkCosts
  #isScheduled = false
  #isClosed = false
  /** Runs while a neighbour waits until its ration allows more. */
  #dueTimer: Timer | undefined = undefined
  #dueAt = Infinity

  constructor({ catalogue, table, preferred, clock, patienceMs }: RegistrySyncParts) {
    this.#catalogue = catalogue
    this.#table = table
    this.#preferred = preferred
    this.#clock = clock
    this.#patienceMs = patienceMs
    this.#costs = new LinkCosts({ catalogue, preferred, clock, onChange: () => this.schedule() })
  }

  /**
   * Resolves, never rejects: when all services of the neighbour are known, when it is no neighbour any more, when it took
   * too long to send them, or when `signal` aborts.
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

  /** Sends all neighbours what is due to them, soon, so that several changes of one turn are sent together. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      for (const [nodeId, link] of this.#preferred) this.#send(nodeId, link)
    })
  }

  /** The link takes another message. */
  onWritable(nodeId: NodeId, link: Link): void {
    if (this.#preferred.linkTo(nodeId) === link) this.#send(nodeId, link)
  }

  /** There is a link to a new neighbour, or another one is preferred. */
  up(nodeId: NodeId, link: Link): void {
    this.#catalogue.neighbourUp(nodeId, this.#clock.now(), link.peer?.incarnation)
    this.schedule()
    this.#costs.add(nodeId, link)
  }

  /** A neighbour's last link is gone. */
  down(nodeId: NodeId): void {
    this.#catalogue.neighbourDown(nodeId, this.#clock.now())
    this.schedule()
  }

  /**
   * A neighbour sent a message. A message that is not allowed ends its link. If the catalogue is full, the links end of the
   * neighbour that has sent most.
   */
  receive(nodeId: NodeId, link: Link, message: unknown): void {
    // A link to a former life of that node can still deliver; this life does not take over what that one had received.
    const preferred = this.#preferred.linkTo(nodeId)
    if (preferred === undefined || !isSameLife(link.facts, preferred.facts)) return
    const error = this.#catalogue.receive(nodeId, message, this.#clock.now())
    if (error !== undefined) link.close(CloseCode.PROTOCOL_ERROR, error.message)
    for (const refused of this.#catalogue.takeRefused()) {
      const { message: reason } = refused.error
      for (const each of this.#table.linksTo(refused.nodeId)) each.close(CloseCode.PROTOCOL_ERROR, reason)
    }
    this.schedule()
  }

  /** Stops the timers. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#costs.close()
    this.#dueTimer?.cancel()
    this.#dueTimer = undefined
  }

  #isAwaited(nodeId: NodeId): boolean {
    return this.#catalogue.isUp(nodeId) && !this.#catalogue.isCurrent(nodeId)
  }

  #send(nodeId: NodeId, link: Link): void {
    // For a neighbour that does not read, one message is held: the next one is made when its link has room.
    while (link.canSendRegistry) {
      const message = this.#catalogue.nextMessage(nodeId, this.#clock.now())
      if (message === undefined) return this.#sendLater(nodeId)
      link.sendRegistry(message)
    }
  }

  /** Sends what the ration did not allow as soon as it does. */
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
}
