import type { NodeId } from '@astranet/interface'
import type { Delta } from '../log/delta.js'
import {
  MAX_GREETING_ITEMS,
  MAX_ITEMS_PER_MESSAGE,
  MAX_MESSAGE_BYTES,
  RESENT_MIN_BYTES,
  RESENT_STATES,
} from '../model/limits.js'
import type { AskedLog, GreetingMessage, LogVersion, Message } from '../wire/message.js'
import {
  DELTA_OVERHEAD_BYTES,
  deltaBytes,
  MAX_PART_BYTES,
  MESSAGE_OVERHEAD_BYTES,
  VERSION_BYTES,
} from '../wire/sizes.js'
import { nextPart, type DirtyLog } from './dirty-queue.js'
import { evidenceOf, greetingOf } from './greeting.js'
import type { Home } from './home.js'
import type { Neighbour } from './neighbour.js'
import type { OwnLogs } from './own-logs.js'
import type { SharedLog } from './shared-log.js'
import { CONFIRM_INTERVAL_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'
import type { VersionsAnswer } from './versions-answer.js'

/** What an {@link Outbox} works with. */
export interface OutboxParts {
  readonly state: SyncState
  readonly own: OwnLogs
  readonly home: Home
  /** Whether an owner is shown here, or is this node. */
  readonly isShown: (owner: NodeId) => boolean
  /** Whether a neighbour may see a log. */
  readonly mayPassOn: (to: NodeId, log: SharedLog) => boolean
}

/** An entry that takes less room than this is not worth a part of its own at the end of a message. */
const MIN_PART_BYTES = 2_048

/** Makes the messages that are due to a neighbour, from what is due at that moment. Nothing else is queued. */
export class Outbox {
  readonly #parts: OutboxParts

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** The next message that is due to a neighbour; `undefined`: none. */
  next(to: Neighbour): Message | undefined {
    if (to.isRestartDue) {
      to.isRestartDue = false
      return { type: 'restart' }
    }
    if (to.isGreetingDue) {
      to.isGreetingDue = false
      return this.#greeting(to)
    }
    const message =
      this.#request(to) ?? this.#answer(to) ?? this.#deltas(to) ?? this.#announce(to) ?? this.#root(to)
    // What must not be passed on was found out only now.
    return message ?? (to.gone.size > 0 ? this.#answer(to) : undefined)
  }

  #greeting(to: Neighbour): GreetingMessage {
    const { state, own } = this.#parts
    if (!state.isRouter) return greetingOf(own.present())
    if (!to.holdsAll) return { type: 'greeting', root: 0, count: 0, items: [] }
    if (state.tree.count <= MAX_GREETING_ITEMS) return greetingOf(this.#visibleTo(to, state.tree.logs()))
    return { type: 'greeting', root: state.tree.root, count: state.tree.count, items: undefined }
  }

  /** What is asked of the neighbour. */
  #request(to: Neighbour): Message | undefined {
    const { state, home } = this.#parts
    if (to.pull === 'due') {
      to.pull = 'awaited'
      return { type: 'buckets', buckets: state.tree.buckets }
    }
    if (to.asks.size > 0) return this.#ask(to)
    return this.#confirm(to) ?? home.next(to)
  }

  #ask(to: Neighbour): Message {
    const { store, self } = this.#parts.state
    const items: AskedLog[] = []
    for (const [key, { owner, kind, isWhole }] of to.asks) {
      if (items.length === MAX_ITEMS_PER_MESSAGE) break
      to.asks.delete(key)
      const log = isWhole || owner === self ? undefined : store.get({ owner, kind })
      items.push({ owner, kind, held: log?.version })
    }
    return { type: 'ask', items }
  }

  /** What the neighbour asked for, beside logs. */
  #answer(to: Neighbour): Message | undefined {
    if (to.answer !== undefined) {
      if (to.resent.hasRoom(this.#parts.state.now)) return this.#versions(to, to.answer)
      this.#wait(to)
    }
    if (to.gone.size > 0) {
      return { type: 'gone', owners: takeSome(to.gone) }
    }
    const confirmed = this.#confirmed(to)
    if (confirmed !== undefined) return confirmed
    const { first } = to.dirty
    if (typeof first !== 'number') return undefined
    to.dirty.delete(first)
    return { type: 'settled', token: first }
  }

  /** Asks about many owners at once, and at first about one without delay. */
  #confirm(to: Neighbour): Message | undefined {
    const { now } = this.#parts.state
    if (to.toConfirm.size === 0) return undefined
    const at = to.confirmAt + CONFIRM_INTERVAL_MS
    if (now < at) {
      this.#wakeAt(to, at)
      return undefined
    }
    to.confirmAt = now
    return { type: 'confirm', owners: takeSome(to.toConfirm) }
  }

  #confirmed(to: Neighbour): Message | undefined {
    const { state, own, isShown } = this.#parts
    const items: LogVersion[] = []
    while (items.length === 0 && to.confirmed.size > 0) {
      for (const owner of takeSome(to.confirmed)) {
        const log = owner === state.self ? own.services : state.store.owner(owner)?.services
        if (log?.version === undefined || !isShown(owner)) continue
        const item = { owner, kind: 'services', version: log.version } as const
        if (this.#mayBeTold(to, item)) items.push(item)
      }
    }
    if (items.length === 0) return undefined
    this.#useResent(to, items.length * VERSION_BYTES)
    return { type: 'confirmed', items }
  }

  #deltas(to: Neighbour): Message | undefined {
    const deltas: Delta[] = []
    let room = MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD_BYTES
    for (const log of to.evidence) {
      to.evidence.delete(log)
      const delta = evidenceOf(log)
      if (delta !== undefined) deltas.push(delta)
      room -= DELTA_OVERHEAD_BYTES
    }
    if (!to.isKnown) return deltas.length === 0 ? undefined : { type: 'deltas', deltas }
    for (let first = to.dirty.first; typeof first === 'object'; first = to.dirty.first) {
      if (deltas.length > 0 && room < DELTA_OVERHEAD_BYTES + MIN_PART_BYTES) break
      if (first.isAsked && !to.resent.hasRoom(this.#parts.state.now)) {
        this.#wait(to)
        break
      }
      const delta = this.#part(to, first, Math.min(room - DELTA_OVERHEAD_BYTES, MAX_PART_BYTES))
      // A single entry may be larger than the room that was left; then the message is full.
      if (delta !== undefined && deltas.length > 0 && deltaBytes(delta) > room) {
        first.cursor = delta.since
        break
      }
      if (delta?.hasMore !== true) to.dirty.delete(first.log.key)
      if (delta === undefined) continue
      this.#count(to, first, delta)
      deltas.push(delta)
      room -= deltaBytes(delta)
    }
    return deltas.length === 0 ? undefined : { type: 'deltas', deltas }
  }

  #part(to: Neighbour, dirty: DirtyLog, maxBytes: number): Delta | undefined {
    const { owner } = dirty.log
    if (this.#parts.mayPassOn(to.id, dirty.log)) return nextPart(dirty, maxBytes)
    to.isRestricted = true
    to.gone.add(owner)
    return undefined
  }

  #count(to: Neighbour, { isAsked }: DirtyLog, { entries }: Delta): void {
    const { state } = this.#parts
    state.sentEntryBytes += entries.length
    if (isAsked) this.#useResent(to, entries.length + DELTA_OVERHEAD_BYTES)
  }

  #useResent(to: Neighbour, bytes: number): void {
    const { tree, now } = this.#parts.state
    const wholeBytes = tree.bytes + tree.count * DELTA_OVERHEAD_BYTES
    const whole = Math.max(RESENT_MIN_BYTES, wholeBytes * RESENT_STATES)
    to.resent.use(bytes / whole, now)
  }

  /** A part of the answer to buckets. It uses the ration of what is sent again. */
  #versions(to: Neighbour, answer: VersionsAnswer): Message {
    const { items, hasMore } = answer.take()
    if (!hasMore) to.answer = undefined
    this.#useResent(to, items.length * VERSION_BYTES)
    return { type: 'versions', items: items.filter((item) => this.#mayBeTold(to, item)), hasMore }
  }

  #announce(to: Neighbour): Message | undefined {
    const { now } = this.#parts.state
    const { dueAt } = to.announcements
    if (dueAt === undefined || !to.isCurrent) return undefined
    if (dueAt > now) {
      this.#wakeAt(to, dueAt)
      return undefined
    }
    const items = to.announcements.take().filter((item) => this.#mayBeTold(to, item))
    return items.length === 0 ? this.#announce(to) : { type: 'announce', items }
  }

  #root(to: Neighbour): Message | undefined {
    if (!to.isRootDue) return undefined
    to.isRootDue = false
    const { tree } = this.#parts.state
    return to.isCurrent && !to.isRestricted ? { type: 'root', root: tree.root } : undefined
  }

  /** What was asked for has to wait for its ration. */
  #wait(to: Neighbour): void {
    this.#wakeAt(to, to.resent.roomAt(this.#parts.state.now))
  }

  #wakeAt(to: Neighbour, at: number): void {
    const { agenda, neighbours } = this.#parts.state
    if (to.timer !== undefined && to.timer.task !== undefined && to.timer.at <= at) return
    agenda.cancel(to.timer)
    to.timer = agenda.add(at, () => neighbours.wake(to))
  }

  #mayBeTold(to: Neighbour, item: LogVersion): boolean {
    const { state, own } = this.#parts
    const log = item.owner === state.self ? own.get(item.kind) : state.store.get(item)
    if (log === undefined || this.#parts.mayPassOn(to.id, log)) return true
    to.isRestricted = true
    return false
  }

  *#visibleTo(to: Neighbour, logs: Iterable<SharedLog>): Iterable<SharedLog> {
    for (const log of logs) {
      if (this.#parts.mayPassOn(to.id, log)) yield log
      else to.isRestricted = true
    }
  }
}

/** Takes as many ids as fit into one message. */
function takeSome(ids: Set<NodeId>): NodeId[] {
  const taken: NodeId[] = []
  for (const id of ids) {
    if (taken.length === MAX_ITEMS_PER_MESSAGE) break
    ids.delete(id)
    taken.push(id)
  }
  return taken
}
