import type { Clock, NodeId } from '@astranet/interface'
import { isSameLife, PreferredLink, type Link, type PreferenceStep } from '@astranet/link'
import { LossWatchers } from './loss-watchers.js'
import { probe, type Verdict } from './probe.js'
import { StandbyLinks } from './standby-links.js'

/** What preferring links needs of the node. */
export interface PreferredLinksParts {
  readonly self: NodeId
  readonly clock: Clock
  /** There is a link to the node where there was none, or another one is preferred now. */
  readonly onPreferred: (nodeId: NodeId, link: Link) => void
  /** There is no link to the node any more. */
  readonly onLost: (nodeId: NodeId) => void
}

/**
 * Which of the open links to each node is used for new streams. The other ones stand by: their streams go on, and for a
 * while they can take over. The table of links reports which links are open; nothing here keeps a link alive.
 */
export class PreferredLinks {
  readonly #parts: PreferredLinksParts
  readonly #choices = new Map<NodeId, PreferredLink<Link>>()
  readonly #standby: StandbyLinks
  readonly #watchers: LossWatchers = new LossWatchers()
  /** The links that are not preferred any more, those that end included; the first has been so for the longest time. */
  readonly #aside = new Set<Link>()

  constructor(parts: PreferredLinksParts) {
    this.#parts = parts
    this.#standby = new StandbyLinks(parts.clock, (nodeId, link) => this.#drain(nodeId, link))
  }

  /** The link to use for the node, if there is one. */
  linkTo(nodeId: NodeId): Link | undefined {
    return this.#choices.get(nodeId)?.preferred
  }

  /** Whether there is a link to any node. */
  get hasAny(): boolean {
    return this.#choices.size > 0
  }

  /** The neighbours, with the preferred link of each. */
  *[Symbol.iterator](): Generator<[NodeId, Link]> {
    for (const [nodeId, { preferred }] of this.#choices)
      if (preferred !== undefined) yield [nodeId, preferred]
  }

  /**
   * Which of `links`, all open and to that node, is to be closed when there are too many, `newest` among them: not the
   * preferred one; of the others one to another life of the node than `newest`, which has perhaps broken silently, so
   * that a restarted node is not shut out by its former life; of these the one with the fewest streams, so that a peer
   * in good faith loses none; of equals the one that has stood by longest.
   */
  leastUseful(nodeId: NodeId, links: readonly Link[], newest: Link): Link | undefined {
    const preferred = this.linkTo(nodeId)
    const standingBy = [...this.#aside].filter((link) => links.includes(link))
    const waiting = links.filter((link) => !this.#aside.has(link))
    const candidates = [...standingBy, ...waiting].filter((link) => link !== preferred)
    const former = candidates.filter((link) => !isSameLife(link.facts, newest.facts))
    let least: Link | undefined
    for (const link of former.length > 0 ? former : candidates)
      if (least === undefined || streamsOf(link) < streamsOf(least)) least = link
    return least
  }

  /** Calls `onLost` once there is no link to the node: soon if there is none now. The result ends that. */
  watch(nodeId: NodeId, onLost: () => void): () => void {
    const unwatch = this.#watchers.add(nodeId, onLost)
    if (this.linkTo(nodeId) === undefined) this.#parts.clock.defer(() => void (unwatch() && onLost()))
    return () => void unwatch()
  }

  /** The link to the node has opened. */
  add(nodeId: NodeId, link: Link): void {
    let choice = this.#choices.get(nodeId)
    if (choice === undefined) {
      choice = new PreferredLink<Link>(this.#parts.self, nodeId)
      this.#choices.set(nodeId, choice)
    }
    this.#take(nodeId, choice.add(link))
  }

  /** The link has closed, with an error or cleanly. Idempotent; without effect for a link that never opened. */
  closed(nodeId: NodeId | undefined, link: Link, _error?: Error): void {
    this.withdraw(nodeId, link)
    this.#aside.delete(link)
  }

  /** The link is not to be preferred any more. Idempotent; without effect for a link that never opened. */
  withdraw(nodeId: NodeId | undefined, link: Link): void {
    this.#standby.delete(link)
    this.#aside.add(link)
    const choice = nodeId === undefined ? undefined : this.#choices.get(nodeId)
    if (nodeId !== undefined && choice !== undefined) this.#take(nodeId, choice.remove(link))
  }

  #take(nodeId: NodeId, steps: PreferenceStep<Link>[]): void {
    const { self, clock, onPreferred, onLost } = this.#parts
    for (const step of steps) {
      if (step.kind === 'ping') {
        const { link } = step
        probe(link, clock, (verdict) => this.#judge(nodeId, link, verdict))
      }
      // One of the two sides drains it, and both agree which one.
      else if (step.kind === 'standBy') {
        this.#aside.add(step.link)
        if (self < nodeId) this.#standby.add(nodeId, step.link)
      } else if (step.kind === 'prefer' && step.link !== undefined) {
        this.#aside.delete(step.link)
        this.#standby.delete(step.link)
        onPreferred(nodeId, step.link)
      } else if (step.kind === 'prefer') {
        this.#choices.delete(nodeId)
        onLost(nodeId)
        this.#watchers.lost(nodeId)
      }
    }
  }

  /** The link has stood by long enough: it ends when its last stream does. */
  #drain(nodeId: NodeId, link: Link): void {
    this.withdraw(nodeId, link)
    void link.drain()
  }

  #judge(nodeId: NodeId, link: Link, verdict: Verdict): void {
    const choice = this.#choices.get(nodeId)
    if (choice !== undefined) this.#take(nodeId, choice[verdict](link))
  }
}

function streamsOf(link: Link): number {
  return link.session?.openStreams ?? 0
}
