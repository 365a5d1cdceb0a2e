import type { NodeId } from '@astranet/interface'
import type { Catalogue, ServiceInstance } from '@astranet/registry'
import { relayed } from '../links/link-path.js'
import { admittedIdentity, type AdmittedIdentity } from '../links/remote-identity.js'
import type { AccessControl } from './access-control.js'

/** @internal What offers are read from. */
export interface OffersParts {
  readonly self: NodeId
  readonly catalogue: Catalogue
  readonly access: AccessControl
  /** The neighbour with that id, as this node has admitted it. */
  readonly neighbour: (nodeId: NodeId) => AdmittedIdentity | undefined
}

/**
 * The services of the catalogue that may be offered by the nodes that offer them. They are filtered when they are read:
 * what the catalogue holds, and passes on, does not depend on the policy.
 */
export class Offers {
  readonly #parts: OffersParts
  readonly #watchers = new Set<() => void>()
  #wereAllAllowed = true
  /** What the policy is asked about nodes that are no neighbours; by the key that the catalogue holds of them. */
  readonly #far = new WeakMap<Uint8Array, AdmittedIdentity>()

  constructor(parts: OffersParts) {
    this.#parts = parts
  }

  /** The instances of a service, at one port or at all. */
  resolve(environment: string, name: string, port: number | undefined): readonly ServiceInstance[] {
    return this.#allowed(this.#parts.catalogue.resolve(environment, name, port))
  }

  /** All services of an environment. */
  services(environment: string): readonly ServiceInstance[] {
    return this.#allowed(this.#parts.catalogue.services({ environment }))
  }

  /** Whether the node of an instance may offer it. */
  isAllowed(instance: ServiceInstance): boolean {
    const { access } = this.#parts
    if (access.isEveryOfferAllowed) return true
    return access.offerRefusal(this.#ownerOf(instance.nodeId), instance) === undefined
  }

  /**
   * Calls `onChange` when other nodes may offer something else than before: there is another policy, or a node has come
   * by another way. It only schedules, and must not throw. Returns what ends that.
   */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => void this.#watchers.delete(onChange)
  }

  /** There is another policy, or a link has opened or closed, and with it the peer's roles and grant. */
  changed(): void {
    const { isEveryOfferAllowed } = this.#parts.access
    if (isEveryOfferAllowed && this.#wereAllAllowed) return
    this.#wereAllAllowed = isEveryOfferAllowed
    for (const onChange of this.#watchers) onChange()
  }

  #allowed(known: readonly ServiceInstance[]): readonly ServiceInstance[] {
    if (this.#parts.access.isEveryOfferAllowed) return known
    const isAllowed = (each: ServiceInstance): boolean => this.isAllowed(each)
    return known.every(isAllowed) ? known : known.filter(isAllowed)
  }

  /** A node as the policy sees it: this node, a neighbour as it was admitted, or one of which only the key is known. */
  #ownerOf(nodeId: NodeId): AdmittedIdentity | undefined {
    const { self, access, neighbour, catalogue } = this.#parts
    if (nodeId === self) return access.own
    const admitted = neighbour(nodeId)
    if (admitted !== undefined) return admitted
    const publicKey = catalogue.publicKeyOf(nodeId)
    if (publicKey === undefined) return undefined
    let far = this.#far.get(publicKey)
    if (far === undefined) {
      far = farIdentity(nodeId, publicKey)
      this.#far.set(publicKey, far)
    }
    return far
  }
}

/** A node without a link: it has signed what it offers. Its link, if one is made, will be encrypted. */
function farIdentity(nodeId: NodeId, publicKey: Uint8Array): AdmittedIdentity {
  const proved = { nodeId, publicKey, security: 'encrypted' } as const
  return admittedIdentity(
    proved,
    { remoteAddress: '', path: relayed([]) },
    { roles: [], services: undefined },
  )
}
