import type { Delta } from '../log/delta.js'
import { compareVersions, plainVersion, type Version } from '../model/version.js'
import { isContinued, type SharedLog } from './shared-log.js'
import { MAX_MARKS } from './sync-limits.js'

/** A log that is due to a neighbour. */
export interface DirtyLog {
  readonly log: SharedLog
  /** What the neighbour holds of it; `undefined`: nothing that is known. */
  readonly base: Version | undefined
  /** Whether the neighbour asked for it: then it counts as sent again. */
  readonly isAsked: boolean
  /** Where the last part that was sent ended; `undefined`: none was sent. */
  cursor: Version | undefined
  /** The state that the last part was sent with; `undefined`: none was sent. */
  sent: (Version & { readonly watermark: number }) | undefined
}

/** What is due to a neighbour: one entry for each log, first come first served, and marks between them. */
export class DirtyQueue {
  readonly #entries = new Map<string | number, DirtyLog | undefined>()
  readonly #marks = new Set<number>()

  get size(): number {
    return this.#entries.size
  }

  /** Whether a log, or a mark, is due. */
  has(key: string | number): boolean {
    return this.#entries.has(key)
  }

  /** What is first: a log, or the number of a mark. */
  get first(): DirtyLog | number | undefined {
    for (const [key, entry] of this.#entries) return entry ?? (key as number)
    return undefined
  }

  /** A log has changed since `base`. What is due already stays so: it will be sent in its newest state. */
  add(log: SharedLog, base: Version | undefined): void {
    const due = this.#entries.get(log.key)
    // It may be the log as it was before its owner was forgotten.
    if (due === undefined || due.log !== log)
      this.#entries.set(log.key, { log, base, isAsked: false, cursor: undefined, sent: undefined })
    else this.#delay(due)
  }

  /** The neighbour asks for a log, and holds `base` of it. */
  ask(log: SharedLog, base: Version | undefined): void {
    const entry = { log, base, isAsked: true, cursor: undefined, sent: undefined }
    this.#entries.set(log.key, entry)
    this.#delay(entry)
  }

  /** Everything that is due now comes before this mark. The oldest one goes when there are more than `MAX_MARKS`. */
  mark(token: number): void {
    this.#entries.set(token, undefined)
    this.#marks.add(token)
    for (const oldest of this.#marks) {
      if (this.#marks.size <= MAX_MARKS) break
      this.delete(oldest)
    }
  }

  /** A log, or a mark, is not due any more. */
  delete(key: string | number): void {
    this.#entries.delete(key)
    if (typeof key === 'number') this.#marks.delete(key)
  }

  /** The neighbour has shown that it holds `version` of a log. */
  isKnown(key: string, version: Version): void {
    const entry = this.#entries.get(key)
    const own = entry?.log.version
    if (own !== undefined && entry?.isAsked === false && compareVersions(version, own) >= 0)
      this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#marks.clear()
  }

  /**
   * A links log goes behind all that is due: the nodes that its newest state makes reachable must not be seen as they
   * were before.
   */
  #delay(entry: DirtyLog): void {
    const { key, kind } = entry.log
    if (kind !== 'links' || entry.cursor !== undefined) return
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }
}

/**
 * The next part of a log that is due: of `maxBytes`, or one entry. `undefined`: the neighbour has its state, or it has
 * none.
 */
export function nextPart(entry: DirtyLog, maxBytes: number): Delta | undefined {
  const { log } = entry
  const { owner, kind, state, publicKey } = log
  if (state === undefined) return undefined
  const since = startOf(entry)
  if (since !== undefined && compareVersions(since, state) >= 0 && entry.cursor === undefined)
    return undefined
  const part = log.partAfter(since?.sequence ?? 0, maxBytes)
  const { watermark } = state
  entry.sent = { ...plainVersion(state), watermark }
  entry.cursor = part.hasMore ? { incarnation: state.incarnation, sequence: part.until, check: 0 } : undefined
  return {
    owner,
    kind,
    publicKey: since === undefined ? publicKey : undefined,
    state,
    since,
    hasMore: part.hasMore,
    entries: part.entries,
  }
}

/** Where the next part begins; `undefined`: a snapshot begins. */
function startOf({ log, base, cursor, sent }: DirtyLog): Version | undefined {
  const { state } = log
  if (cursor === undefined) return base !== undefined && isContinued(log, base) ? base : undefined
  if (state === undefined || sent === undefined || cursor.incarnation < log.continuousFrom) return undefined
  const { replacedBy } = log
  if (replacedBy !== undefined && compareVersions(sent, replacedBy) < 0) return undefined
  // A tombstone that was dropped before it was sent may withdraw what the parts before have brought.
  return state.watermark > Math.max(cursor.sequence, sent.watermark) ? undefined : cursor
}
