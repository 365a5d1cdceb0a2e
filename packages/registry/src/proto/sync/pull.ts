import { logKey } from '../log/log-id.js'
import { compareVersions, isNewer, type Version } from '../model/version.js'
import type { BucketsMessage, GreetingMessage, LogVersion, VersionsMessage } from '../wire/message.js'
import type { Awaited } from './awaited.js'
import type { OfferKind } from './awaited-log.js'
import type { Neighbour } from './neighbour.js'
import type { OwnLogs } from './own-logs.js'
import type { Push } from './push.js'
import type { RefusedOwners } from './refused-owners.js'
import type { SharedLog } from './shared-log.js'
import type { SyncState } from './sync-state.js'
import { VersionsAnswer } from './versions-answer.js'

/** What {@link Pull} works with. */
export interface PullParts {
  readonly state: SyncState
  readonly own: OwnLogs
  readonly awaited: Awaited
  readonly push: Push
  readonly refused: RefusedOwners
  /** Whether a neighbour may have offered everything that it offers here. */
  readonly onComplete: (neighbour: Neighbour) => void
}

/** Finds out what differs between two neighbours: by lists when they are short, else by the hash tree. */
export class Pull {
  readonly #parts: PullParts

  constructor(parts: PullParts) {
    this.#parts = parts
  }

  /** A neighbour says what it offers. */
  greeted(from: Neighbour, { root, items }: GreetingMessage): void {
    const { state, onComplete } = this.#parts
    from.hasGreeted = true
    if (items !== undefined) this.offered(from, items, 'pull')
    else if (from.isRouter && state.holdsAll && root !== state.tree.root) this.begin(from)
    state.neighbours.wake(from)
    onComplete(from)
  }

  /** Something differs: what is held here goes to the neighbour, which answers with versions. */
  begin(from: Neighbour): void {
    from.pull = 'due'
    this.#parts.state.neighbours.wake(from)
  }

  /** A neighbour names what it holds by buckets: it wants the versions where something differs. */
  asked(from: Neighbour, { buckets }: BucketsMessage): void {
    from.answer = new VersionsAnswer(this.#differing(buckets))
    this.#parts.state.neighbours.wake(from)
  }

  /** The answer to buckets. What was not asked for is ignored. */
  answered(from: Neighbour, { items, hasMore }: VersionsMessage): void {
    if (from.pull !== 'awaited') return
    this.offered(from, items, 'pull')
    if (hasMore) return
    from.pull = 'idle'
    this.#parts.state.neighbours.wake(from)
    this.#parts.onComplete(from)
  }

  /** A neighbour sends the root of what it offers, now and then: a difference that stays is looked into. */
  rootReceived(from: Neighbour, root: number): void {
    const { tree, holdsAll } = this.#parts.state
    const isInFlight = !from.isCurrent || from.pull !== 'idle' || from.awaited.size + from.dirty.size > 0
    if (!from.isRouter || !holdsAll || isInFlight || root === tree.root) {
      from.rootMismatches = 0
      return
    }
    from.rootMismatches++
    if (from.rootMismatches < 2) return
    from.rootMismatches = 0
    this.begin(from)
  }

  /** A neighbour holds these versions. */
  offered(from: Neighbour, items: readonly LogVersion[], how: OfferKind): void {
    for (const item of items) this.#offered(from, item, how)
  }

  #offered(from: Neighbour, item: LogVersion, how: OfferKind): void {
    const { state, own, awaited, push, refused } = this.#parts
    const { owner, kind, version } = item
    const key = logKey(owner, kind)
    if (owner === state.self) {
      this.#offeredOwn(from, item, own.version(kind))
      return
    }
    const log = state.store.get(item)
    const held = log?.version
    // Only routers pass on what others offer, and a leaf is sent what it wants without asking. But each node may show a
    // router that an owner had a later life.
    const isEvidence = state.isRouter && held !== undefined && version.incarnation > held.incarnation
    if (owner !== from.id && !(from.isRouter && state.holdsAll) && !isEvidence) return
    if (held !== undefined && !isNewer(version, held)) {
      from.dirty.isKnown(key, version)
      from.announcements.isKnown(key, version)
      awaited.arrived(key, held, undefined)
      if (log !== undefined && isNewer(held, version)) push.outdated(from, log, version)
    } else if (!refused.hasVersion(key, version)) awaited.offered(from, item, version, how)
  }

  /** Somebody holds a later state of this node than this node knows: it may be an earlier life's, so it is asked for. */
  #offeredOwn(from: Neighbour, { owner, kind, version }: LogVersion, own: Version): void {
    const key = logKey(owner, kind)
    if (compareVersions(version, own) <= 0) {
      from.announcements.isKnown(key, version)
      return
    }
    from.asks.set(key, { owner, kind, isWhole: true })
    this.#parts.state.neighbours.wake(from)
  }

  *#differing(buckets: readonly number[]): Iterable<SharedLog> {
    const { state, own } = this.#parts
    if (!state.isRouter) {
      yield* own.present()
      return
    }
    const mine = state.tree.buckets
    for (const [index, number] of buckets.entries()) {
      if (number !== mine[index]) yield* state.tree.bucket(index)
    }
  }
}
