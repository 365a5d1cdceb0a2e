import type { CompiledList } from '../proto/list/compiled-list.js'
import { explainList } from '../proto/list/explain-list.js'
import type { Explanation, PolicyPeer, PolicyQuestion, PolicyService, Verdict } from '../proto/model.js'
import { NO_NAMES, hasServiceNames } from '../proto/service-names.js'
import type { Decider } from './decider.js'

/** Decides by a list. */
export class ListDecider implements Decider {
  readonly #list: CompiledList

  constructor(list: CompiledList) {
    this.#list = list
  }

  decideLink(peer: PolicyPeer): Promise<Verdict> {
    return Promise.resolve(this.#list.decideLink(peer))
  }

  decideService(action: 'dial' | 'offer', peer: PolicyPeer, service: PolicyService): Verdict {
    return hasServiceNames(service) ? this.#list.decideService(action, peer, service) : NO_NAMES
  }

  decideForward(from: PolicyPeer, to: PolicyPeer): Verdict {
    return this.#list.decideForward(from, to)
  }

  rolesOf(peer: PolicyPeer): readonly string[] {
    return [...this.#list.view(peer).roles]
  }

  explain(question: PolicyQuestion): Promise<Explanation> {
    const isRefused = 'service' in question && !hasServiceNames(question.service)
    return Promise.resolve(isRefused ? { ...NO_NAMES, steps: [] } : explainList(this.#list, question))
  }
}
