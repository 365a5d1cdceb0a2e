import type { Clock, NodeId, Timer } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'
import type {
  Catalogue,
  CatalogueLimits,
  CatalogueOptions,
  NeighbourFacts,
  Report,
  ServiceInstance,
  ServiceOptions,
  Want,
} from '../../src/index.js'
import type { RegistrySigner } from '../../src/proto/crypto.js'
import type { Ledger } from './ledger.js'
import { Mirror } from './mirror.js'
import type { SimCrypto } from './sim-crypto.js'
import { must } from './sim-failure.js'
import type { LinkEnd, SimPeer } from './sim-link.js'
import type { PlannedNode } from './topology.js'

/** What a process needs of its world. */
export interface ProcessHost {
  readonly clock: Clock
  readonly rng: Rng
  readonly crypto: SimCrypto
  readonly ledger: Ledger
  makeCatalogue(options: CatalogueOptions): Catalogue
  after(delayMs: number, callback: () => void): void
  /** A process sees a service that is new or changed. */
  seen(process: Process, service: ServiceInstance): void
  /** A process does not see a service any more. */
  gone(process: Process, service: ServiceInstance): void
  /** A process ends its links with a neighbour. */
  refused(by: Process, nodeId: NodeId, error: Error): void
  reported(by: Process, report: Report): void
}

/** What a life of a node begins with. */
export interface ProcessOptions {
  readonly index: number
  readonly life: number
  readonly planned: PlannedNode
  readonly signer: RegistrySigner
  readonly incarnation: number
  readonly limits: Partial<CatalogueLimits>
}

/** One life of a node: a catalogue, driven as its owner drives it, and what it publishes. */
export class Process implements SimPeer {
  readonly index: number
  readonly life: number
  readonly planned: PlannedNode
  readonly nodeId: NodeId
  readonly catalogue: Catalogue
  readonly links = new Map<NodeId, LinkEnd>()
  readonly mirror: Mirror
  readonly wants = new Map<string, Want>()
  /** Whether it may lie: then nothing is expected of it, nor of what is reached through it. */
  readonly isHostile: boolean = false
  isAlive = true
  isLeaving = false
  readonly #world: ProcessHost
  /** Its clock does not start at the same number as another's. */
  readonly #offsetMs: number
  #told: number
  #timer: Timer | undefined
  #timerAtMs = Infinity
  #isPumpDue = false
  #stamp = 0

  constructor(world: ProcessHost, options: ProcessOptions) {
    this.#world = world
    this.index = options.index
    this.life = options.life
    this.planned = options.planned
    this.nodeId = options.signer.nodeId
    this.#offsetMs = world.rng.integer(0, 1_000_000)
    this.#told = options.incarnation
    this.catalogue = world.makeCatalogue({
      signer: options.signer,
      crypto: world.crypto.crypto,
      incarnation: options.incarnation,
      role: options.planned.role,
      catalogue: options.planned.scope,
      random: () => world.rng.float(),
      onWork: () => this.pumpSoon(),
      ...options.limits,
    })
    this.mirror = new Mirror(this.catalogue, world.ledger, {
      onPending: () => this.pumpSoon(),
      onSeen: (service) => world.seen(this, service),
      onGone: (service) => world.gone(this, service),
    })
    const roles = options.planned.role === 'node' ? [] : [options.planned.role]
    this.catalogue.setNode({ roles, addresses: [`sim://${this.index}`] })
    this.pumpSoon()
  }

  /** The time of its own clock, ms. */
  get now(): number {
    return this.#world.clock.now() + this.#offsetMs
  }

  get facts(): NeighbourFacts {
    const { role, scope } = this.planned
    return { nodeId: this.nodeId, incarnation: this.catalogue.incarnation, role, holdsAll: scope === 'all' }
  }

  publish(service: Omit<ServiceOptions, 'version'>): void {
    const version = `${this.life}.${++this.#stamp}`
    this.catalogue.publishService({ ...service, version })
    const { environment = '', name, port } = service
    this.#world.ledger.offered(this.life, this.#own(environment, name, port), this.#world.clock.now())
    this.pumpSoon()
  }

  withdraw(service: ServiceInstance): void {
    this.#world.ledger.withdrawn(this.life, service, this.#world.clock.now())
    this.catalogue.withdrawService(service)
    this.pumpSoon()
  }

