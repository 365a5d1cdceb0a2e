import { isPrivateHost, isPublicHost } from './address-rules.js'
import { isIpv6, type End } from './end.js'

/** What a node knows of the NAT in front of it, for one IP family. Its number is the one on the wire. */
export const NatKind = {
  /** No router has seen the node over this family. */
  UNKNOWN: 0,
  /** The routers see an address of the machine itself: no NAT, though perhaps a firewall. */
  OPEN: 1,
  /** The NAT keeps the ports of connections. */
  KEPT: 2,
  /** The NAT gives connections other ports. */
  RANDOM: 3,
} as const
export type NatKind = (typeof NatKind)[keyof typeof NatKind]

/** A link to a router, as both ends see it. */
export interface Observation {
  /** This node's end, as its system names it. The port was bound before the link was dialed. */
  readonly local: End
  /** The same end as the router sees it. */
  readonly seen: End
}

/** What is known of the NAT for one family. */
export interface NatFacts {
  readonly kind: NatKind
  /** How the routers see the node; `undefined` while nothing is known. */
  readonly seen: End | undefined
  /** The port of this machine that `seen` leads to; 0 while nothing is known. */
  readonly localPort: number
}

/** Nothing is known. */
export const UNKNOWN_NAT: NatFacts = { kind: NatKind.UNKNOWN, seen: undefined, localPort: 0 }

/**
 * What several routers' views of this node say of its NAT. A NAT that keeps ports gives up one port when another host
 * has it, so one port that was kept says more than one that was not.
 */
export function natFacts(
  observations: readonly Observation[],
  family: 4 | 6,
  ownHosts: readonly string[],
): NatFacts {
  const ofFamily = observations.filter(({ seen, local }) =>
    [seen.host, local.host].every((host) => isIpv6(host) === (family === 6)),
  )
  // A router in the local network sees nothing of the NAT behind which that network is.
  const beyond = ofFamily.filter(({ seen }) => isPublicHost(seen.host))
  const found = beyond.length > 0 ? beyond : ofFamily.filter(({ seen }) => isPrivateHost(seen.host))
  const open = found.find(({ seen }) => ownHosts.includes(seen.host))
  const kept = found.findLast(({ local, seen }) => local.port === seen.port)
  const known = open ?? kept ?? found.at(-1)
  if (known === undefined) return UNKNOWN_NAT
  const kind = open !== undefined ? NatKind.OPEN : kept !== undefined ? NatKind.KEPT : NatKind.RANDOM
  return { kind, seen: known.seen, localPort: known.local.port }
}
