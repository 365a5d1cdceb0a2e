import type { NodeId } from '@astranet/interface'
import type { Surroundings } from './address-rules.js'
import { factsFromWire, factsToWire, type LeftOut, type PeerFacts, type ReadFacts } from './candidates.js'
import type { End } from './end.js'
import { GiveUpReason, giveUpText, PunchType, roundOf } from './messages.js'
import { planRound, type OwnSide, type PunchStage } from './plan.js'
import type { RoundQuota } from './round-quota.js'

/** How long this node waits for the peer's next message of a round, in ms. */
export const ANSWER_TIMEOUT_MS = 5_000

/** How long the last stage of a round has, in ms. */
export const LAST_STAGE_MS = 3_000

/** The longest time that the start is put off so that both sides begin together, in ms. */
const MAX_START_DELAY_MS = 1_000

/** What this node tells the peer, and what it knows for itself. */
export interface OwnFacts extends OwnSide {
  readonly facts: PeerFacts
}

/** Why a message of the peer was refused. It is counted, and nothing was dialed because of it. */
export type PunchRefusal = 'malformed' | 'not asked for' | 'busy' | 'unwilling'

/** What the caller is to do. */
export type PunchAction =
  | { readonly kind: 'send'; readonly type: number; readonly body: readonly unknown[] }
  /** Find out {@link OwnFacts}, and call `consent`. */
  | { readonly kind: 'prepare' }
  /** Try these, beginning after `delayMs`. */
  | { readonly kind: 'begin'; readonly stages: readonly PunchStage[]; readonly delayMs: number }
  /** The round has ended, or was not begun: stop whatever it began. `text` says why. */
  | { readonly kind: 'end'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: PunchRefusal; readonly text: string }
  | { readonly kind: 'leftOut'; readonly leftOut: readonly LeftOut[] }

/** What a negotiation needs to know of its node. */
export interface NegotiationParts {
  readonly self: NodeId
  readonly peer: NodeId
  /** The rounds that the peer begins. */
  readonly quota: RoundQuota
  /** What the peer's addresses are compared with, given how the routers see the peer. */
  readonly aroundOf: (seen: readonly End[]) => Surroundings
  /** A random integer from 0 to 2^32 - 1. */
  readonly randomRound: () => number
  /** Whether this node makes direct links to this peer. */
  readonly isWilling: () => boolean
}

/**
 * - `idle`: no round.
 * - `offered`: this node's offer was sent.
 * - `asked`: the peer's offer was taken; the caller prepares.
 * - `consented`: the answer was sent; the peer's start is awaited.
 * - `running`: both try.
 */
type State =
  | { readonly name: 'idle' }
  | { readonly name: 'offered'; readonly round: number; readonly at: number; readonly own: OwnFacts }
  | { readonly name: 'asked'; readonly round: number; readonly at: number; readonly peer: PeerFacts }
  | {
      readonly name: 'consented'
      readonly round: number
      readonly at: number
      readonly peer: PeerFacts
      readonly own: OwnFacts
    }
  | { readonly name: 'running'; readonly round: number; readonly until: number }

/** A round that both have agreed to. */
interface Beginning {
  readonly round: number
  readonly own: OwnFacts
  readonly peer: PeerFacts
  readonly beginsAt: number
  readonly delayMs: number
}

/**
 * How two nodes agree on a round of attempts to reach each other directly: offer, consent, start. Legal moves: `idle` ->
 * `offered` -> `running` -> `idle` on the side that asks; `idle` -> `asked` -> `consented` -> `running` -> `idle` on the
 * other side; any -> `idle`. When both ask at once, the offer of the lower node id counts. Nothing is tried before both
 * have agreed. It is given the time, and returns what to do.
 */
export class PunchNegotiation {
  readonly #parts: NegotiationParts
  #state: State = { name: 'idle' }

  constructor(parts: NegotiationParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#state.name === 'idle'
  }

  /** When `tick` is due; `Infinity` while nothing is awaited. */
  get dueAt(): number {
    const state = this.#state
    if (state.name === 'idle') return Infinity
    return state.name === 'running' ? state.until : state.at + ANSWER_TIMEOUT_MS
  }

  /** Asks the peer for a round. Without effect unless idle. */
  offer(own: OwnFacts, now: number): PunchAction[] {
    if (!this.isIdle) return []
    const round = this.#parts.randomRound()
    this.#state = { name: 'offered', round, at: now, own }
    return [offerOf(round, own)]
  }

  /** Answers the peer's offer, after `prepare`. Without effect when it does not stand any more. */
  consent(own: OwnFacts, now: number): PunchAction[] {
    const state = this.#state
    if (state.name !== 'asked') return []
    const { round, peer } = state
    this.#state = { name: 'consented', round, at: now, peer, own }
    return [{ kind: 'send', type: PunchType.CONSENT, body: [round, ...factsToWire(own.facts)] }]
  }

  /** A message of the peer: one of {@link PunchType}. */
  receive(type: number, body: unknown, now: number): PunchAction[] {
    const round = roundOf(body)
    if (round === undefined) return [refused('malformed', 'a message without a round')]
    const fields = body as readonly unknown[]
    if (type === PunchType.OFFER) return this.#offered(round, fields, now)
    if (type === PunchType.CONSENT) return this.#consented(round, fields, now)
    if (type === PunchType.START) return this.#started(round, now)
    return this.#givenUp(round, body)
  }

