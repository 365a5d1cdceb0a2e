import type { Clock, NodeId } from '@astranet/interface'
import type { DialError, Link } from '@astranet/link'
import { fits, type DialPath, type LinkPath } from './link-path.js'
import type { LinkRecord } from './link-record.js'
import type { PreferredLinks } from './preferred-links.js'
import type { RelayedLinks } from './relayed-links.js'
import type { LinkWay } from './ways/link-way.js'
import { WayAttempts } from './ways/way-attempts.js'
import { noLinkError } from './ways/way-errors.js'

/** How long a dial through routers may stay unanswered before its link is asked whether it lives, in ms. */
const DOUBT_AFTER_MS = 400

/** How long the link has to answer before it is doubted, in ms; on a long path this many round trips. */
const ANSWER_MS = 700
const ANSWER_ROUND_TRIPS = 2

/** What finding and making links needs of the node. */
export interface LinkSourceParts {
  /** Links over connections. */
  readonly direct: PreferredLinks
  /** Links through routers. */
  readonly relayed: RelayedLinks
  /** What makes a link where there is none; all that fit a dial are tried at the same time. */
  readonly ways: readonly LinkWay[]
  readonly recordOf: (link: Link) => LinkRecord | undefined
  readonly clock: Clock
  /** Dials that wait look again: there may be a link, or a reason why there is none. */
  readonly onChange: () => void
}

/**
 * The one place where dials get links: one that is open, a direct one first; or one that is made for them, over a
 * connection or through routers, whichever is there first.
 */
export class LinkSource {
  readonly #parts: LinkSourceParts
  readonly #attempts: readonly WayAttempts[]
  /** Links through routers that were asked whether they live and have not answered. */
  readonly #asked = new Map<Link, Promise<unknown>>()
  /** Those of them that had time enough. */
  readonly #doubted = new Set<Link>()

  constructor(parts: LinkSourceParts) {
    this.#parts = parts
    this.#attempts = parts.ways.map((way) => new WayAttempts(way, parts))
  }

  /** The open link that dials of the node would use, if there is one. */
  linkTo(nodeId: NodeId, wanted: DialPath = 'any'): Link | undefined {
    const { direct, relayed } = this.#parts
    const link = fits('direct', wanted) ? dialable(direct, nodeId) : undefined
    if (link !== undefined || !fits('relay', wanted)) return link
    const overRouters = dialable(relayed, nodeId)
    return overRouters === undefined || this.#doubted.has(overRouters) ? undefined : overRouters
  }

  /** Whether a dial can be sent to the node now or soon: whether its service is one to choose from. Begins nothing. */
  canReach(nodeId: NodeId, wanted: DialPath): boolean {
    if (this.linkTo(nodeId, wanted) !== undefined) return true
    return this.#attempts.some((each) => fits(each.way.kind, wanted) && each.isHopeful(nodeId))
  }

  /**
   * The link to dial the node over. Without one it begins to make one, and returns `undefined`: the dial waits until its
   * deadline, and `onChange` wakes it. An error: no link will come of it.
   */
  obtain(nodeId: NodeId, wanted: DialPath): Link | DialError | undefined {
    const link = this.linkTo(nodeId, wanted)
    if (link !== undefined) {
      this.#parts.relayed.used(link)
      return link
    }
    const attempts = this.#attempts.filter(({ way }) => fits(way.kind, wanted))
    for (const attempt of attempts) attempt.begin(nodeId)
    if (attempts.some((attempt) => attempt.isHopeful(nodeId))) return undefined
    for (const attempt of attempts) {
      const error = attempt.refusalOf(nodeId)
      if (error !== undefined) return noLinkError(error)
    }
    return undefined
  }

  /** Begins to make a link over a path of that kind, although no dial waits. Whether it has begun now. */
  begin(nodeId: NodeId, kind: LinkPath['kind']): boolean {
    const attempts = this.#attempts.filter(({ way }) => way.kind === kind)
    return attempts.map((attempt) => attempt.begin(nodeId)).includes(true)
  }

  /**
   * A dial was sent over the link. When it is not answered soon and the link leads through routers, the link is asked
   * whether it lives. Without an answer one of the routers may have gone silently, or the node may be busy: then other
   * dials do without the link until it answers, and `onDoubted` is called, once. Its streams go on. Returns what ends
   * that; `undefined` for a direct link.
   */
  doubt(link: Link, onDoubted: () => void): (() => void) | undefined {
    const { recordOf, clock } = this.#parts
    if (recordOf(link)?.path.kind !== 'relay') return undefined
    const background = { background: true }
    const onUnanswered = (): void => {
      this.#avoid(link)
      onDoubted()
    }
    const ask = (): void => {
      const answerMs = Math.max(ANSWER_MS, ANSWER_ROUND_TRIPS * (link.session?.rttMs ?? 0))
      timer = clock.setTimer(answerMs, onUnanswered, background)
      const stop = (): void => timer.cancel()
      this.#ask(link).then(stop, stop)
    }
    let timer = clock.setTimer(DOUBT_AFTER_MS, ask, background)
    return () => timer.cancel()
  }

  /** Why no link to the node could be made lately. */
  failure(nodeId: NodeId): Error | undefined {
    for (const attempt of this.#attempts) {
      const error = attempt.errorOf(nodeId)
      if (error !== undefined) return error
    }
    return undefined
  }

  /** Settles when the link has answered, or has ended. */
  #ask(link: Link): Promise<unknown> {
    const asked = this.#asked.get(link)
    if (asked !== undefined) return asked
    const answer = link.ping()
    const settle = (): void => {
      this.#asked.delete(link)
      if (this.#doubted.delete(link)) this.#parts.onChange()
    }
    this.#asked.set(link, answer)
    answer.then(settle, settle)
    return answer
  }

  /** Dials do without the link until it answers, or ends. */
  #avoid(link: Link): void {
    if (!this.#asked.has(link) || this.#doubted.has(link)) return
    this.#doubted.add(link)
    for (const { way } of this.#attempts) way.doubted?.(link)
  }

  /** Makes no more links; idempotent. */
  close(reason: Error): void {
    for (const attempt of this.#attempts) attempt.close(reason)
  }
}

/** A link that ends or goes away exists for a while longer, but takes no dials. */
function dialable(links: PreferredLinks, nodeId: NodeId): Link | undefined {
  const link = links.linkTo(nodeId)
  return link?.isDialable === true ? link : undefined
}
