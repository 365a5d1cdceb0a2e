import { FUNCTION_OF, askLink, askNow, type ImmediateQuestion } from '../functions/ask.js'
import { causeText } from '../functions/cause-text.js'
import type { PolicyFunctions } from '../functions/policy-functions.js'
import type { Explanation, PolicyPeer, PolicyQuestion, PolicyService, Verdict } from '../proto/model.js'
import { NO_NAMES, hasServiceNames } from '../proto/service-names.js'
import type { Decider } from './decider.js'

/** Decides by functions. */
export class FunctionDecider implements Decider {
  readonly #policy: PolicyFunctions

  constructor(policy: PolicyFunctions) {
    this.#policy = policy
  }

  async decideLink(peer: PolicyPeer, signal: AbortSignal): Promise<Verdict> {
    return this.#missing('link') ?? askLink(this.#policy, peer, signal)
  }

  decideService(action: 'dial' | 'offer', peer: PolicyPeer, service: PolicyService): Verdict {
    return hasServiceNames(service) ? this.#ask({ action, peer, service }) : NO_NAMES
  }

  decideForward(from: PolicyPeer, to: PolicyPeer): Verdict {
    return this.#ask({ action: 'forward', from, to })
  }

  rolesOf(peer: PolicyPeer): readonly string[] {
    return [...peer.roles]
  }

  async explain(question: PolicyQuestion, signal: AbortSignal): Promise<Explanation> {
    const verdict = await this.#decide(question, signal)
    if (verdict === NO_NAMES) return { ...verdict, steps: [] }
    const rule = FUNCTION_OF[question.action]
    const reason = this.#policy[rule] === undefined ? `the policy has no ${rule}` : reasonOf(rule, verdict)
    return { ...verdict, steps: [{ rule, isMatch: this.#policy[rule] !== undefined, reason }] }
  }

  #decide(question: PolicyQuestion, signal: AbortSignal): Verdict | Promise<Verdict> {
    if (question.action === 'link') return this.decideLink(question.peer, signal)
    if (question.action === 'forward') return this.decideForward(question.from, question.to)
    return this.decideService(question.action, question.peer, question.service)
  }

  #ask(question: ImmediateQuestion): Verdict {
    return this.#missing(question.action) ?? askNow(this.#policy, question)
  }

  /** The verdict if the policy has no function for `action`. */
  #missing(action: PolicyQuestion['action']): Verdict | undefined {
    const name = FUNCTION_OF[action]
    if (this.#policy[name] !== undefined) return undefined
    const effect = this.#policy.default ?? 'deny'
    return { allowed: effect === 'allow', rule: `no ${name}, default ${effect}` }
  }
}

function reasonOf(name: string, { allowed, rule, cause }: Verdict): string {
  if (cause === undefined) return rule === name ? `${name} answered ${allowed ? 'yes' : 'no'}` : rule
  return `${rule}: ${causeText(cause)}`
}
