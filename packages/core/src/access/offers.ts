import type { NodeId } from '@astranet/interface'
import type { Catalogue, ServiceInstance } from '@astranet/registry'
import type { AdmittedIdentity } from '../links/remote-identity.js'
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
 * The services of the catalogue that may be offered by those who offer them. They are filtered when they are read: what
 * the catalogue holds, and passes on, does not depend on the policy.
 */
export class Offers {
  readonly #parts: OffersParts

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

  #allowed(known: readonly ServiceInstance[]): readonly ServiceInstance[] {
    if (this.#parts.access.isEveryOfferAllowed) return known
    const isAllowed = (each: ServiceInstance): boolean => this.#isAllowed(each)
    return known.every(isAllowed) ? known : known.filter(isAllowed)
  }

  #isAllowed(instance: ServiceInstance): boolean {
    const { self, access, neighbour } = this.#parts
    const peer = instance.nodeId === self ? access.own : neighbour(instance.nodeId)
    return access.offerRefusal(peer, instance) === undefined
  }
}
