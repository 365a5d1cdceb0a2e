/** The initial backlog credit, in streams. */
const FIRST_BACKLOG = 4_096

/** The backlog credit grows to this while accepting keeps up, in streams. */
const MAX_BACKLOG = 65_536

/** Indexes `[from, to)` that were opened by implication and have had no frame of their own. */
interface Gap {
  from: number
  to: number
}

/** What a frame's stream index means. */
export type IndexKind = 'new' | 'known' | 'over-limit'

/**
 * The streams of one directionality that the peer opens. A frame for stream N opens all lower ones of its kind (RFC
 * 9000 section 2.1): that moves a watermark and records one gap, whatever N is.
 *
 *     MAX_STREAMS = min(closed + maxConcurrent, accepted + backlog credit)
 *
 * The backlog credit starts at 4,096 and doubles to 65,536 while the application accepts as fast as streams arrive,
 * so a peer that obeys has to wait and is never refused.
 */
export class PeerStreams {
  /** The MAX_STREAMS the peer has. */
  limit: number
  /** All lower indexes are open or were. */
  opened = 0
  /** Streams the application has got. */
  accepted = 0
  /** Streams that have ended. */
  closed = 0
  /** No more credit is given: the session drains. */
  isFrozen = false
  #backlog = FIRST_BACKLOG
  readonly #maxConcurrent: number
  readonly #gaps: Gap[] = []

  constructor(maxConcurrent: number) {
    this.#maxConcurrent = maxConcurrent
    this.limit = Math.min(maxConcurrent, FIRST_BACKLOG)
  }

  /** Streams the peer has opened and the application has not got. */
  get waiting(): number {
    return this.opened - this.accepted
  }

  /** What a frame for this index means; 'new' exactly once for each index. */
  see(index: number): IndexKind {
    if (index >= this.limit) return 'over-limit'
    if (index === this.opened) {
      this.opened += 1
      return 'new'
    }
    if (index > this.opened) {
      this.#gaps.push({ from: this.opened, to: index })
      this.opened = index + 1
      return 'new'
    }
    return this.#gaps.length > 0 && this.#fill(index) ? 'new' : 'known'
  }

  /**
   * Whether a MAX_STREAMS is due: when it would allow many more, or one more to a peer that has used up what it had.
   */
  isUpdateDue(): boolean {
    if (this.isFrozen) return false
    const more = this.#target() - this.limit
    if (more < 1) return false
    return this.opened >= this.limit || more >= Math.min(this.#backlog, this.#maxConcurrent) / 2
  }

  /** Raises the limit. */
  update(): void {
    if (this.waiting < this.#backlog / 4) this.#backlog = Math.min(2 * this.#backlog, MAX_BACKLOG)
    this.limit = Math.max(this.limit, this.#target())
  }

  #target(): number {
    return Math.min(this.closed + this.#maxConcurrent, this.accepted + this.#backlog)
  }

  /** Takes `index` out of the gap it lies in, by binary search. False when it lies in none. */
  #fill(index: number): boolean {
    const gaps = this.#gaps
    let low = 0
    let high = gaps.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const gap = gaps[middle] as Gap
      if (index < gap.from) high = middle - 1
      else if (index >= gap.to) low = middle + 1
      else {
        this.#split(middle, gap, index)
        return true
      }
    }
    return false
  }

  #split(position: number, gap: Gap, index: number): void {
    if (index === gap.from) gap.from += 1
    else if (index === gap.to - 1) gap.to -= 1
    else {
      this.#gaps.splice(position + 1, 0, { from: index + 1, to: gap.to })
      gap.to = index
    }
    if (gap.from === gap.to) this.#gaps.splice(position, 1)
  }
}
