import type { NodeId } from '@astranet/interface'

/** What is known of one of several links between the same two nodes on the same path. */
export interface LinkFacts {
  /** The peer's incarnation, as it said last: in its HELLO or later. */
  readonly incarnation: number
  /** The peer's life, from its HELLO; `undefined` when it does not say: then its incarnation stands for it. */
  readonly life: number | undefined
  /** Whether this node dialed it (for links attached as equals: whether it is the QMux client). */
  readonly isDialedHere: boolean
  /** The dialer's sequence number, from its HELLO (for links attached as equals: the QMux client's). */
  readonly sequence: number
  /** What authenticated the peer, for example a certificate's fingerprint; `undefined` when nothing did. */
  readonly credential: string | undefined
}

/** Which of two links is preferred, or that it hangs on the older one answering a ping. */
export type Preference = 'older' | 'newer' | 'older-if-alive'

/**
 * Compares two links by the rules of spec section 8; the first that applies decides:
 * 1. an older link authenticated by another credential than the newer stays,
 * 2. of two lives of the peer the older link wins if it answers a ping sent now, whatever their incarnations: anybody can
 *    say a higher one,
 * 3. of two dialed by the same node the higher sequence number wins, or the newer when they are equal,
 * 4. the one that the lower node id dialed wins; when that is the older, only if it answers a ping sent now.
 *
 * `isOwnIdLower`: whether this node's id is lower than the peer's. Both sides come to the same answer.
 */
export function comparePreference(older: LinkFacts, newer: LinkFacts, isOwnIdLower: boolean): Preference {
  if (older.credential !== undefined && older.credential !== newer.credential) return 'older'
  if (!isSameLife(older, newer)) return 'older-if-alive'
  if (older.isDialedHere === newer.isDialedHere) return newer.sequence >= older.sequence ? 'newer' : 'older'
  return newer.isDialedHere === isOwnIdLower ? 'newer' : 'older-if-alive'
}

/** Whether both links lead to the same start of the peer, and not one of them to a former start, or to another node. */
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

/** What the owner of the links has to do now. */
export type PreferenceStep<L extends RankedLink> =
  /** Ping this link and report with `answered`, `silent` or `remove`. */
  | { readonly kind: 'ping'; readonly link: L }
  /** New streams go here from now on; `undefined`: nowhere, the last link is gone. */
  | { readonly kind: 'prefer'; readonly link: L | undefined }
  /** This link is not preferred: let it stand by, or drain it. */
  | { readonly kind: 'standBy'; readonly link: L }

/**
 * Chooses the preferred one among the links between two nodes. It does no I/O: each call returns the steps to take.
 *
 * States: *empty* (no link), *settled* (one preferred), *probing* (the preferred one was asked for a ping; newer links
 * wait to be compared). Legal moves:
 * - `add`: empty -> settled; settled -> settled or probing; probing -> probing (the newcomer waits its turn),
 * - `answered(preferred)`: probing -> settled or probing (the next newcomer),
 * - `silent(preferred)`: likewise, and the newcomer has taken the place of the preferred one, which stands by,
 * - `remove(link)`: any -> what is left; when the preferred goes, the newcomer under comparison takes its place,
 *   otherwise the best of those standing by.
 * An `answered` or `silent` that nobody waits for and a `remove` of an unknown link change nothing.
 *
 * Holds one reference per link added and not removed.
 */
export class PreferredLink<L extends RankedLink> {
  readonly #isOwnIdLower: boolean
  #preferred: L | undefined = undefined
  /** Newer than the preferred one and not yet compared, oldest first. The first is why `isProbing`. */
  #waiting: L[] = []
  #standingBy: L[] = []

  constructor(ownId: NodeId, peerId: NodeId) {
    this.#isOwnIdLower = ownId < peerId
  }

  /** Where new streams go. */
  get preferred(): L | undefined {
    return this.#preferred
  }

  /** Whether an answer from the preferred link is awaited. */
  get isProbing(): boolean {
    return this.#preferred !== undefined && this.#waiting.length > 0
  }

  /** A link has opened: both HELLOs are accepted. */
  add(link: L): PreferenceStep<L>[] {
    const wasProbing = this.isProbing
    this.#waiting.push(link)
    return wasProbing ? [] : this.#compareWaiting()
  }

  /** The preferred link answered the ping that was asked for. */
  answered(link: L): PreferenceStep<L>[] {
    if (link !== this.#preferred || !this.isProbing) return []
    const loser = this.#waiting.shift() as L
    this.#standingBy.push(loser)
    return [{ kind: 'standBy', link: loser }, ...this.#compareWaiting()]
  }

  /** The preferred link did not answer the ping in time: it gives way. */
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
    // None of them was pinged lately, so the doubt about the older one is left to the mux's own dead-peer timer.
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
