import type { NodeId } from '@astranet/interface'

/** What decides between several links of the same two nodes on the same path. */
export interface LinkFacts {
  /** The incarnation that the peer sent last, in its HELLO or later. */
  readonly incarnation: number
  /** The peer's life, from its HELLO; `undefined` when it was not sent: then the incarnations are compared instead. */
  readonly life: number | undefined
  /** Whether this node dialed it (for links without a dialer: whether it is the QMux client). */
  readonly isDialedHere: boolean
  /** The dialer's sequence number, from its HELLO (for links without a dialer: the QMux client's). */
  readonly sequence: number
}

/** Which of two links is preferred. `older-if-alive`: the older one if it answers a ping, otherwise the newer one. */
export type Preference = 'older' | 'newer' | 'older-if-alive'

/**
 * Compares two links by the rules of spec section 8; the first rule that applies decides:
 * 1. of links to two lives of the peer the older one wins if it answers a ping sent now. Their incarnations do not
 *    count: any peer can claim a higher one,
 * 2. of two links that the same node dialed the higher sequence number wins, or the newer link when they are equal,
 * 3. the link that the node with the lower id dialed wins; if that is the older one, only if it answers a ping sent
 *    now.
 *
 * `isOwnIdLower`: whether this node's id is lower than the peer's. Both sides get the same answer.
 */
export function comparePreference(older: LinkFacts, newer: LinkFacts, isOwnIdLower: boolean): Preference {
  if (!isSameLife(older, newer)) return 'older-if-alive'
  if (older.isDialedHere === newer.isDialedHere) return newer.sequence >= older.sequence ? 'newer' : 'older'
  return newer.isDialedHere === isOwnIdLower ? 'newer' : 'older-if-alive'
}

/** Whether both links lead to the same start of the peer; if not, one leads to an earlier start or to another node. */
export function isSameLife(
  one: Pick<LinkFacts, 'incarnation' | 'life'>,
  other: Pick<LinkFacts, 'incarnation' | 'life'>,
): boolean {
  if (one.life !== undefined && other.life !== undefined) return one.life === other.life
  return one.incarnation === other.incarnation
}

/** A link as {@link PreferredLink} sees it. */
export interface RankedLink {
  readonly facts: LinkFacts
}

/** What the owner of the links has to do next. */
export type PreferenceStep<L extends RankedLink> =
  /** Ping this link and report with `answered`, `silent` or `remove`. */
  | { readonly kind: 'ping'; readonly link: L }
  /** New streams use this link from now on; `undefined`: the last link is gone. */
  | { readonly kind: 'prefer'; readonly link: L | undefined }
  /** This link is not preferred: keep it on standby, or drain it. */
  | { readonly kind: 'standBy'; readonly link: L }

/**
 * Chooses the preferred link among the links between two nodes. It does no I/O: each call returns the steps to take.
 *
 * States: *empty* (no link), *decided* (one is preferred), *probing* (the preferred one was pinged; newer links wait to
 * be compared). Legal moves:
 * - `add`: empty -> decided; decided -> decided or probing; probing -> probing (the new link waits),
 * - `answered(preferred)`: probing -> decided or probing (for the next new link),
 * - `silent(preferred)`: likewise; the new link is now preferred, and the former one is on standby,
 * - `remove(link)`: any -> what is left; when the preferred link goes, the new link under comparison takes its place,
 *   otherwise the best one on standby. An `answered` or `silent` that is not expected and a `remove` of an unknown link
 *   change nothing.
 *
 * Holds one reference per link added and not removed.
 */
export class PreferredLink<L extends RankedLink> {
  readonly #isOwnIdLower: boolean
  #preferred: L | undefined = undefined
  /** Newer than the preferred one and not yet compared, oldest first. `isProbing` is about the first. */
  #waiting: L[] = []
  #standingBy: L[] = []

  constructor(ownId: NodeId, peerId: NodeId) {
    this.#isOwnIdLower = ownId < peerId
  }

  /** The link for new streams. */
  get preferred(): L | undefined {
    return this.#preferred
  }

  /** Whether the preferred link was pinged and has not answered. */
  get isProbing(): boolean {
    return this.#preferred !== undefined && this.#waiting.length > 0
  }

  /** A link has opened: both HELLOs are accepted. */
  add(link: L): PreferenceStep<L>[] {
    const wasProbing = this.isProbing
    this.#waiting.push(link)
    return wasProbing ? [] : this.#compareWaiting()
  }

  /** The preferred link answered the ping. */
  answered(link: L): PreferenceStep<L>[] {
    if (link !== this.#preferred || !this.isProbing) return []
    const loser = this.#waiting.shift() as L
    this.#standingBy.push(loser)
    return [{ kind: 'standBy', link: loser }, ...this.#compareWaiting()]
  }

  /** The preferred link did not answer the ping in time: the newer one replaces it. */
  silent(link: L): PreferenceStep<L>[] {
    if (link !== this.#preferred || !this.isProbing) return []
    const newer = this.#waiting.shift() as L
    return [...this.#prefer(newer), ...this.#compareWaiting()]
  }

  /** A link has ended, or did not answer the ping in time and is being closed for it. */
  remove(link: L): PreferenceStep<L>[] {
    if (link === this.#preferred) return this.#replacePreferred()
    this.#standingBy = this.#standingBy.filter((other) => other !== link)
    const wasFirst = this.#waiting[0] === link
    this.#waiting = this.#waiting.filter((other) => other !== link)
    return wasFirst ? this.#compareWaiting() : []
  }

  #replacePreferred(): PreferenceStep<L>[] {
    this.#preferred = undefined
    if (this.#waiting.length > 0) return this.#compareWaiting()
    const [best, ...others] = this.#standingBy
    if (best === undefined) return [{ kind: 'prefer', link: undefined }]
    // None of them was pinged recently. Whether the older one is dead is left to the multiplexer's dead-peer timer.
    let winner = best
    for (const other of others) {
      if (comparePreference(winner.facts, other.facts, this.#isOwnIdLower) === 'newer') winner = other
    }
    this.#standingBy = this.#standingBy.filter((link) => link !== winner)
    this.#preferred = winner
    return [{ kind: 'prefer', link: winner }]
  }

  #compareWaiting(): PreferenceStep<L>[] {
    const steps: PreferenceStep<L>[] = []
    for (let newer = this.#waiting[0]; newer !== undefined; newer = this.#waiting[0]) {
      const older = this.#preferred
      const preference =
        older === undefined ? 'newer' : comparePreference(older.facts, newer.facts, this.#isOwnIdLower)
      if (older !== undefined && preference === 'older-if-alive') {
        steps.push({ kind: 'ping', link: older })
        return steps
      }
      this.#waiting.shift()
      if (preference === 'newer') steps.push(...this.#prefer(newer))
      else steps.push(...this.#standBy(newer))
    }
    return steps
  }

  #prefer(link: L): PreferenceStep<L>[] {
    const displaced = this.#preferred
    this.#preferred = link
    const step: PreferenceStep<L> = { kind: 'prefer', link }
    return displaced === undefined ? [step] : [step, ...this.#standBy(displaced)]
  }

  #standBy(link: L): PreferenceStep<L>[] {
    this.#standingBy.push(link)
    return [{ kind: 'standBy', link }]
  }
}
