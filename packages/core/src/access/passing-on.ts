import type { NodeId } from '@astranet/interface'
import type { PolicyService } from '@astranet/policy'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import type { AccessControl } from './access-control.js'

/** @internal What decides what is passed on. */
export interface PassingOnParts {
  readonly access: AccessControl
  /** The neighbour with that id, as this node has admitted it. */
  readonly neighbour: (nodeId: NodeId) => AdmittedIdentity | undefined
  /** A neighbour offers what its grant does not cover; once for each link by which it was admitted. */
  readonly onWithheld: (nodeId: NodeId) => void
}

/**
 * Which nodes' services this node passes on: those of a neighbour that came in by a grant only while the grant covers
 * all of them, because what its owner signed is passed on whole or not at all. Of other nodes it passes on everything:
 * the grant is checked where the owner came in.
 *
 * Who receives it makes no difference. A grant limits what its holder offers, so what it does not cover is for nobody.
 * And which services a receiver may dial is decided by the node that is dialed, which services it believes by its own
 * policy (`mayOffer`). What members offer is no secret from other members: a name that must not be seen belongs in a
 * network of its own.
 */
export class PassingOn {
  readonly #parts: PassingOnParts
  readonly #reported = new WeakSet<AdmittedIdentity>()

  constructor(parts: PassingOnParts) {
    this.#parts = parts
  }

  /** Whether what `owner` offers may be passed on. */
  isAllowed(owner: NodeId, services: Iterable<PolicyService>): boolean {
    const { access, neighbour, onWithheld } = this.#parts
    if (!access.hasLimits) return true
    const peer = neighbour(owner)
    if (peer === undefined || access.grantCovers(peer, services)) return true
    if (!this.#reported.has(peer)) {
      this.#reported.add(peer)
      onWithheld(owner)
    }
    return false
  }
}
