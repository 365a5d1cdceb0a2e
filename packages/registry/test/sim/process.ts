import type { NodeId } from '@astranet/interface'
import type { ServiceInstance, ServiceOptions, Want } from '../../src/index.js'
import { Driver, type DriverHost, type DriverOptions } from './driver.js'
import type { Ledger } from './ledger.js'
import { Mirror } from './mirror.js'
import { must } from './sim-failure.js'

/** What a process needs of its world. */
export interface ProcessHost extends DriverHost {
  readonly ledger: Ledger
  /** A process sees a service that is new or changed. */
  seen(process: Process, service: ServiceInstance): void
  /** A process does not see a service any more. */
  gone(process: Process, service: ServiceInstance): void
}

/** What a life of a node begins with. */
export interface ProcessOptions extends DriverOptions {
  readonly life: number
}

/** One life of a node: what it publishes, wants and sees. */
export class Process extends Driver {
  readonly life: number
  readonly mirror: Mirror
  readonly wants = new Map<string, Want>()
  /** Whether it may lie: then nothing is expected of it, nor of what is reached through it. */
  readonly isHostile: boolean = false
  isLeaving = false
  readonly #world: ProcessHost
  #stamp = 0

  constructor(world: ProcessHost, { life, ...options }: ProcessOptions) {
    super(world, options)
    this.#world = world
    this.life = life
    this.mirror = new Mirror(this.catalogue, world.ledger, {
      index: this.index,
      onPending: () => this.turnSoon(),
      onSeen: (service) => world.seen(this, service),
      onGone: (service) => world.gone(this, service),
    })
    const roles = options.role === 'node' ? [] : [options.role]
    this.catalogue.setNode({ roles, addresses: [`sim://${this.index}`] })
    this.turnSoon()
  }

  publish(service: Omit<ServiceOptions, 'version'>): void {
    const version = `${this.life}.${++this.#stamp}`
    this.catalogue.publishService({ ...service, version })
    const { environment = '', name, port } = service
    this.#world.ledger.offered(this.life, this.#own(environment, name, port), this.#world.clock.now())
    this.turnSoon()
  }

  withdraw(service: ServiceInstance): void {
    this.#world.ledger.withdrawn(this.life, service, this.#world.clock.now())
    this.catalogue.withdrawService(service)
    this.turnSoon()
  }

  /** What it offers now. */
  offers(): ServiceInstance[] {
    return this.catalogue.services().filter((service) => service.nodeId === this.nodeId)
  }

  want(environment: string, name: string): void {
    this.wants.set(`${environment}/${name}`, this.catalogue.want(environment, name))
    this.turnSoon()
  }

  unwant(key: string): void {
    this.wants.get(key)?.close()
    this.wants.delete(key)
    this.turnSoon()
  }

  /** Leaves the network in good order; its links are closed when that has been sent. */
  leave(): void {
    this.isLeaving = true
    this.#world.ledger.ended(this.nodeId, this.life, this.#world.clock.now())
    this.catalogue.leave(this.now)
    this.turnSoon()
  }

  override end(): void {
    this.#world.ledger.ended(this.nodeId, this.life, this.#world.clock.now())
    this.mirror.close()
    super.end()
  }

  protected override turn(): void {
    super.turn()
    this.mirror.take(this.#world.clock.now())
  }

  #own(environment: string, name: string, port: number): ServiceInstance {
    const isOwn = ({ nodeId }: { nodeId: NodeId }): boolean => nodeId === this.nodeId
    const own = this.catalogue.resolve(environment, name, port).find(isOwn)
    must(own !== undefined, `${name} is not visible where it is published`)
    return own
  }
}
