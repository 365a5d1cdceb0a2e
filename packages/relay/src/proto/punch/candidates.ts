import { addressFault, type AddressFault, type Surroundings } from './address-rules.js'
import { formatEnd, parseEnd, type End } from './end.js'
import { NatKind } from './nat-facts.js'

/** What an address of a peer is. The number is the one on the wire. */
export const CandidateKind = {
  /** An address of the peer's machine, where it listens for this round. */
  MACHINE: 1,
  /** Where the peer listens for everybody. */
  ADVERTISED: 2,
  /** How a router sees the peer. */
  SEEN: 3,
  /** A port that the peer's gateway forwards to it, because the peer asked for that. */
  MAPPED: 4,
} as const
export type CandidateKind = (typeof CandidateKind)[keyof typeof CandidateKind]

/** An address at which a node may be reached. */
export interface Candidate {
  readonly kind: CandidateKind
  readonly end: End
}

/** What a node says of itself to a peer that wants to reach it directly. */
export interface PeerFacts {
  readonly nat4: NatKind
  readonly nat6: NatKind
  readonly candidates: readonly Candidate[]
}

/** How many addresses a peer may give. More are a breach. */
export const MAX_CANDIDATES = 24

/** An address that was left out. */
export interface LeftOut {
  readonly text: string
  readonly fault: AddressFault
}

/** A peer's facts after they were read: what may be used, and what was left out. */
export interface ReadFacts {
  readonly facts: PeerFacts
  readonly leftOut: readonly LeftOut[]
}

/** The elements of a message that describe the sender: `nat4, nat6, candidates`. */
export function factsToWire({ nat4, nat6, candidates }: PeerFacts): readonly unknown[] {
  return [nat4, nat6, candidates.map(({ kind, end }) => [kind, formatEnd(end)])]
}

/**
 * Reads what {@link factsToWire} wrote; a string says which rule was broken. Kinds that are not known are ignored, and
 * addresses that are not allowed are left out.
 */
export function factsFromWire(
  [nat4, nat6, list]: readonly unknown[],
  aroundOf: (seen: readonly End[]) => Surroundings,
): ReadFacts | string {
  if (!isNatKind(nat4) || !isNatKind(nat6)) return 'a kind of NAT that is not a number from 0 to 255'
  if (!Array.isArray(list)) return 'addresses that are not an array'
  if (list.length > MAX_CANDIDATES) return `more than ${MAX_CANDIDATES} addresses`
  const read = (list as readonly unknown[]).map(readCandidate)
  if (read.includes(undefined)) return 'an address that is not a kind and a text'
  const candidates = read.filter((each) => typeof each === 'object' && 'end' in each)
  const leftOut: LeftOut[] = read.filter((each) => typeof each === 'object' && 'fault' in each)
  const around = aroundOf(candidates.filter(({ kind }) => kind === CandidateKind.SEEN).map(({ end }) => end))
  const allowed = candidates.filter(({ end }) => {
    const fault = addressFault(end, around)
    if (fault !== undefined) leftOut.push({ text: formatEnd(end), fault })
    return fault === undefined
  })
  return { facts: { nat4: known(nat4), nat6: known(nat6), candidates: allowed }, leftOut }
}

/** `undefined`: not a candidate at all; `'unknown'`: one of a later version. */
function readCandidate(value: unknown): Candidate | LeftOut | 'unknown' | undefined {
  if (!Array.isArray(value)) return undefined
  const [kind, text] = value as readonly unknown[]
  if (typeof kind !== 'number' || typeof text !== 'string' || text.length > MAX_END_CHARACTERS)
    return undefined
  const known = Object.values(CandidateKind).find((each) => each === kind)
  if (known === undefined) return 'unknown'
  const end = parseEnd(text)
  return end === undefined ? { text, fault: 'malformed' } : { kind: known, end }
}

/** `[IPv6]:port` in its longest form. */
const MAX_END_CHARACTERS = 64

function isNatKind(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
}

/** A kind from a later version says nothing to this one. */
function known(value: number): NatKind {
  return Object.values(NatKind).find((each) => each === value) ?? NatKind.UNKNOWN
}
