import { formatNodeId, type NodeId } from '@astranet/interface'
import { logKey, type LogId } from '../log/log-id.js'
import { MIN_LOG_BYTES } from '../model/held-bytes.js'
import { compareVersions, isNewer, plainVersion, type Version } from '../model/version.js'
import { leastAsked, otherSource, type AwaitedLog, type OfferKind, type Source } from './awaited-log.js'
import type { Neighbour } from './neighbour.js'
import {
  ANNOUNCED_PATIENCE_MS,
  ASK_DELAY_MS,
  MAX_ANNOUNCED,
  MAX_EMPTY_ANSWERS,
  PULL_PATIENCE_MS,
} from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/**
 * The logs that are awaited, each from one neighbour at a time: it is asked at once when it offered the log at link-up,
 * after a moment when it announced it, because it may be on its way over another link. When it does not deliver, the
 * next one is asked that offers it.
 */
export class Awaited {
  readonly #state: SyncState
  readonly #logs = new Map<string, AwaitedLog>()
  /** The most logs that are awaited of one neighbour. */
  readonly #maxOffered: number
  /** Called when a neighbour has nothing left that is awaited of its offer. */
  readonly #onComplete: (neighbour: Neighbour) => void

  /** `maxHeldBytes`: more logs than fit into it need not be remembered. */
  constructor(state: SyncState, maxHeldBytes: number, onComplete: (neighbour: Neighbour) => void) {
    this.#state = state
    this.#maxOffered = Math.floor(maxHeldBytes / MIN_LOG_BYTES)
    this.#onComplete = onComplete
  }

  /** Whether a neighbour is known to hold that version of a log, because the log is awaited of it. */
  isOfferedBy(neighbour: Neighbour, key: string, version: Version): boolean {
    const entry = this.#logs.get(key)
    const source = entry?.sources.get(neighbour)
    return source !== undefined && compareVersions(source.version, version) >= 0
  }

  /** `from` holds a version that is newer than the one held here. */
  offered(from: Neighbour, id: LogId, version: Version, how: OfferKind): void {
    const entry = this.#open(from, id, version, how)
    if (entry === undefined) return
    if (isNewer(version, entry.version)) entry.version = version
    if (how === 'pull') this.#await(from, entry)
    if (entry.askedOf !== undefined) return
    if (how === 'pull') this.#ask(entry, from)
    else entry.timer ??= this.#state.agenda.add(this.#state.now + ASK_DELAY_MS, () => this.#askNext(entry))
  }

  /** What `from` sent does not follow what is held: it is asked again. */
  gap(from: Neighbour, id: LogId, state: Version, isMismatch: boolean): void {
    const version = plainVersion(state)
    const entry = this.#open(from, id, version, 'pull')
    if (entry === undefined) return
    if (isNewer(version, entry.version)) entry.version = version
    // What is on its way to an ask does not make another one necessary.
    if (entry.askedOf === from && (entry.isWhole || !isMismatch)) return
    entry.isWhole ||= isMismatch
    this.#ask(entry, from)
  }

  /** A log is held in `version` now, or what `from` sent of it is not newer than what is held. */
  arrived(key: string, version: Version, from: Neighbour | undefined): void {
    const entry = this.#logs.get(key)
    if (entry === undefined) return
    if (from !== undefined && entry.askedOf === from) from.progressAt = this.#state.now
    if (!isNewer(entry.version, version)) this.#remove(entry)
    else if (entry.askedOf === from) this.#failed(entry)
  }

  /** `from` does not hold the logs of an owner. */
  gone(from: Neighbour, owner: NodeId): void {
    for (const kind of ['services', 'links'] as const) {
      const entry = this.#logs.get(logKey(owner, kind))
      // The other log of that owner may be on its way: what was not asked stays.
      if (entry?.askedOf !== from) continue
      if (entry.isAnnounced && ++from.emptyAnswers >= MAX_EMPTY_ANSWERS) this.#lied(from, entry)
      this.#drop(entry, from)
    }
  }

  /** A log is awaited no more: it is refused here, or asked for later. */
  refused(key: string): void {
    const entry = this.#logs.get(key)
    if (entry !== undefined) this.#remove(entry)
  }

