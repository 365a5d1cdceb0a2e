import type { PolicyAction } from '../model.js'

/** One rule of a {@link PolicyList}. It matches a question that all of its parts match; a part left out matches any. */
export interface PolicyRule {
  /** 1 to 64 characters; each rule has another one. Errors, `explain` and refused peers show it. */
  readonly name: string
  /** What the rule is about: `link`, `dial`, `offer`, `forward`, or a list of these. */
  readonly action: PolicyAction | readonly PolicyAction[]
  /**
   * Which peers: `*`, a node id, a public key in base64url, `role:` and the name of a role, or a list of these. `*`
   * stands for any characters also inside of an id, of `key:` and a key, and of a role. With `forward` the peer that
   * sends. Default: every peer.
   */
  readonly peers?: string | readonly string[] | undefined
  /** With `forward` only: the peers that receive, as in `peers`. Default: every peer. */
  readonly to?: string | readonly string[] | undefined
  /**
   * With `dial` and `offer` only: which services. `name` in every environment, `environment/name` in one, `/name` in
   * the default environment, with stars, or a list of these. Default: every service, also a port without a name.
   */
  readonly services?: string | readonly string[] | undefined
  /** What the rule decides. */
  readonly effect: 'allow' | 'deny'
}

/** A policy as data: the first rule that matches decides. */
export interface PolicyList {
  /** For editors. Not read. */
  readonly $schema?: string | undefined
  /**
   * Names of roles, each with the node ids and public keys that have it. Rules may name only roles that are listed
   * here. A role that only grants give is listed with an empty list. At most 256 roles of 1,024 members.
   */
  readonly roles?: Readonly<Record<string, readonly string[]>> | undefined
  /** At most 1,024 rules; 256 patterns in each of their lists, 16,384 in all. */
  readonly rules: readonly PolicyRule[]
  /** What is decided when no rule matches. Default `deny`. */
  readonly default?: 'allow' | 'deny' | undefined
}
