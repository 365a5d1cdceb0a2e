import type { Explanation, PolicyPeer, PolicyQuestion, PolicyService, Verdict } from '../proto/model.js'

/** What the engine asks: one for each kind of policy. None of the methods throws or rejects. */
export interface Decider {
  decideLink(peer: PolicyPeer, signal: AbortSignal): Promise<Verdict>
  decideService(action: 'dial' | 'offer', peer: PolicyPeer, service: PolicyService): Verdict
  decideForward(from: PolicyPeer, to: PolicyPeer): Verdict
  /** All roles that `peer` has. */
  rolesOf(peer: PolicyPeer): readonly string[]
  /** Decides `question`, with the steps to it. */
  explain(question: PolicyQuestion, signal: AbortSignal): Promise<Explanation>
}
