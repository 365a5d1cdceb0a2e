import type { PolicyAction, PolicyPeer, PolicyService, Verdict } from '../model.js'
import { peerView, type PeerView } from '../patterns/peer-view.js'
import type { CheckedList } from './check-list.js'
import type { Rule } from './rule.js'

/** What is known of a peer after the first question about it. */
interface KnownPeer {
  readonly view: PeerView
  /** The rules that are about the action and for the peer, in their order. */
  readonly candidates: Map<PolicyAction, readonly Rule[]>
}

/**
 * Decides by a list. The peers of the rules are compared once for each peer and action, so that a dial compares only
 * services. What is remembered is at most one reference for each rule and action, as long as the peer's object lives.
 */
export class CompiledList {
  readonly list: CheckedList
  /** What is decided when no rule matches. */
  readonly defaultVerdict: Verdict
  readonly #peers = new WeakMap<PolicyPeer, KnownPeer>()
  readonly #rulesByName: ReadonlyMap<string, ReadonlySet<Rule>>

  constructor(list: CheckedList) {
    this.list = list
    const rule = `no rule matches, default ${list.isAllowing ? 'allow' : 'deny'}`
    this.defaultVerdict = Object.freeze({ allowed: list.isAllowing, rule })
    this.#rulesByName = rulesByName(list.rules)
  }

  decideLink(peer: PolicyPeer): Verdict {
    return this.#candidates('link', peer)[0]?.verdict ?? this.defaultVerdict
  }

  decideService(action: 'dial' | 'offer', peer: PolicyPeer, service: PolicyService): Verdict {
    const named = this.#rulesByName.get(service.name)
    for (const rule of this.#candidates(action, peer)) {
      if (rule.isByName && named?.has(rule) !== true) continue
      if (rule.isForService(service)) return rule.verdict
    }
    return this.defaultVerdict
  }

  decideForward(from: PolicyPeer, to: PolicyPeer): Verdict {
    const receiver = this.view(to)
    for (const rule of this.#candidates('forward', from)) {
      if (rule.isForReceiver(receiver)) return rule.verdict
    }
    return this.defaultVerdict
  }

  /** `peer` as the patterns see it. */
  view(peer: PolicyPeer): PeerView {
    return this.#known(peer).view
  }

  #candidates(action: PolicyAction, peer: PolicyPeer): readonly Rule[] {
    const { view, candidates } = this.#known(peer)
    let rules = candidates.get(action)
    if (rules === undefined) {
      rules = this.list.rules.filter((rule) => rule.isAbout(action) && rule.isFor(view))
      candidates.set(action, rules)
    }
    return rules
  }

  #known(peer: PolicyPeer): KnownPeer {
    let known = this.#peers.get(peer)
    if (known === undefined) {
      known = { view: peerView(peer, this.list.members), candidates: new Map() }
      this.#peers.set(peer, known)
    }
    return known
  }
}

/** The rules that have a pattern of just that name. */
function rulesByName(rules: readonly Rule[]): ReadonlyMap<string, ReadonlySet<Rule>> {
  const byName = new Map<string, Set<Rule>>()
  for (const rule of rules) {
    for (const { onlyName } of rule.parts.services ?? []) {
      if (onlyName === undefined) continue
      const named = byName.get(onlyName)
      if (named === undefined) byName.set(onlyName, new Set([rule]))
      else named.add(rule)
    }
  }
  return byName
}
