import { ServicePatterns, type PolicyService } from '@astranet/policy'
import type { AdmittedIdentity } from '../links/remote-identity.js'

/** The limits of the grants by which peers came in. The patterns of a peer are compiled once. */
export class GrantPatterns {
  readonly #compiled = new WeakMap<AdmittedIdentity, ServicePatterns>()

  /** Whether the peer's grant, if it came in by one, lets it dial and offer `service`. */
  cover(peer: AdmittedIdentity, service: PolicyService): boolean {
    if (peer.services === undefined) return true
    let patterns = this.#compiled.get(peer)
    if (patterns === undefined) {
      patterns = new ServicePatterns(peer.services)
      this.#compiled.set(peer, patterns)
    }
    return patterns.matches(service)
  }
}
