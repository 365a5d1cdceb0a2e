import type { PolicyAction, PolicyService, Verdict } from '../model.js'
import type { PeerPattern } from '../patterns/peer-pattern.js'
import type { PeerView } from '../patterns/peer-view.js'
import type { ServicePattern } from '../patterns/service-pattern.js'

/** What a rule consists of. A list that is `undefined` matches any. */
export interface RuleParts {
  readonly name: string
  readonly actions: ReadonlySet<PolicyAction>
  readonly peers: readonly PeerPattern[] | undefined
  readonly to: readonly PeerPattern[] | undefined
  readonly services: readonly ServicePattern[] | undefined
  readonly isAllowing: boolean
}

/** A rule that is ready to be asked. */
export class Rule {
  readonly parts: RuleParts
  /** What it decides. */
  readonly verdict: Verdict
  /** Whether it has services, each with one name: then a look at the name is enough to pass it over. */
  readonly isByName: boolean

  constructor(parts: RuleParts) {
    this.parts = parts
    this.verdict = Object.freeze({ allowed: parts.isAllowing, rule: parts.name })
    this.isByName = parts.services?.every(({ onlyName }) => onlyName !== undefined) ?? false
  }

  isAbout(action: PolicyAction): boolean {
    return this.parts.actions.has(action)
  }

  /** Whether it is for `peer`: the peer of a link, dial or offer, or the one that sends. */
  isFor(peer: PeerView): boolean {
    return matchesPeer(this.parts.peers, peer)
  }

  isForReceiver(peer: PeerView): boolean {
    return matchesPeer(this.parts.to, peer)
  }

  isForService(service: PolicyService): boolean {
    const { services } = this.parts
    if (services === undefined) return true
    for (const pattern of services) if (pattern.matches(service)) return true
    return false
  }
}

function matchesPeer(patterns: readonly PeerPattern[] | undefined, peer: PeerView): boolean {
  if (patterns === undefined) return true
  for (const pattern of patterns) if (pattern.matches(peer)) return true
  return false
}
