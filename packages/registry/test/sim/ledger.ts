import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '../../src/index.js'
import { must } from './sim-failure.js'

/** A service as one life of a node offered it for a while. Its `version` is different each time. */
interface Offer {
  readonly owner: NodeId
  readonly life: number
  /** Its environment and name. */
  readonly name: string
  /** Ms; `undefined`: it is offered now. */
  retiredMs: number | undefined
}

/** Instances are frozen, and compared again and again. */
const contents = new WeakMap<ServiceInstance, string>()

/** What names a service. */
export function serviceKey({ nodeId, environment, name, port }: ServiceInstance): string {
  return `${nodeId} ${environment}/${name}:${port}`
}

/** What names all services of a name. */
function nameKey({ environment, name }: ServiceInstance): string {
  return `${environment}/${name}`
}

/** A service with its content, as it is offered once and never again. */
export function contentOf(service: ServiceInstance): string {
  let content = contents.get(service)
  if (content === undefined) {
    content = `${serviceKey(service)} ${service.version}`
    contents.set(service, content)
  }
  return content
}

function lifeKey(owner: NodeId, life: number): string {
  return `${owner} ${life}`
}

/** All that was ever offered, and for how long. */
export class Ledger {
  readonly #offers = new Map<string, Offer>()
  /** The owners of what is offered now, by environment and name and then by service. */
  readonly #named = new Map<string, Map<string, NodeId>>()
  readonly #ignored = new Set<NodeId>()
  /** What each life offers now: keys to contents. */
  readonly #present = new Map<string, Map<string, string>>()
  /** The environments and names that each life has offered at any time. */
  readonly #ever = new Map<string, Set<string>>()

  /** A life offers this now, in place of what it offered by the same name and port. */
  offered(lifeNumber: number, service: ServiceInstance, nowMs: number): void {
    const present = this.#presentOf(service.nodeId, lifeNumber)
    this.#retire(present.get(serviceKey(service)), nowMs)
    const content = contentOf(service)
    present.set(serviceKey(service), content)
    const life = lifeKey(service.nodeId, lifeNumber)
    const ever = this.#ever.get(life) ?? new Set()
    this.#ever.set(life, ever.add(nameKey(service)))
    const named = this.#named.get(nameKey(service)) ?? new Map<string, NodeId>()
    this.#named.set(nameKey(service), named.set(content, service.nodeId))
    const { nodeId: owner } = service
    this.#offers.set(content, { owner, life: lifeNumber, name: nameKey(service), retiredMs: undefined })
  }

  withdrawn(life: number, service: ServiceInstance, nowMs: number): void {
    const present = this.#presentOf(service.nodeId, life)
    this.#retire(present.get(serviceKey(service)), nowMs)
    present.delete(serviceKey(service))
  }

  /** A life has ended, and with it what it offered. */
  ended(owner: NodeId, life: number, nowMs: number): void {
    const present = this.#presentOf(owner, life)
    for (const content of present.values()) this.#retire(content, nowMs)
    present.clear()
  }

  /** What this node offers is not looked at: it lies. */
  ignore(owner: NodeId): void {
    this.#ignored.add(owner)
  }

  isIgnored(owner: NodeId): boolean {
    return this.#ignored.has(owner)
  }

  /** How many services a life offers now. */
  count(owner: NodeId, life: number): number {
    return this.#presentOf(owner, life).size
  }

  /** The environments and names, joined by `/`, that a life has offered at any time. */
  namesOf(owner: NodeId, life: number): string[] {
    return [...(this.#ever.get(lifeKey(owner, life)) ?? [])]
  }

  /** The owners of what is offered now in an environment by a name, once for each service. */
  ownersOf(name: string): Iterable<NodeId> {
    return this.#named.get(name)?.values() ?? []
  }

  /** The life that offered this; throws when none ever did. */
  lifeOf(service: ServiceInstance): number {
    return this.#offer(service).life
  }

  /** How long ago this ended, in ms; 0 when it is offered now. Throws when it never was. */
  retiredFor(service: ServiceInstance, nowMs: number): number {
    const { retiredMs } = this.#offer(service)
    return retiredMs === undefined ? 0 : nowMs - retiredMs
  }

  #offer(service: ServiceInstance): Offer {
    const offer = this.#offers.get(contentOf(service))
    must(offer !== undefined, () => `nobody ever offered ${contentOf(service)}`)
    return offer
  }

  #presentOf(owner: NodeId, life: number): Map<string, string> {
    const key = lifeKey(owner, life)
    const present = this.#present.get(key) ?? new Map<string, string>()
    this.#present.set(key, present)
    return present
  }

  #retire(content: string | undefined, nowMs: number): void {
    const offer = content === undefined ? undefined : this.#offers.get(content)
    if (offer === undefined || content === undefined) return
    offer.retiredMs = nowMs
    this.#named.get(offer.name)?.delete(content)
  }
}
