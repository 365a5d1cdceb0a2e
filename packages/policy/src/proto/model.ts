import type { NodeId } from '@astranet/interface'

/** What a policy decides about. */
export type PolicyAction = 'link' | 'dial' | 'offer' | 'forward'

/** A peer that a policy is asked about. Its node id and key are proved, not claimed. */
export interface PolicyPeer {
  readonly nodeId: NodeId
  /** The Ed25519 key that the node id is the hash of, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The roles that the grant of the peer gives. A list adds those that it gives itself. */
  readonly roles: readonly string[]
  /** How the connection is protected. */
  readonly security: 'encrypted' | 'private' | 'tls'
  /** Where the connection comes from, as the transport writes it. */
  readonly remoteAddress: string
}

/** A service that is dialed or offered. */
export interface PolicyService {
  /** The name; empty when a port is dialed that has none. */
  readonly name: string
  /** The environment; the default environment is empty. */
  readonly environment: string
  readonly port: number
}

/** One question to a policy. */
export type PolicyQuestion =
  | { readonly action: 'link'; readonly peer: PolicyPeer }
  | { readonly action: 'dial' | 'offer'; readonly peer: PolicyPeer; readonly service: PolicyService }
  | { readonly action: 'forward'; readonly from: PolicyPeer; readonly to: PolicyPeer }

/** What a policy decided. */
export interface Verdict {
  readonly allowed: boolean
  /**
   * What decided: the name of a rule, or a few words such as `no rule matches, default deny`. It may be shown to the
   * peer.
   */
  readonly rule: string
  /** What the policy's function threw or rejected with, or the reason of the signal. Not for the peer. */
  readonly cause?: unknown
}

/** One rule or function of a policy, as a question met it. */
export interface ExplanationStep {
  /** The name of the rule, or of the function. */
  readonly rule: string
  /** Whether it decided. It is the last step then. */
  readonly isMatch: boolean
  /** Why it matched, or why it did not. */
  readonly reason: string
}

/** A verdict with the way to it. */
export interface Explanation extends Verdict {
  /** All that was tried, in order, up to what decided. */
  readonly steps: readonly ExplanationStep[]
}
