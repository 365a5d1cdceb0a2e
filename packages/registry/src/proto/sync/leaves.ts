import type { AstraError, NodeId } from '@astranet/interface'
import type { RecordChange } from '../log/delta-result.js'
import { logKey } from '../log/log-id.js'
import type { CatalogueRecord } from '../model/record.js'
import type { Version } from '../model/version.js'
import type { ServiceView } from '../view/service-view.js'
import type { WantsMessage } from '../wire/message.js'
import { LeafWants } from './leaf-wants.js'
import type { Neighbour } from './neighbour.js'
import { nameText } from './pending-wants.js'
import type { SharedLog } from './shared-log.js'
import type { SyncState } from './sync-state.js'

/** What {@link Leaves} work with. */
export interface LeavesParts {
  readonly state: SyncState
  readonly view: ServiceView
  /** The services log of an owner that is visible, or of this node. */
  readonly logOf: (owner: NodeId) => SharedLog | undefined
  /** The records in it. */
  readonly recordsOf: (owner: NodeId) => Iterable<CatalogueRecord>
  /** The owners that are visible, and this node. */
  readonly owners: () => Iterable<NodeId>
}

/** What happened to the names of an owner since leaves were told. */
interface NameChanges {
  readonly added: Set<string>
  hasRemoved: boolean
}

/**
 * What the leaves of a router want: who is told of a change is found by the names in it and by who was told before, so
 * all other leaves cost nothing.
 */
export class Leaves {
  readonly #parts: LeavesParts
  readonly #byName = new Map<string, Set<Neighbour>>()
  readonly #all = new Set<Neighbour>()
  readonly #byOwner = new Map<NodeId, Set<Neighbour>>()
  readonly #changes = new Map<NodeId, NameChanges>()
  readonly #wants: LeafWants
  /** Records that were looked at since it was set. */
  #looks = 0

