import type { AstraError, Clock, NodeId, Timer } from '@astranet/interface'
import { CloseCode, isSameLife, type Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import { LinkCosts } from './link-costs.js'
import type { RegistryReceiver } from './registry-receiver.js'
import type { LinkTable } from './link-table.js'
import type { PreferredLinks } from './preferred-links.js'
import type { RegistryReports } from './registry-reports.js'
import { hasRegistry, neighbourFacts } from './roles.js'
import { whileAwaited } from './while-awaited.js'

/** @internal What it works with. */
export interface RegistrySyncParts {
  readonly catalogue: Catalogue
  readonly table: LinkTable
  readonly preferred: PreferredLinks
  readonly reports: RegistryReports
  readonly clock: Clock
  /** How long callers wait for the services of a new neighbour, in ms. */
  readonly patienceMs: number
}

/**
 * Carries the catalogue's messages over the links' registry streams. Each side sends on the link that it prefers, and
 * reads on all links: while links come and go, the two sides may prefer different ones.
 */
export class RegistrySync implements RegistryReceiver {
  readonly #parts: RegistrySyncParts
  readonly #costs: LinkCosts
  /** The neighbours of which a message is processed. The next one of each waits, on whichever of its links it came. */
  readonly #processing = new Map<NodeId, Promise<void>>()
  /** Called after each round of sending. */
  #onSent: (() => void) | undefined = undefined
  #isScheduled = false
  #isClosed = false
  /** Runs until the catalogue has something to do although nothing arrives. */
  #timer: Timer | undefined = undefined
  #timerAt = Infinity

  constructor(parts: RegistrySyncParts) {
    this.#parts = parts
    const { catalogue, preferred, clock } = parts
    this.#costs = new LinkCosts({ catalogue, preferred, clock, onChange: () => this.schedule() })
  }

  /**
   * Resolves, never rejects: when all services of the neighbour are known, when it is no neighbour any more, when it
   * took too long to send them, or when `signal` aborts.
   */
  current(nodeId: NodeId, signal: AbortSignal | undefined): Promise<void> {
    const { catalogue } = this.#parts
    const isAwaited = (): boolean =>
      this.#isSpeaking(nodeId) && catalogue.isUp(nodeId) && !catalogue.isCurrent(nodeId)
    return whileAwaited(isAwaited, this.#parts, signal)
  }

  /** Sends what is due, soon, so that several changes of one turn are sent together. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#parts.clock.defer(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#sendDue()
    })
  }

  /** The link takes another message. */
  onWritable(nodeId: NodeId, link: Link): void {
    if (this.#parts.preferred.linkTo(nodeId) !== link) return
    this.#send(nodeId)
    this.#onSent?.()
  }

  /** There is a link to a new neighbour, or another one is preferred. */
  up(nodeId: NodeId, link: Link): void {
    const { peer } = link
    if (peer === undefined) return
    this.#parts.catalogue.neighbourUp(neighbourFacts(peer), this.#parts.clock.now())
    this.schedule()
    this.#costs.add(nodeId, link)
  }

  /** A neighbour's last link is gone. */
  down(nodeId: NodeId): void {
    this.#parts.catalogue.neighbourDown(nodeId, this.#parts.clock.now())
    this.schedule()
  }

  /** The neighbour has moved to a later incarnation, and said so on that link. */
  onIncarnation(nodeId: NodeId, link: Link): void {
    const { catalogue, clock } = this.#parts
    const incarnation = link.peer?.incarnation
    if (incarnation === undefined || !this.#isOfPresentLife(nodeId, link)) return
    catalogue.neighbourIncarnation(nodeId, incarnation, clock.now())
    this.schedule()
  }

  /**
   * A neighbour sent a message; the promise, if there is one, resolves when the next one may follow, and never rejects.
   * A message that is not allowed ends its links. So does one that the platform failed to check: the exchange with the
   * neighbour starts over on the next link.
   */
  receive(nodeId: NodeId, link: Link, message: unknown): Promise<void> | undefined {
    const before = this.#processing.get(nodeId)
    if (before !== undefined) return before.then(() => this.receive(nodeId, link, message))
    if (this.#isClosed || !this.#isOfPresentLife(nodeId, link)) return undefined
    const { catalogue, clock } = this.#parts
    const error = catalogue.receive(nodeId, message, clock.now())
    if (!(error instanceof Promise)) return void this.#received(nodeId, error)
    const processed = error.then(
      (late) => this.#received(nodeId, late),
      (failure: unknown) => this.#failed(nodeId, failure),
    )
    this.#processing.set(nodeId, processed)
    return processed
  }

  /**
   * Sends what is due now and calls `onSent` after this and every later round of sending, until `close`. Nothing of the
   * application goes ahead of it.
   */
  sendLast(onSent: () => void): void {
    for (const [, link] of this.#parts.preferred) link.hurryRegistry()
    this.#onSent = onSent
    this.#sendDue()
  }

  /** Stops the timers. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#onSent = undefined
    this.#costs.close()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A link to a former life of a node can still deliver; the present one does not take over what that one received. */
  #isOfPresentLife(nodeId: NodeId, link: Link): boolean {
    const preferred = this.#parts.preferred.linkTo(nodeId)
    return preferred !== undefined && isSameLife(link.facts, preferred.facts)
  }

  #received(nodeId: NodeId, error: AstraError | undefined): void {
    this.#processing.delete(nodeId)
    if (error !== undefined) {
      this.#parts.reports.cut(nodeId, error)
      this.#end(nodeId, error)
    }
    this.schedule()
  }

  /** The platform's cryptography failed while a message was checked. */
  #failed(nodeId: NodeId, failure: unknown): void {
    this.#processing.delete(nodeId)
    const why = failure instanceof Error ? failure.message : String(failure)
    const text = `what the neighbour sent could not be checked: ${why}`
    this.#parts.reports.unchecked(nodeId, text)
    for (const link of this.#parts.table.linksTo(nodeId)) link.close(CloseCode.INTERNAL_ERROR, text)
    this.schedule()
  }

  #end(nodeId: NodeId, { code, message }: AstraError): void {
    for (const link of this.#parts.table.linksTo(nodeId))
      link.close(CloseCode.PROTOCOL_ERROR, `${message} (${code})`)
  }

  #sendDue(): void {
    const { catalogue, clock, reports } = this.#parts
    for (const nodeId of catalogue.due(clock.now())) this.#send(nodeId)
    for (const { nodeId, error } of catalogue.takeRefused()) this.#end(nodeId, error)
    reports.publish()
    this.#wakeAt(catalogue.dueAt(clock.now()))
    this.#onSent?.()
  }

  #send(nodeId: NodeId): void {
    const { catalogue, clock, preferred } = this.#parts
    const link = preferred.linkTo(nodeId)
    const isSpeaking = this.#isSpeaking(nodeId)
    // For a neighbour that does not read, one message is held: the next one is made when its link has room. For one
    // without a registry all are made and dropped.
    while (link !== undefined && (link.canSendRegistry || !isSpeaking)) {
      const message = catalogue.nextMessage(nodeId, clock.now())
      if (message === undefined) return
      link.sendRegistry(message)
    }
  }

  /** Whether the neighbour has a registry: without one it is known by its link only, and offers nothing. */
  #isSpeaking(nodeId: NodeId): boolean {
    const peer = this.#parts.preferred.linkTo(nodeId)?.peer
    return peer !== undefined && hasRegistry(peer)
  }

  #wakeAt(dueAt: number | undefined): void {
    if (dueAt === undefined || this.#isClosed || dueAt >= this.#timerAt) return
    this.#timerAt = dueAt
    this.#timer?.cancel()
    const { clock } = this.#parts
    const wake = (): void => {
      this.#timerAt = Infinity
      this.#sendDue()
    }
    this.#timer = clock.setTimer(Math.max(0, dueAt - clock.now()), wake, { background: true })
  }
}
