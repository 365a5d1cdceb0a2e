import type { NodeId, Timer } from '@astranet/interface'
import { PunchNegotiation, type OwnFacts, type PunchAction } from '../../proto/punch/negotiation.js'
import { isSameSite, linkPort, ownFacts } from '../../proto/punch/own-facts.js'
import type { RetrySchedule } from '../../proto/punch/retry-schedule.js'
import type { PeerMemory } from '../../proto/punch/peer-memory.js'
import type { PuncherParts } from './puncher-parts.js'
import { PunchRound } from './round.js'
import { Wish } from './wish.js'

/** How much later the higher node id asks, in ms, so that the two sides seldom ask at once. */
const YIELD_MS = 500

/** What the attempts to reach one peer need besides what those of all peers need. */
export interface PeerPunchParts {
  readonly peer: NodeId
  /** What earlier attempts left. */
  readonly memory: PeerMemory
  /** Whether a SYN may be sent to this host; if so, it is counted. */
  readonly takeSyn: (host: string) => boolean
}

/**
 * The attempts to reach one peer directly, as long as it is reached over a router, or wished for. Holds one timer.
 */
export class PeerPunch {
  readonly peer: NodeId
  readonly #parts: PuncherParts
  readonly #takeSyn: (host: string) => boolean
  readonly #negotiation: PunchNegotiation
  readonly #schedule: RetrySchedule
  #round: PunchRound | undefined = undefined
  /** Resolves when the ports of former rounds are free. */
  #ending: Promise<void> = Promise.resolve()
  #timer: Timer | undefined = undefined
  #preparing: PunchRound | undefined = undefined
  #wish: Wish | undefined = undefined
  #isClosed = false

  constructor(parts: PuncherParts, { peer, memory, takeSyn }: PeerPunchParts) {
    this.peer = peer
    this.#parts = parts
    this.#takeSyn = takeSyn
    const { self, situation, randomRound, isWilling } = parts
    const { schedule, quota } = memory
    this.#schedule = schedule
    this.#negotiation = new PunchNegotiation({
      ...{ self, peer, quota, randomRound },
      isWilling: () => isWilling(peer),
      aroundOf: (seen) => {
        const { networks, relays, observations } = situation()
        return { networks, relays, isSameSite: isSameSite(observations, seen) }
      },
    })
    this.#arm()
  }

  /** A control message of the peer. */
  receive(type: number, body: unknown): void {
    if (!this.#isClosed) this.#take(this.#negotiation.receive(type, body, this.#now))
  }

  /** The network of this node has changed, or its machine woke. */
  networkChanged(): void {
    if (this.#isClosed) return
    this.#schedule.changed(this.#now)
    this.#arm()
  }

  /** There is a link through routers again. */
  linked(): void {
    this.#wish = undefined
    this.#arm()
  }

  /** There is no link any more: until `untilMs` the tries go on, over links that are made for them. */
  linger(untilMs: number, onLapse: () => void): void {
    if (this.#isClosed) return
    this.#wish = new Wish({ untilMs, onLapse, meet: () => this.#parts.meet(this.peer) })
    // The round that was running cannot go on.
    if (this.#negotiation.succeeded().length > 0) this.#schedule.failed(this.#now)
    this.#preparing = undefined
    this.#endRound()
    this.#arm()
  }

  /** There is a direct link, or no link at all any more. Idempotent; resolves when its port is free. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#negotiation.succeeded()
    this.#endRound()
    await this.#ending
  }

  get #now(): number {
    return this.#parts.clock.now()
  }

  /** Waits for what is due next: an answer of the peer, the end of a round, or the next try. */
  #arm(): void {
    this.#timer?.cancel()
    if (this.#isClosed || this.#preparing !== undefined) return
    const { clock } = this.#parts
    const delayMs = Math.max(0, this.#dueAt - clock.now())
    this.#timer = clock.setTimer(delayMs, () => this.#due(), { background: true })
  }

  get #dueAt(): number {
    const wish = this.#wish
    const yieldMs = this.#parts.self < this.peer ? 0 : YIELD_MS
    const tryAt = this.#schedule.dueAt + yieldMs
    if (wish !== undefined) return wish.dueAt(tryAt)
    return this.#negotiation.isIdle ? tryAt : this.#negotiation.dueAt
  }

  #due(): void {
    const isWilling = this.#parts.isWilling(this.peer)
    if (this.#wish !== undefined) {
      if (this.#wish.pursue(this.#now, isWilling)) this.#schedule.failed(this.#now)
      this.#arm()
    } else if (!this.#negotiation.isIdle) this.#take(this.#negotiation.tick(this.#now))
    else if (isWilling) this.#prepare((facts) => this.#negotiation.offer(facts, this.#now))
    else {
      this.#schedule.failed(this.#now)
      this.#arm()
    }
  }

  #take(actions: readonly PunchAction[]): void {
    for (const action of actions) this.#do(action)
    this.#arm()
  }

  #do(action: PunchAction): void {
    const { send, onEvent } = this.#parts
    switch (action.kind) {
      case 'send':
        send(this.peer, action.type, action.body)
        break
      case 'prepare':
        this.#prepare((facts) => this.#negotiation.consent(facts, this.#now))
        break
      case 'begin':
        onEvent(this.peer, { kind: 'begun' })
        this.#round?.begin(action.stages, action.delayMs)
        break
      case 'end':
        this.#ended(action.text)
        break
      case 'refused':
      case 'leftOut':
        onEvent(this.peer, action)
    }
  }

  /** Listens, finds out how this node can be reached, and goes on with `next`. */
  #prepare(next: (facts: OwnFacts) => readonly PunchAction[]): void {
    const round = this.#newRound()
    this.#preparing = round
    void round.listen().then((listening) => {
      if (this.#preparing === round) this.#preparing = undefined
      // The round may have ended meanwhile, or another one has begun.
      if (this.#isClosed || this.#round !== round) this.#arm()
      else this.#take(next(ownFacts({ ...this.#parts.situation(), ...listening })))
    })
  }

  #newRound(): PunchRound {
    this.#endRound()
    const { sockets, clock, adopt, situation } = this.#parts
    const round = new PunchRound({
      ...{ sockets, clock, takeSyn: this.#takeSyn, linkPort: linkPort(situation()) },
      adopt: async (connection, options) => {
        await adopt(this.peer, connection, options)
        this.#schedule.changed(this.#now)
      },
    })
    this.#round = round
    return round
  }

  #ended(text: string): void {
    this.#endRound()
    this.#schedule.failed(this.#now)
    this.#parts.onEvent(this.peer, { kind: 'failed', text })
  }

  #endRound(): void {
    const ended = this.#round?.end()
    this.#round = undefined
    if (ended !== undefined) this.#ending = this.#ending.then(() => ended)
  }
}