  /** Nothing more comes from a neighbour on this link. */
  leave(neighbour: Neighbour): void {
    this.#state.agenda.cancel(neighbour.patience)
    neighbour.patience = undefined
    neighbour.asks.clear()
    if (neighbour.awaited.size + neighbour.announced === 0) return
    for (const entry of [...this.#logs.values()])
      if (entry.sources.has(neighbour)) this.#drop(entry, neighbour)
    neighbour.awaited.clear()
  }

  clear(): void {
    this.#logs.clear()
  }

  #open(from: Neighbour, id: LogId, version: Version, how: OfferKind): AwaitedLog | undefined {
    const key = logKey(id.owner, id.kind)
    const isAnnounced = how === 'announced'
    let entry = this.#logs.get(key)
    if (entry?.sources.has(from) !== true) {
      if (from.announced >= this.#maxOffered) return undefined
      if (isAnnounced && (from.isLiar || from.announced - from.awaited.size >= MAX_ANNOUNCED))
        return undefined
    }
    if (entry === undefined) {
      const { owner, kind } = id
      const sources = new Map<Neighbour, Source>()
      entry = {
        owner,
        kind,
        key,
        version,
        sources,
        askedOf: undefined,
        isAnnounced,
        isWhole: false,
        timer: undefined,
      }
      this.#logs.set(key, entry)
    }
    const source = entry.sources.get(from)
    if (source === undefined) {
      entry.sources.set(from, { version, asked: 0 })
      from.announced++
    } else if (isNewer(version, source.version)) source.version = version
    return entry
  }

  #await(from: Neighbour, entry: AwaitedLog): void {
    entry.isAnnounced = false
    if (from.awaited.size === 0) from.progressAt = this.#state.now
    from.awaited.add(entry.key)
    from.patience ??= this.#state.agenda.add(this.#state.now + PULL_PATIENCE_MS, () => this.#lookAt(from))
  }

  #ask(entry: AwaitedLog, from: Neighbour): void {
    const { owner, kind, key, isWhole } = entry
    const { agenda, neighbours, now } = this.#state
    agenda.cancel(entry.timer)
    entry.timer = undefined
    entry.askedOf?.asks.delete(key)
    entry.askedOf = from
    const source = entry.sources.get(from)
    if (source !== undefined) source.asked++
    from.asks.set(key, { owner, kind, isWhole })
    neighbours.wake(from)
    if (entry.isAnnounced)
      entry.timer = agenda.add(now + ANNOUNCED_PATIENCE_MS, () => this.#lookFor(entry, from, now))
  }

  /** Asks a source that was asked least. */
  #askNext(entry: AwaitedLog): void {
    const next = leastAsked(entry, this.#state.store.get(entry)?.version)
    if (next !== undefined) this.#ask(entry, next)
    else if (entry.isAnnounced) this.#giveUp(entry)
  }

  /** It has not come. When nothing at all has come of the one that was asked, its link is slow, or has gone. */
  #lookFor(entry: AwaitedLog, from: Neighbour, askedAt: number): void {
    const source = entry.sources.get(from)
    if (source !== undefined && from.heardAt <= askedAt) source.asked--
    this.#failed(entry)
  }

  /** The one that was asked has not sent what it offered. */
  #failed(entry: AwaitedLog): void {
    this.#state.agenda.cancel(entry.timer)
    entry.timer = undefined
    entry.askedOf?.asks.delete(entry.key)
    entry.askedOf = undefined
    this.#askNext(entry)
  }

  #giveUp(entry: AwaitedLog): void {
    for (const source of entry.sources.keys()) this.#lied(source, entry)
    this.#remove(entry)
  }

  #lied(source: Neighbour, entry: AwaitedLog): void {
    const { owner } = entry
    const offered = entry.sources.get(source)?.version
    // What it had may have come from others since.
    const isHere = offered === undefined || !isNewer(offered, this.#state.store.get(entry)?.version)
    if (source.isLiar || isHere) return
    source.isLiar = true
    const text = `node ${formatNodeId(source.id)} announced a state of node ${formatNodeId(owner)} and does not have it`
    this.#state.reports.add({ kind: 'forged', owner, speaker: source.id, text })
  }

  /** A neighbour is not a source of this log any more. */
  #drop(entry: AwaitedLog, source: Neighbour): void {
    entry.sources.delete(source)
    source.announced--
    source.asks.delete(entry.key)
    if (entry.sources.size === 0) this.#forget(entry)
    else if (entry.askedOf === source) {
      entry.askedOf = undefined
      this.#askNext(entry)
    }
    if (source.awaited.delete(entry.key) && source.awaited.size === 0) this.#complete(source)
  }

  #remove(entry: AwaitedLog): void {
    this.#forget(entry)
    for (const source of entry.sources.keys()) {
      source.announced--
      source.asks.delete(entry.key)
      if (source.awaited.delete(entry.key) && source.awaited.size === 0) this.#complete(source)
    }
  }

  #forget(entry: AwaitedLog): void {
    this.#state.agenda.cancel(entry.timer)
    this.#logs.delete(entry.key)
  }

  #complete(source: Neighbour): void {
    this.#state.agenda.cancel(source.patience)
    source.patience = undefined
    if (source.isUp) this.#onComplete(source)
  }

  /** When nothing has arrived of a neighbour for long, others are asked for what it offered. */
  #lookAt(source: Neighbour): void {
    const { agenda, now } = this.#state
    source.patience = undefined
    if (source.awaited.size === 0) return
    if (now - source.progressAt >= PULL_PATIENCE_MS) {
      for (const key of source.awaited) this.#tryOther(this.#logs.get(key), source)
      source.progressAt = now
    }
    source.patience = agenda.add(source.progressAt + PULL_PATIENCE_MS, () => this.#lookAt(source))
  }

  #tryOther(entry: AwaitedLog | undefined, slow: Neighbour): void {
    if (entry?.askedOf !== slow) return
    const other = otherSource(entry, slow)
    if (other !== undefined) this.#ask(entry, other)
  }
}
