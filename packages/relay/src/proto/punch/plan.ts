import { isLocalHost, isPrivateHost, isPublicHost, type OwnNetwork } from './address-rules.js'
import { CandidateKind, type Candidate, type PeerFacts } from './candidates.js'
import { isIpv6, type End } from './end.js'
import { NatKind, type NatFacts } from './nat-facts.js'

/** How a direct link came about: what logs and a socket's path say. */
export type PunchMethod =
  /** By an address of the same machine or of the same local network. */
  | 'local'
  /** By an address that the peer advertises, or one of its machine that everybody can reach. */
  | 'advertised'
  /** The peer connected to this node. */
  | 'dial-back'
  /** By a port that the peer's gateway forwards. */
  | 'port-mapping'
  | 'simultaneous-open'
  /** One side tried ports of the other side's NAT. */
  | 'many-ports'

/** One thing to try. */
export type PunchStep =
  | { readonly way: 'dial'; readonly method: PunchMethod; readonly remote: End }
  | { readonly way: 'open'; readonly method: PunchMethod; readonly remote: End; readonly localPort: number }
  /** Connect from 256 ports. */
  | { readonly way: 'many'; readonly method: PunchMethod; readonly remote: End }
  /** Connect to many ports of the host. */
  | { readonly way: 'try'; readonly method: PunchMethod; readonly remote: End; readonly localPort: number }

/** What is tried from the same moment on. */
export interface PunchStage {
  /** When it begins, in ms after the start of the round. What earlier stages began goes on. */
  readonly atMs: number
  readonly steps: readonly PunchStep[]
}

/** This node's side of a round. */
export interface OwnSide {
  readonly nat4: NatFacts
  readonly nat6: NatFacts
  /** The networks that this machine is in. */
  readonly networks: readonly OwnNetwork[]
}

/** How long addresses of the local network have before others are tried as well, in ms. */
export const LOCAL_LEAD_MS = 100

/** How long dialing has before both sides open at once, in ms. */
export const DIAL_LEAD_MS = 300

/** How long one way through NATs has before the next begins, in ms. */
export const OPEN_LEAD_MS = 1_200

/**
 * What this node does in a round, in order. The peer makes its plan from the same facts, so what needs both sides
 * begins at the same time on both.
 */
export function planRound(own: OwnSide, peer: PeerFacts): PunchStage[] {
  const stages: PunchStage[] = []
  let atMs = 0
  const add = (steps: readonly PunchStep[], leadMs: number): void => {
    if (steps.length === 0) return
    stages.push({ atMs, steps })
    atMs += leadMs
  }
  const dials = peer.candidates
    .map((candidate) => dialStep(candidate, own.networks))
    .filter((step) => step !== undefined)
  add(
    dials.filter(({ method }) => method === 'local'),
    LOCAL_LEAD_MS,
  )
  add(
    dials.filter(({ method }) => method !== 'local'),
    DIAL_LEAD_MS,
  )
  // The peer may be dialing although this node has nothing to dial.
  atMs = Math.max(atMs, LOCAL_LEAD_MS + DIAL_LEAD_MS)
  add(openSteps(own, peer), OPEN_LEAD_MS)
  add(manyPortSteps(own, peer), 0)
  return stages
}

function dialStep({ kind, end }: Candidate, networks: readonly OwnNetwork[]): PunchStep | undefined {
  if (kind === CandidateKind.SEEN) return undefined
  if (kind === CandidateKind.MAPPED) return { way: 'dial', method: 'port-mapping', remote: end }
  const isLocal = isPrivateHost(end.host) || isLocalHost(end.host, networks)
  return { way: 'dial', method: isLocal ? 'local' : 'advertised', remote: end }
}

/** Both families where both sides have ports that can be foretold. */
function openSteps(own: OwnSide, peer: PeerFacts): PunchStep[] {
  return families(own, peer).flatMap(({ mine, theirs, remote }) => {
    const areForetold = isForetold(mine.kind) && isForetold(theirs)
    if (!areForetold) return []
    return [{ way: 'open', method: 'simultaneous-open', remote, localPort: mine.localPort } as const]
  })
}

/** One family only, and only where a single side has random ports: it costs many packets. */
function manyPortSteps(own: OwnSide, peer: PeerFacts): PunchStep[] {
  for (const { mine, theirs, remote } of families(own, peer)) {
    // Behind one NAT the way leads back through it, which hardly any NAT allows.
    if (mine.seen?.host === remote.host) continue
    // A peer that names a private address as its own is no reason to try a thousand ports of a host there.
    if (!isPublicHost(remote.host)) continue
    const method = 'many-ports'
    if (mine.kind === NatKind.RANDOM && isForetold(theirs)) return [{ way: 'many', method, remote }]
    if (isForetold(mine.kind) && theirs === NatKind.RANDOM)
      return [{ way: 'try', method, remote, localPort: mine.localPort }]
  }
  return []
}

interface Family {
  readonly mine: NatFacts
  readonly theirs: NatKind
  /** How the routers see the peer. */
  readonly remote: End
}

/** The families in which the routers see both; IPv6 first, since it has fewer NATs. */
function families(own: OwnSide, peer: PeerFacts): Family[] {
  const seen = peer.candidates.filter(({ kind }) => kind === CandidateKind.SEEN).map(({ end }) => end)
  const six = seen.find(({ host }) => isIpv6(host))
  const four = seen.find(({ host }) => !isIpv6(host))
  const all = [
    { mine: own.nat6, theirs: peer.nat6, remote: six },
    { mine: own.nat4, theirs: peer.nat4, remote: four },
  ]
  return all.filter((each): each is Family => each.remote !== undefined && each.mine.kind !== NatKind.UNKNOWN)
}

function isForetold(kind: NatKind): boolean {
  return kind === NatKind.OPEN || kind === NatKind.KEPT
}
