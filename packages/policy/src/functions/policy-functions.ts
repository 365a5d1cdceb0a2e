import type { PolicyPeer, PolicyService } from '../proto/model.js'

/** What a function of a policy answers. `rule` names what decided; the default is the function's name. */
export type Decision = boolean | { readonly allowed: boolean; readonly rule?: string | undefined }

/**
 * A policy as functions, each called with the policy as `this`. Whatever is not a decision (an error, a rejection,
 * another value, no answer in time) counts as "no". A question whose function is left out is decided by `default`.
 */
export interface PolicyFunctions {
  /**
   * Whether `peer` may be a neighbour. It may answer later; `signal` aborts when the answer comes too late, and the
   * link is then refused.
   */
  mayLink?(peer: PolicyPeer, signal: AbortSignal): Decision | Promise<Decision>
  /** Whether `peer` may dial `service`. Asked for each dial, so it must answer at once, and fast. */
  mayDial?(peer: PolicyPeer, service: PolicyService): Decision
  /** Whether `peer` may offer `service`. It must answer at once. */
  mayOffer?(peer: PolicyPeer, service: PolicyService): Decision
  /** Whether this node may pass bytes on from one peer to another. It must answer at once. */
  mayForward?(from: PolicyPeer, to: PolicyPeer): Decision
  /** What is decided where a function is left out. Default `deny`. */
  readonly default?: 'allow' | 'deny' | undefined
}
