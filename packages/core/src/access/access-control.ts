import { formatNodeId } from '@astranet/interface'
import {
  PolicyEngine,
  type Explanation,
  type Policy,
  type PolicyQuestion,
  type PolicyService,
  type Verdict,
} from '@astranet/policy'
import type { AdmittedIdentity, RemoteIdentity } from '../links/remote-identity.js'
import { GrantPatterns } from './grant-patterns.js'
import type { PolicyFailures } from './policy-failures.js'
import { offered, offerText, dialText, forwardText, linkText } from './refusal-texts.js'

/** @internal What decides for a node who may do what. */
export interface AccessControlParts {
  /** This node, as it is seen when it dials itself and offers services. */
  readonly own: AdmittedIdentity
  /** `undefined`: all is allowed. */
  readonly engine: PolicyEngine | undefined
  readonly failures: PolicyFailures
}

/**
 * Who may do what at this node: its policy, and what the grants of its peers allow. Each question is answered by the
 * policy of that moment. `AdmittedIdentity.roles` are those of the grant; the policy adds its own.
 */
export class AccessControl {
  readonly own: AdmittedIdentity
  #engine: PolicyEngine | undefined
  readonly #failures: PolicyFailures
  readonly #grants: GrantPatterns = new GrantPatterns()
  /** What programs see of each peer. */
  #shown = new WeakMap<AdmittedIdentity, RemoteIdentity>()
  #hasLimits = false

  constructor({ own, engine, failures }: AccessControlParts) {
    this.own = own
    this.#engine = engine
    this.#failures = failures
  }

  /** Whether a peer has been admitted whose grant limits what it may offer. */
  get hasLimits(): boolean {
    return this.#hasLimits
  }

  /** Whether the peer's grant, if it came in by one, covers all of `services`. */
  grantCovers(peer: AdmittedIdentity, services: Iterable<PolicyService>): boolean {
    if (peer.services === undefined) return true
    for (const service of services) if (!this.#grants.cover(peer, service)) return false
    return true
  }

  /** Whether every offer is allowed: there is no policy, and no grant that limits its holder. Asked for each dial. */
  get isEveryOfferAllowed(): boolean {
    return this.#engine === undefined && !this.#hasLimits
  }

  /** Replaces the policy: from now on it answers. Throws a TypeError or RangeError that names what is wrong in it. */
  replace(policy: Policy | undefined): void {
    this.#engine = policy === undefined ? undefined : new PolicyEngine(policy)
    this.#shown = new WeakMap()
    this.#failures.reset()
  }

  /** The peer as programs see it, with all its roles. One object for all its sockets, until the policy changes. */
  shown(peer: AdmittedIdentity): RemoteIdentity {
    let shown = this.#shown.get(peer)
    if (shown === undefined) {
      const { services: _, grantKeyId: __, ...identity } = peer
      const roles = this.#engine?.rolesOf(peer) ?? peer.roles
      shown = Object.freeze({ ...identity, roles: Object.freeze([...roles]) })
      this.#shown.set(peer, shown)
    }
    return shown
  }

  /**
   * Why `peer` may not be a neighbour; `undefined` if it may, at once where there is no policy. When the policy changes
   * before it has answered, the new one is asked. The promise never rejects: after `signal` aborts it is a refusal.
   */
  linkRefusal(peer: AdmittedIdentity, signal: AbortSignal): Promise<string | undefined> | undefined {
    // Every peer that is admitted comes by here.
    if (peer.services !== undefined) this.#hasLimits = true
    return this.#engine === undefined ? undefined : this.#askLink(peer, signal)
  }

  /** Why `peer` may not dial `service`; `undefined` if it may. */
  dialRefusal(peer: AdmittedIdentity, service: PolicyService): string | undefined {
    if (!this.#grants.cover(peer, service)) return `its grant does not cover ${offered(service)}`
    if (this.#engine === undefined) return undefined
    const verdict = this.#failures.noting('dial', this.#engine.mayDial(peer, service))
    return verdict.allowed ? undefined : dialText(verdict, service)
  }

  /** Why `peer` may not offer `service`; `undefined` if it may. A peer that this node does not know is `undefined`. */
  offerRefusal(peer: AdmittedIdentity | undefined, service: PolicyService): string | undefined {
    if (peer !== undefined && !this.#grants.cover(peer, service))
      return `its grant does not cover ${offered(service)}`
    if (this.#engine === undefined) return undefined
    if (peer === undefined) return 'its node is not known'
    const verdict = this.#failures.noting('offer', this.#engine.mayOffer(peer, service))
    return verdict.allowed ? undefined : offerText(verdict, service)
  }

  /** Why nothing may be forwarded from one neighbour to another one; `undefined` if it may. */
  forwardRefusal(from: AdmittedIdentity | undefined, to: AdmittedIdentity | undefined): string | undefined {
    if (this.#engine === undefined) return undefined
    if (from === undefined || to === undefined) return 'a link on the path has ended'
    const verdict = this.#failures.noting('forward', this.#engine.mayForward(from, to))
    return verdict.allowed
      ? undefined
      : forwardText(verdict, formatNodeId(from.nodeId), formatNodeId(to.nodeId))
  }

  /** See `AstraNet.explain`. */
  async explain(question: PolicyQuestion, signal: AbortSignal | undefined): Promise<Explanation> {
    return await (this.#engine ?? new PolicyEngine()).explain(question, signal)
  }

  /** A copy that answers by the policy of now, also when that is replaced. */
  snapshot(): AccessControl {
    return new AccessControl({ own: this.own, engine: this.#engine, failures: this.#failures })
  }

  async #askLink(peer: AdmittedIdentity, signal: AbortSignal): Promise<string | undefined> {
    let engine: PolicyEngine | undefined
    let verdict: Verdict | undefined
    do {
      engine = this.#engine
      verdict = await engine?.mayLink(peer, signal)
    } while (engine !== this.#engine)
    if (verdict === undefined) return undefined
    this.#failures.noting('link', verdict)
    return verdict.allowed ? undefined : linkText(verdict, formatNodeId(peer.nodeId))
  }
}
