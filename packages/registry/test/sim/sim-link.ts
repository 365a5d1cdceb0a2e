import type { NodeId } from '@astranet/interface'
import type { NeighbourFacts, RegistryMessage } from '../../src/index.js'
import type { Rng } from '@astranet/testkit/sim'

/** The longest that a silent loss goes unnoticed: two pings without an answer, ms. */
export const NOTICE_MS = 10_000

/** What a link needs of its world. */
export interface LinkHost {
  readonly options: { readonly delayMs: number; readonly windowMessages: number; readonly isEncoded: boolean }
  readonly rng: Rng
  after(delayMs: number, callback: () => void): void
  isRunning(peer: SimPeer): boolean
  sent(from: LinkEnd, message: RegistryMessage): void
  encode(message: RegistryMessage): Uint8Array
  decode(bytes: Uint8Array): unknown
  /** Something failed where nobody can catch it. */
  fail(error: unknown): void
}

/** What has links: a node's process, or something that behaves like none. */
export interface SimPeer {
  readonly index: number
  /** What its HELLO says now. */
  readonly facts: NeighbourFacts
  linkUp(end: LinkEnd): void
  linkDown(end: LinkEnd): void
  /** Returns a promise when the next message of this link has to wait. */
  receive(end: LinkEnd, message: unknown): void | Promise<void>
  /** The peer of a link tells that it has a later incarnation. */
  tellIncarnation(end: LinkEnd, incarnation: number): void
  /** A link that was full has room again. */
  hasRoom(end: LinkEnd): void
}

/** One end of a link: what its owner has in hand. */
export class LinkEnd {
  readonly owner: SimPeer
  readonly link: SimLink
  isUp = false
  inFlight = 0
  readonly #inbox: unknown[] = []
  #isBusy = false

  constructor(owner: SimPeer, link: SimLink) {
    this.owner = owner
    this.link = link
  }

  get peer(): LinkEnd {
    return this.link.other(this)
  }

  get peerId(): NodeId {
    return this.peer.owner.facts.nodeId
  }

  get hasRoom(): boolean {
    return this.inFlight < this.link.windowMessages
  }

  send(message: RegistryMessage): void {
    this.inFlight++
    this.link.send(this, message)
  }

  /** The owner's side has gone, or has noticed that the link has. */
  down(): void {
    if (!this.isUp) return
    this.isUp = false
    this.#inbox.length = 0
    this.owner.linkDown(this)
  }

  arrive(message: unknown): void {
    if (!this.isUp) return
    this.#inbox.push(message)
    if (!this.#isBusy) this.#work()
  }

  #work(): void {
    while (this.isUp && this.#inbox.length > 0) {
      const waiting = this.owner.receive(this, this.#inbox.shift())
      if (waiting === undefined) continue
      this.#isBusy = true
      waiting.then(
        () => {
          this.#isBusy = false
          this.#work()
        },
        (error: unknown) => this.link.world.fail(error),
      )
      return
    }
  }
}

/** A link between two peers: ordered, whole messages, each `delayMs` on its way; all are lost when it is cut. */
export class SimLink {
  readonly world: LinkHost
  readonly delayMs: number
  readonly windowMessages: number
  readonly ends: readonly [LinkEnd, LinkEnd]
  onCut: (() => void) | undefined
  /** The link that this one takes the place of, until both ends have moved. */
  #before: SimLink | undefined
  #isCut = false

  constructor(world: LinkHost, [a, b]: readonly [SimPeer, SimPeer], before?: SimLink) {
    this.#before = before
    this.world = world
    this.delayMs = world.options.delayMs
    this.windowMessages = world.options.windowMessages
    this.ends = [new LinkEnd(a, this), new LinkEnd(b, this)]
  }

  get isCut(): boolean {
    return this.#isCut
  }

  get isUp(): boolean {
    return !this.#isCut && this.ends[0].isUp && this.ends[1].isUp
  }

  other(end: LinkEnd): LinkEnd {
    return end === this.ends[0] ? this.ends[1] : this.ends[0]
  }

  /** The acceptor is ready first, the dialer half a round trip later. */
  open(): void {
    this.#up(this.ends[1])
    this.world.after(this.delayMs, () => this.#up(this.ends[0]))
  }

  send(from: LinkEnd, message: RegistryMessage): void {
    this.world.sent(from, message)
    const bytes = this.world.options.isEncoded ? this.world.encode(message) : undefined
    this.world.after(this.delayMs, () => {
      if (this.#isCut) return
      this.other(from).arrive(bytes === undefined ? message : this.world.decode(bytes))
      this.world.after(this.delayMs, () => {
        from.inFlight--
        if (from.isUp && from.inFlight === this.windowMessages - 1) from.owner.hasRoom(from)
      })
    })
  }

  /** What goes beside the registry's messages, and is not ordered with them. */
  tellIncarnation(from: LinkEnd, incarnation: number): void {
    this.world.after(this.delayMs, () => {
      const to = this.other(from)
      if (!this.#isCut && to.isUp) to.owner.tellIncarnation(to, incarnation)
    })
  }

  /**
   * Nothing gets through any more. `reset`: both ends learn it within a delay; `silent`: each by its own pings, within
   * ten seconds. `by` has cut it and knows at once.
   */
  cut(how: 'reset' | 'silent', by?: LinkEnd): void {
    if (this.#isCut) return
    this.#isCut = true
    by?.down()
    for (const end of this.ends) {
      const afterMs = how === 'reset' ? this.delayMs : this.world.rng.float() * NOTICE_MS
      if (end !== by) this.world.after(afterMs, () => end.down())
    }
    // An end that has not moved yet notices by the link that it still has.
    this.#before?.cut(
      how,
      this.#before.ends.find(({ owner }) => owner === by?.owner),
    )
    this.#before = undefined
    this.onCut?.()
  }

  #up(end: LinkEnd): void {
    if (this.#isCut || !this.world.isRunning(end.owner)) return
    end.isUp = true
    end.owner.linkUp(end)
    if (this.isUp) this.#before = undefined
  }
}