  /** Call it when `dueAt` has come. */
  tick(now: number): PunchAction[] {
    if (now < this.dueAt) return []
    const isRunning = this.#state.name === 'running'
    return this.stop(isRunning ? 'no link came of it' : 'the peer did not answer')
  }

  /** Ends the round, and tells the peer; idempotent. */
  stop(text: string): PunchAction[] {
    const state = this.#state
    if (state.name === 'idle') return []
    this.#state = { name: 'idle' }
    return [giveUp(state.round, GiveUpReason.NO_LINK, text), { kind: 'end', text }]
  }

  /** There is a link: the round ends without a word, since the peer has the link too. Idempotent. */
  succeeded(): PunchAction[] {
    if (this.isIdle) return []
    this.#state = { name: 'idle' }
    return [{ kind: 'end', text: '' }]
  }

  #offered(round: number, [, ...fields]: readonly unknown[], now: number): PunchAction[] {
    const state = this.#state
    // Both asked at once: the peer yields, or this node does. The peer may not have received this node's offer.
    if (state.name === 'offered' && this.#parts.self < this.#parts.peer)
      return [offerOf(state.round, state.own)]
    if (state.name !== 'idle' && state.name !== 'offered' && state.round === round) return []
    const refusal = this.#refusalOfOffer(now)
    if (refusal !== undefined)
      return [giveUp(round, ...refusal.reply), refused(refusal.kind, refusal.reply[1])]
    const read = factsFromWire(fields, this.#parts.aroundOf)
    if (typeof read === 'string') return this.#invalid(round, read)
    this.#state = { name: 'asked', round, at: now, peer: read.facts }
    return [...leftOut(read), { kind: 'prepare' }]
  }

  #refusalOfOffer(
    now: number,
  ): { readonly kind: PunchRefusal; readonly reply: readonly [GiveUpReason, string] } | undefined {
    if (!this.#parts.isWilling())
      return {
        kind: 'unwilling',
        reply: [GiveUpReason.UNWILLING, 'this node makes no direct link to the peer'],
      }
    if (this.#state.name === 'running')
      return { kind: 'busy', reply: [GiveUpReason.BUSY, 'a round is running'] }
    if (!this.#parts.quota.take(now))
      return { kind: 'busy', reply: [GiveUpReason.BUSY, 'too many rounds in a minute'] }
    return undefined
  }

  #consented(round: number, [, ...fields]: readonly unknown[], now: number): PunchAction[] {
    const state = this.#state
    if (state.name !== 'offered' || state.round !== round)
      return [refused('not asked for', 'a consent to a round that this node did not ask for')]
    const read = factsFromWire(fields, this.#parts.aroundOf)
    if (typeof read === 'string')
      return [...this.#invalid(round, read), ...this.#end('its consent was malformed')]
    // The start takes half a round trip to the peer, which begins when it arrives.
    const delayMs = Math.min((now - state.at) / 2, MAX_START_DELAY_MS)
    const start: PunchAction = { kind: 'send', type: PunchType.START, body: [round] }
    const begin = this.#begin({ round, own: state.own, peer: read.facts, beginsAt: now + delayMs, delayMs })
    return [...leftOut(read), start, begin]
  }

  #started(round: number, now: number): PunchAction[] {
    const state = this.#state
    if (state.name !== 'consented' || state.round !== round)
      return [refused('not asked for', 'a start of a round that this node did not agree to')]
    const { own, peer } = state
    return [this.#begin({ round, own, peer, beginsAt: now, delayMs: 0 })]
  }

  #begin({ round, own, peer, beginsAt, delayMs }: Beginning): PunchAction {
    const stages = planRound(own, peer)
    const until = beginsAt + (stages.at(-1)?.atMs ?? 0) + LAST_STAGE_MS
    this.#state = { name: 'running', round, until }
    return { kind: 'begin', stages, delayMs }
  }

  #givenUp(round: number, body: unknown): PunchAction[] {
    const state = this.#state
    // The peer may be first to see that the time is over; its word for an earlier round says nothing.
    if (state.name === 'idle' || state.round !== round) return []
    return this.#end(`the peer gave up: ${giveUpText(body)}`)
  }

  #end(text: string): PunchAction[] {
    this.#state = { name: 'idle' }
    return [{ kind: 'end', text }]
  }

  #invalid(round: number, text: string): PunchAction[] {
    return [giveUp(round, GiveUpReason.INVALID, text), refused('malformed', text)]
  }
}

function offerOf(round: number, { facts }: OwnFacts): PunchAction {
  return { kind: 'send', type: PunchType.OFFER, body: [round, ...factsToWire(facts)] }
}

function giveUp(round: number, reason: GiveUpReason, text: string): PunchAction {
  return { kind: 'send', type: PunchType.GIVE_UP, body: [round, reason, text] }
}

function refused(refusal: PunchRefusal, text: string): PunchAction {
  return { kind: 'refused', refusal, text }
}

function leftOut(read: ReadFacts): PunchAction[] {
  return read.leftOut.length === 0 ? [] : [{ kind: 'leftOut', leftOut: read.leftOut }]
}