  constructor(parts: LeavesParts) {
    this.#parts = parts
    const { state, view, owners } = parts
    this.#wants = new LeafWants({
      state,
      view,
      owners,
      setName: (leaf, text, isWanted) => this.#setName(leaf, text, isWanted),
      setAll: (leaf, isAll) => this.#setAll(leaf, isAll),
      forgetUnwanted: (leaf, owner) => this.#forgetUnwanted(leaf, owner),
      give: (leaf, owner, held) => {
        this.#give(leaf, owner, held)
        return 1
      },
    })
  }

  /** A leaf says what it wants. Returns an error when that is too much. */
  wants(from: Neighbour, message: WantsMessage): AstraError | undefined {
    return this.#wants.receive(from, message)
  }

  /** Notes how the services of a visible owner have changed; `passedOn` follows. */
  note(owner: NodeId, changes: readonly RecordChange[]): void {
    for (const { before, now } of changes) {
      if (now?.kind === 'service' && before === undefined) {
        const text = nameText(now.environment, now.name)
        if (this.#byName.has(text)) this.#changesOf(owner).added.add(text)
      } else if (now === undefined && this.#byOwner.has(owner)) this.#changesOf(owner).hasRemoved = true
    }
  }

  /** The services log of a visible owner has changed since `base`. */
  passedOn(log: SharedLog, base: Version | undefined): void {
    const { owner } = log
    const changes = this.#changes.get(owner)
    this.#changes.delete(owner)
    for (const leaf of [...(this.#byOwner.get(owner) ?? [])]) {
      this.#send(leaf, log, base)
      if (changes?.hasRemoved === true && !this.#isWanted(leaf, owner)) this.#forget(leaf, owner)
    }
    const news = new Set(this.#all)
    for (const name of changes?.added ?? []) for (const leaf of this.#byName.get(name) ?? []) news.add(leaf)
    for (const leaf of news) this.#give(leaf, owner)
  }

  /** An owner has become visible. */
  shown(owner: NodeId): void {
    for (const leaf of this.#all) this.#give(leaf, owner)
    if (this.#byName.size === 0) return
    for (const record of this.#parts.recordsOf(owner)) {
      if (record.kind !== 'service') continue
      const leaves = this.#byName.get(nameText(record.environment, record.name))
      for (const leaf of leaves ?? []) this.#give(leaf, owner)
    }
  }

  /** An owner is not visible any more. */
  hidden(owner: NodeId): void {
    this.#changes.delete(owner)
    for (const leaf of [...(this.#byOwner.get(owner) ?? [])]) {
      this.#forget(leaf, owner)
      // Sent after this, it would make the owner visible there again.
      leaf.dirty.delete(logKey(owner, 'services'))
      leaf.gone.add(owner)
      this.#parts.state.neighbours.wake(leaf)
    }
  }

  /** A leaf has gone, or begins anew: it wants nothing. */
  leave(leaf: Neighbour): void {
    const { interest } = leaf
    this.#wants.leave(leaf)
    for (const name of interest.names) removeFrom(this.#byName, name, leaf)
    for (const owner of [...interest.owners]) this.#forget(leaf, owner)
    interest.names.clear()
    this.#setAll(leaf, false)
  }

  #setName(leaf: Neighbour, text: string, isWanted: boolean): void {
    if (isWanted) {
      leaf.interest.names.add(text)
      addTo(this.#byName, text, leaf)
    } else {
      leaf.interest.names.delete(text)
      removeFrom(this.#byName, text, leaf)
    }
  }

  #setAll(leaf: Neighbour, isAll: boolean): void {
    leaf.interest.all = isAll
    if (isAll) this.#all.add(leaf)
    else this.#all.delete(leaf)
  }

  #forgetUnwanted(leaf: Neighbour, owner: NodeId): number {
    this.#looks = 1
    if (leaf.interest.owners.has(owner) && !this.#isWanted(leaf, owner)) this.#forget(leaf, owner)
    return this.#looks
  }

  /** A leaf is to have the services log of an owner, and changes of it from now on. */
  #give(leaf: Neighbour, owner: NodeId, held?: ReadonlyMap<NodeId, Version>): void {
    if (leaf.interest.owners.has(owner) || owner === leaf.id) return
    const log = this.#parts.logOf(owner)
    if (log === undefined) return
    leaf.interest.owners.add(owner)
    addTo(this.#byOwner, owner, leaf)
    leaf.gone.delete(owner)
    if (held === undefined) this.#send(leaf, log, undefined)
    else leaf.dirty.ask(log, held.get(owner))
    this.#parts.state.neighbours.wake(leaf)
  }

  #send(leaf: Neighbour, log: SharedLog, base: Version | undefined): void {
    leaf.dirty.add(log, base)
    this.#parts.state.neighbours.wake(leaf)
  }

  #forget(leaf: Neighbour, owner: NodeId): void {
    leaf.interest.owners.delete(owner)
    removeFrom(this.#byOwner, owner, leaf)
  }

  #isWanted({ interest }: Neighbour, owner: NodeId): boolean {
    if (interest.all) return true
    if (interest.isEmpty) return false
    for (const record of this.#parts.recordsOf(owner)) {
      this.#looks++
      if (record.kind === 'service' && interest.names.has(nameText(record.environment, record.name)))
        return true
    }
    return false
  }

  #changesOf(owner: NodeId): NameChanges {
    const changes = this.#changes.get(owner) ?? { added: new Set(), hasRemoved: false }
    this.#changes.set(owner, changes)
    return changes
  }
}

function addTo<K>(sets: Map<K, Set<Neighbour>>, key: K, neighbour: Neighbour): void {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set)
  set.add(neighbour)
}

function removeFrom<K>(sets: Map<K, Set<Neighbour>>, key: K, neighbour: Neighbour): void {
  const set = sets.get(key)
  set?.delete(neighbour)
  if (set?.size === 0) sets.delete(key)
}