  /** What it offers now. */
  offers(): ServiceInstance[] {
    return this.catalogue.services().filter((service) => service.nodeId === this.nodeId)
  }

  want(environment: string, name: string): void {
    this.wants.set(`${environment}/${name}`, this.catalogue.want(environment, name))
    this.pumpSoon()
  }

  unwant(key: string): void {
    this.wants.get(key)?.close()
    this.wants.delete(key)
    this.pumpSoon()
  }

  /** Leaves the network in good order; its links are closed when that has been sent. */
  leave(): void {
    this.isLeaving = true
    this.#world.ledger.ended(this.nodeId, this.life, this.#world.clock.now())
    this.catalogue.leave(this.now)
    this.pumpSoon()
  }

  /** The process is gone, without a word. */
  end(): void {
    this.isAlive = false
    this.#world.ledger.ended(this.nodeId, this.life, this.#world.clock.now())
    this.mirror.close()
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
      if (this.#world.rng.chance(0.5)) this.catalogue.neighbourDown(peerId, this.now)
    }
    this.links.set(peerId, end)
    this.catalogue.neighbourUp(end.peer.owner.facts, this.now)
    const rttMs = 2 * end.link.delayMs + this.#world.rng.float()
    this.#world.after(rttMs, () => {
      if (this.isAlive && end.isUp) this.catalogue.publishLink(peerId, rttMs, this.now)
      this.pumpSoon()
    })
    this.pumpSoon()
  }

  linkDown(end: LinkEnd): void {
    if (this.links.get(end.peerId) !== end) return
    this.links.delete(end.peerId)
    this.catalogue.neighbourDown(end.peerId, this.now)
    this.pumpSoon()
  }

  receive(end: LinkEnd, message: unknown): void | Promise<void> {
    const result = this.catalogue.receive(end.peerId, message, this.now)
    this.pumpSoon()
    if (!(result instanceof Promise)) return this.#received(end, result)
    return result.then((error) => this.#received(end, error))
  }

  tellIncarnation(end: LinkEnd, incarnation: number): void {
    this.catalogue.neighbourIncarnation(end.peerId, incarnation, this.now)
    this.pumpSoon()
  }

  hasRoom(): void {
    this.pumpSoon()
  }

  /** Sends what is due in this turn, once. */
  pumpSoon(): void {
    if (this.#isPumpDue || !this.isAlive) return
    this.#isPumpDue = true
    this.#world.clock.defer(() => this.#pump())
  }

  #pump(): void {
    this.#isPumpDue = false
    if (!this.isAlive) return
    for (const to of this.catalogue.due(this.now)) {
      const end = this.links.get(to)
      must(end !== undefined, `due to ${to}, which is not up`)
      while (end.hasRoom) {
        const message = this.catalogue.nextMessage(to, this.now)
        if (message === undefined) break
        end.send(message)
      }
    }
    this.#afterPump()
  }

  #afterPump(): void {
    for (const { nodeId, error } of this.catalogue.takeRefused()) {
      this.#world.refused(this, nodeId, error)
      this.links.get(nodeId)?.link.cut('reset', this.links.get(nodeId))
    }
    for (const report of this.catalogue.takeReports()) this.#world.reported(this, report)
    const { incarnation } = this.catalogue
    if (incarnation !== this.#told) {
      this.#told = incarnation
      for (const end of this.links.values()) end.link.tellIncarnation(end, incarnation)
    }
    this.mirror.take(this.#world.clock.now())
    this.#setTimer()
  }

  #setTimer(): void {
    const dueAt = this.catalogue.dueAt(this.now)
    const atMs = dueAt === undefined ? Infinity : dueAt - this.#offsetMs
    if (atMs === this.#timerAtMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    if (atMs === Infinity) return
    this.#timer = this.#world.clock.setTimer(atMs - this.#world.clock.now(), () => {
      this.#timerAtMs = Infinity
      this.pumpSoon()
    })
  }

  #received(end: LinkEnd, error: Error | undefined): void {
    this.pumpSoon()
    if (error === undefined || !this.isAlive) return
    this.#world.refused(this, end.peerId, error)
    end.link.cut('reset', end)
  }

  #own(environment: string, name: string, port: number): ServiceInstance {
    const own = this.catalogue
      .resolve(environment, name, port)
      .find((service) => service.nodeId === this.nodeId)
    must(own !== undefined, `${name} is not visible where it is published`)
    return own
  }
}
