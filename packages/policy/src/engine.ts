import { invalidArgument, invalidType } from '@astranet/interface/check'
import type { Decider } from './deciders/decider.js'
import { FunctionDecider } from './deciders/function-decider.js'
import { ListDecider } from './deciders/list-decider.js'
import { OpenDecider } from './deciders/open-decider.js'
import { checkPolicyFunctions, functionIn } from './functions/check-functions.js'
import type { PolicyFunctions } from './functions/policy-functions.js'
import { compileList } from './list-errors.js'
import type { PolicyList } from './proto/list/policy-list.js'
import type { Explanation, PolicyPeer, PolicyQuestion, PolicyService, Verdict } from './proto/model.js'
import { checkQuestion } from './question.js'

/** Functions, or a list of rules. */
export type Policy = PolicyFunctions | PolicyList

/**
 * Answers the questions of one policy. A list is checked and compiled once; what the program changes in it afterwards
 * has no effect. Answers never throw and never reject: a policy that fails has not allowed anything.
 *
 * What is known of a peer is remembered with its object, so use one object for a peer as long as it is connected, and
 * change nothing in it.
 */
export class PolicyEngine {
  readonly #decider: Decider

  /**
   * `policy`: functions or a list; without one all is allowed. Throws a `TypeError` or `RangeError` that names what is
   * wrong in it: an unknown key, a wrong type, a pattern, role or effect that there is not, a name that is there twice.
   */
  constructor(policy?: Policy) {
    this.#decider = deciderFor(policy)
  }

  /**
   * Whether `peer` may be a neighbour. When `signal` aborts before a function has answered, it is not allowed. A list
   * answers at once.
   */
  mayLink(peer: PolicyPeer, signal: AbortSignal): Promise<Verdict> {
    return this.#decider.decideLink(peer, signal)
  }

  /** Whether `peer` may dial `service`. */
  mayDial(peer: PolicyPeer, service: PolicyService): Verdict {
    return this.#decider.decideService('dial', peer, service)
  }

  /** Whether `peer` may offer `service`. */
  mayOffer(peer: PolicyPeer, service: PolicyService): Verdict {
    return this.#decider.decideService('offer', peer, service)
  }

  /** Whether bytes may be passed on from one peer to another. */
  mayForward(from: PolicyPeer, to: PolicyPeer): Verdict {
    return this.#decider.decideForward(from, to)
  }

  /** All roles of `peer`: those in `peer.roles`, and those that the list gives to its node id or key. */
  rolesOf(peer: PolicyPeer): readonly string[] {
    return this.#decider.rolesOf(peer)
  }

  /**
   * Decides `question` as the other methods do, and says which rule decided and why the earlier ones did not match.
   * Functions are called. Without a `signal` it waits for `mayLink` as long as that takes. Rejects with a `TypeError`
   * if `question` is not one.
   */
  async explain(question: PolicyQuestion, signal?: AbortSignal): Promise<Explanation> {
    checkQuestion(question)
    return this.#decider.explain(question, signal ?? new AbortController().signal)
  }
}

function deciderFor(policy: Policy | undefined): Decider {
  if (policy === undefined) return new OpenDecider()
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    throw invalidType('policy', 'an object of functions or a list of rules', policy)
  }
  const name = functionIn(policy)
  if ('rules' in policy && name !== undefined) {
    throw invalidArgument('policy', `must be functions or a list of rules, and has both ${name} and rules`)
  }
  return 'rules' in policy
    ? new ListDecider(compileList(policy))
    : new FunctionDecider(checkPolicyFunctions(policy))
}
