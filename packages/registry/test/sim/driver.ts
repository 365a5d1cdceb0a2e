import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'
import type { Catalogue, CatalogueOptions, NeighbourFacts, Report, RegistryMessage } from '../../src/index.js'
import { must } from './sim-failure.js'
import type { LinkEnd, SimPeer } from './sim-link.js'

/** What a driver needs of its world. */
export interface DriverHost {
  readonly clock: Clock
  readonly rng: Rng
  makeCatalogue(options: CatalogueOptions): Catalogue
  after(delayMs: number, callback: () => void): void
  /** A node ends its links with a neighbour. */
  refused(by: Driver, nodeId: NodeId, error: Error): void
  reported(by: Driver, report: Report): void
}

/** What a driver is made with; the rest of the catalogue's options come from its world. */
export interface DriverOptions extends Omit<CatalogueOptions, 'random' | 'onWork'> {
  readonly index: number
}

/** Drives a catalogue as the owner of a node's links does: a turn after each event, and at the times it asks for. */
export class Driver implements SimPeer {
  readonly index: number
  readonly nodeId: NodeId
  readonly catalogue: Catalogue
  readonly links = new Map<NodeId, LinkEnd>()
  isAlive = true
  readonly #host: DriverHost
  /** Its clock does not start at the same number as another's. */
  readonly #offsetMs: number
  #told: number
  #timer: Timer | undefined
  #timerAtMs = Infinity
  #isTurnDue = false

  constructor(host: DriverHost, { index, ...options }: DriverOptions) {
    this.#host = host
    this.index = index
    this.nodeId = options.signer.nodeId
    this.#offsetMs = host.rng.integer(0, 1_000_000)
    this.#told = options.incarnation
    this.catalogue = host.makeCatalogue({
      ...options,
      random: () => host.rng.float(),
      onWork: () => this.turnSoon(),
    })
  }

  /** The time of its own clock, ms. */
  get now(): number {
    return this.#host.clock.now() + this.#offsetMs
  }

  get facts(): NeighbourFacts {
    const { incarnation, role, catalogue } = this.catalogue
    return { nodeId: this.nodeId, incarnation, role, holdsAll: catalogue === 'all' }
  }

  /** The process is gone, without a word. */
  end(): void {
    this.isAlive = false
    this.catalogue.close()
    this.#timer?.cancel()
    this.links.clear()
  }

  linkUp(end: LinkEnd): void {
    const { peerId } = end
    const before = this.links.get(peerId)
    if (before !== undefined) {
      before.isUp = false
      // A node may hear of the new link first, or close the old one before.
      if (this.#host.rng.chance(0.5)) this.catalogue.neighbourDown(peerId, this.now)
    }
    this.links.set(peerId, end)
    this.catalogue.neighbourUp(end.peer.owner.facts, this.now)
    const rttMs = 2 * end.link.delayMs + this.#host.rng.float()
    this.#host.after(rttMs, () => {
      if (this.isAlive && end.isUp) this.catalogue.publishLink(peerId, rttMs, this.now)
      this.turnSoon()
    })
    this.turnSoon()
  }

  linkDown(end: LinkEnd): void {
    if (this.links.get(end.peerId) !== end) return
    this.links.delete(end.peerId)
    this.catalogue.neighbourDown(end.peerId, this.now)
    this.turnSoon()
  }

  receive(end: LinkEnd, message: unknown): void | Promise<void> {
    const result = this.catalogue.receive(end.peerId, message as RegistryMessage, this.now)
    this.turnSoon()
    if (!(result instanceof Promise)) return this.#received(end, result)
    return result.then((error) => this.#received(end, error))
  }

  tellIncarnation(end: LinkEnd, incarnation: number): void {
    this.catalogue.neighbourIncarnation(end.peerId, incarnation, this.now)
    this.turnSoon()
  }

  hasRoom(): void {
    this.turnSoon()
  }

  /** Lets the catalogue do what is due, once in this turn. */
  turnSoon(): void {
    if (this.#isTurnDue || !this.isAlive) return
    this.#isTurnDue = true
    this.#host.clock.defer(() => {
      this.#isTurnDue = false
      if (this.isAlive) this.turn()
    })
  }

  protected turn(): void {
    for (const to of this.catalogue.due(this.now)) this.#sendTo(to)
    for (const { nodeId, error } of this.catalogue.takeRefused()) {
      const end = this.links.get(nodeId)
      this.#host.refused(this, nodeId, error)
      end?.link.cut('reset', end)
    }
    for (const report of this.catalogue.takeReports()) this.#host.reported(this, report)
    const { incarnation } = this.catalogue
    if (incarnation !== this.#told) {
      this.#told = incarnation
      for (const end of this.links.values()) end.link.tellIncarnation(end, incarnation)
    }
    this.#setTimer()
  }

  #sendTo(to: NodeId): void {
    const end = this.links.get(to)
    must(end !== undefined, `something is due to ${to}, which is not up`)
    while (end.hasRoom) {
      const message = this.catalogue.nextMessage(to, this.now)
      if (message === undefined) return
      end.send(message)
    }
  }

  #setTimer(): void {
    const dueAt = this.catalogue.dueAt(this.now)
    const atMs = dueAt === undefined ? Infinity : dueAt - this.#offsetMs
    if (atMs === this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    if (atMs === Infinity) return
    this.#timer = this.#host.clock.setTimer(atMs - this.#host.clock.now(), () => {
      this.#timerAtMs = Infinity
      this.turnSoon()
    })
  }

  #received(end: LinkEnd, error: Error | undefined): void {
    this.turnSoon()
    if (error === undefined || !this.isAlive) return
    this.#host.refused(this, end.peerId, error)
    end.link.cut('reset', end)
  }
}
