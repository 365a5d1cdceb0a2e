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

/** What is known of all equal instances: one object for all nodes that see them, because there are millions. */
interface Known {
  /** What names the service. */
  readonly key: string
  /** The service with its content, as it is offered once and never again. */
  readonly content: string
  /** `undefined`: nobody ever offered it. */
  offer: Offer | undefined
}

/** What names all services of a name. */
function nameKey({ environment, name }: ServiceInstance): string {
  return `${environment}/${name}`
}

function lifeKey(owner: NodeId, life: number): string {
  return `${owner} ${life}`
}

/** All that was ever offered, and for how long. */
export class Ledger {
  readonly #known = new Map<string, Known>()
  /** Instances are frozen, and compared again and again. */
  readonly #byInstance = new WeakMap<ServiceInstance, Known>()
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
    const known = this.#knownOf(service)
    const { key, content } = known
    this.#retire(present.get(key), nowMs)
    present.set(key, content)
    const life = lifeKey(service.nodeId, lifeNumber)
    const ever = this.#ever.get(life) ?? new Set()
    this.#ever.set(life, ever.add(nameKey(service)))
    const named = this.#named.get(nameKey(service)) ?? new Map<string, NodeId>()
    this.#named.set(nameKey(service), named.set(content, service.nodeId))
    const { nodeId: owner } = service
    known.offer = { owner, life: lifeNumber, name: nameKey(service), retiredMs: undefined }
  }

  withdrawn(life: number, service: ServiceInstance, nowMs: number): void {
    const present = this.#presentOf(service.nodeId, life)
    const key = this.keyOf(service)
    this.#retire(present.get(key), nowMs)
    present.delete(key)
  }

  /** A life has ended, and with it what it offered. */
  ended(owner: NodeId, life: number, nowMs: number): void {
    const present = this.#presentOf(owner, life)
    for (const content of present.values()) this.#retire(content, nowMs)
    present.clear()
  }

  /** What names a service. */
  keyOf(service: ServiceInstance): string {
    return this.#knownOf(service).key
  }

  /** A service with its content. */
  contentOf(service: ServiceInstance): string {
    return this.#knownOf(service).content
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
    const { offer, content } = this.#knownOf(service)
    must(offer !== undefined, () => `nobody ever offered ${content}`)
    return offer
  }

  #knownOf(service: ServiceInstance): Known {
    let known = this.#byInstance.get(service)
    if (known !== undefined) return known
    const { nodeId, environment, name, port, version } = service
    const key = `${nodeId} ${environment}/${name}:${port}`
    const content = `${key} ${version}`
    known = this.#known.get(content)
    if (known === undefined) {
      known = { key, content, offer: undefined }
      this.#known.set(content, known)
    }
    this.#byInstance.set(service, known)
    return known
  }

  #presentOf(owner: NodeId, life: number): Map<string, string> {
    const key = lifeKey(owner, life)
    const present = this.#present.get(key) ?? new Map<string, string>()
    this.#present.set(key, present)
    return present
  }

  #retire(content: string | undefined, nowMs: number): void {
    const offer = content === undefined ? undefined : this.#known.get(content)?.offer
    if (offer === undefined || content === undefined) return
    offer.retiredMs = nowMs
    this.#named.get(offer.name)?.delete(content)
  }
}
