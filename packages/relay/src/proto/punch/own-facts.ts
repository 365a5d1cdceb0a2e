import { isPublicHost, type OwnNetwork } from './address-rules.js'
import { CandidateKind, MAX_CANDIDATES, type Candidate } from './candidates.js'
import { parseEnd, type End } from './end.js'
import { natFacts, type Observation } from './nat-facts.js'
import type { OwnFacts } from './negotiation.js'

/** How many addresses of the machine are offered. */
const MAX_MACHINE_ADDRESSES = 8

/** What a node can find out about itself. */
export interface OwnSituation {
  /** The networks that the machine is in, without loopback and link-local ones. */
  readonly networks: readonly OwnNetwork[]
  /** Links to routers, the newest last. */
  readonly observations: readonly Observation[]
  /** Where the node can be joined, as `network://address`. */
  readonly advertised: readonly string[]
  /** The port at which it listens for this round; 0: it does not. */
  readonly listenPort: number
  /** Ends that a gateway forwards to this node. */
  readonly mapped: readonly End[]
}

/** What a node tells a peer of itself, and what it keeps for its own plan. */
export function ownFacts({ networks, observations, advertised, listenPort, mapped }: OwnSituation): OwnFacts {
  const hosts = networks.map(({ host }) => host)
  const nat4 = natFacts(observations, 4, hosts)
  const nat6 = natFacts(observations, 6, hosts)
  const machine = listenPort === 0 ? [] : hosts.slice(0, MAX_MACHINE_ADDRESSES)
  const candidates = [
    ...[nat6, nat4].flatMap(({ seen }) => (seen === undefined ? [] : [candidate(CandidateKind.SEEN, seen)])),
    ...machine.map((host) => candidate(CandidateKind.MACHINE, { host, port: listenPort })),
    ...mapped.map((end) => candidate(CandidateKind.MAPPED, end)),
    ...advertised.flatMap((text) =>
      advertisedEnd(text).map((end) => candidate(CandidateKind.ADVERTISED, end)),
    ),
  ]
  return {
    ...{ nat4, nat6, networks },
    facts: { nat4: nat4.kind, nat6: nat6.kind, candidates: candidates.slice(0, MAX_CANDIDATES) },
  }
}

/**
 * The local port of a link to a router, at which this node also listens for a peer. 0: there is none, or the program
 * listens there itself, and two listeners at one port would divide its connections.
 */
export function linkPort({
  networks,
  observations,
  advertised,
}: Pick<OwnSituation, 'networks' | 'observations' | 'advertised'>): number {
  const hosts = networks.map(({ host }) => host)
  const port = natFacts(observations, 4, hosts).localPort || natFacts(observations, 6, hosts).localPort
  return advertised.some((text) => portOf(text) === port) ? 0 : port
}

/** Whether both nodes, as the peer says, are seen at one address: then both are behind one NAT, or on one machine. */
export function isSameSite(own: readonly Observation[], peer: readonly End[]): boolean {
  return peer.some(({ host }) => isPublicHost(host) && own.some(({ seen }) => seen.host === host))
}

/** The port of `network://host:port`, over WebSocket with a path behind it; `undefined`: it has none. */
function portOf(text: string): number | undefined {
  const [, port] = /^[^/]+:\/\/[^/]*:(\d+)(?:\/|$)/.exec(text) ?? []
  return port === undefined ? undefined : Number(port)
}

/** The IP end of an advertised address of TCP; names are left to dials, which resolve them. */
function advertisedEnd(text: string): End[] {
  const [, address] = /^tcp[46]?:\/\/(.+)$/.exec(text) ?? []
  const end = address === undefined ? undefined : parseEnd(address)
  return end === undefined ? [] : [end]
}

function candidate(kind: CandidateKind, end: End): Candidate {
  return { kind, end }
}
