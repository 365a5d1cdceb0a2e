import { utf8Length, type NodeId } from '@astranet/interface'
import type { ServiceView } from '../view/service-view.js'
import type { LogVersion, WantedName, WantsMessage } from '../wire/message.js'
import type { AgendaEntry } from './agenda.js'
import { Interests, type Interest } from './interests.js'
import { recordsOf } from './log-store.js'
import type { Neighbour } from './neighbour.js'
import { nameText } from './pending-wants.js'
import { GRACE_MS, MAX_DELTA_BYTES } from './sync-limits.js'
import type { SyncState } from './sync-state.js'
import { MAX_ITEMS_PER_MESSAGE } from '../model/limits.js'

/** What {@link Home} works with. */
export interface HomeParts {
  readonly state: SyncState
  readonly view: ServiceView
  /** What the router gave of an owner has changed: look whether the owner is visible, and forget what is of no use. */
  readonly onGivenChanged: (owner: NodeId) => void
  /** Something is to be said to the router, at the end of this turn: what is wanted has changed. */
  readonly onWork: () => void
}

/** Bytes of one version, and of what is around one name, in a message. */
const VERSION_BYTES = 44
const NAME_BYTES = 12

/**
 * A leaf's side of what it wants: it has one router at a time, tells it the names, and believes it about who can be
 * reached. When that router is lost the next one is asked, with what is held; until it has answered, what was visible
 * stays so.
 */
export class Home {
  readonly interests: Interests
  readonly #parts: HomeParts
  /** The owners whose logs the router gave. */
  readonly #given = new Set<NodeId>()
  /** Those of them that the present router has not confirmed. */
  readonly #unconfirmed = new Set<NodeId>()
  #router: Neighbour | undefined = undefined
  /** The names that the router was told. */
  readonly #told = new Map<string, WantedName>()
  #isAllTold = false
  /** Names, and whether everything, that it was told and that were given up since, perhaps to be wanted again. */
  readonly #givenUp = new Map<string, WantedName>()
  #isAllGivenUp = false
  #isDue = false
  /** Whether the router has not been told yet all that was wanted when it was chosen. */
  #isFresh = false
  #token = 0
  /** The token whose answer confirms everything. */
  #confirmedBy: number | undefined = undefined
  #graceEnd: AgendaEntry | undefined = undefined
  #isClosed = false

  constructor(parts: HomeParts) {
    this.#parts = parts
    this.interests = new Interests((ended) => this.#changed(ended))
  }

  /** The router that this leaf asks. */
  get router(): Neighbour | undefined {
    return this.#router
  }

  /** Whether the router gave the logs of an owner. */
  isGiven(owner: NodeId): boolean {
    return this.#given.has(owner)
  }

  /** Whether something is to be said to a neighbour. */
  isDueTo(neighbour: Neighbour): boolean {
    return this.#isDue && neighbour === this.#router
  }

  /** A link to a neighbour has come up, or the exchange over it begins anew. */
  begin(neighbour: Neighbour): void {
    if (this.#parts.state.holdsAll || !neighbour.isRouter) return
    if (this.#router === undefined || this.#router === neighbour) this.#choose(neighbour)
  }

  /** The link to a neighbour has gone. */
  lost(neighbour: Neighbour): void {
    if (neighbour !== this.#router) return
    this.#router = undefined
    this.#isDue = false
    for (const each of this.#parts.state.neighbours.routers) {
      this.#choose(each)
      return
    }
    if (this.#isClosed) return this.#takeAll()
    const { agenda, now } = this.#parts.state
    this.#graceEnd ??= agenda.add(now + GRACE_MS, () => this.#takeAll())
  }

  /** No other router is waited for any more. */
  close(): void {
    this.#isClosed = true
    if (this.#router === undefined) this.#takeAll()
  }

  /** The next message of wants that is due to the router. */
  next(neighbour: Neighbour): WantsMessage | undefined {
    if (!this.isDueTo(neighbour)) return undefined
    const { interests } = this
    const token = ++this.#token
    const add: WantedName[] = []
    const held: LogVersion[] = []
    let room = MAX_DELTA_BYTES
    const remove: WantedName[] = []
    for (const [text, name] of this.#givenUp) {
      room -= nameBytes(name.environment, name.name)
      if (room < 0) break
      this.#givenUp.delete(text)
      remove.push(name)
    }
    for (const interest of interests.names) {
      const { name } = interest
      if (name === undefined || interest.token !== undefined || room < 0) continue
      room -= nameBytes(name.environment, name.name)
      if (room < 0) break
      interest.token = token
      this.#told.set(nameText(name.environment, name.name), name)
      add.push(name)
      for (const { nodeId } of this.#parts.view.resolve(name.environment, name.name, undefined)) {
        if (held.length >= MAX_ITEMS_PER_MESSAGE || room < VERSION_BYTES) break
        if (this.#confirm(nodeId, held)) room -= VERSION_BYTES
      }
    }
    // What was given up and is wanted again is given up first, so that the router sends it again.
    const all = interests.all !== undefined && !this.#isAllGivenUp
    this.#isAllGivenUp = false
    if (all && !this.#isAllTold) {
      for (const owner of [...this.#unconfirmed]) {
        if (held.length >= MAX_ITEMS_PER_MESSAGE || room < VERSION_BYTES) break
        if (this.#confirm(owner, held)) room -= VERSION_BYTES
      }
    }
    if (all && interests.all !== undefined) interests.all.token ??= token
    this.#isAllTold = all
    this.#isDue = room < 0 || (interests.all !== undefined && !all)
    if (this.#isFresh && !this.#isDue) {
      this.#isFresh = false
      this.#confirmedBy = token
    }
    return { type: 'wants', token, all, add, remove, held }
  }

  /** The router has sent what was wanted up to a token. */
  settled(from: Neighbour, token: number): void {
    if (from !== this.#router || token > this.#token) return
    for (const interest of [...this.interests.unanswered]) {
      if (interest.token !== undefined && interest.token <= token) this.interests.answered(interest)
    }
    if (this.#confirmedBy === undefined || token < this.#confirmedBy) return
    this.#confirmedBy = undefined
    for (const owner of [...this.#unconfirmed]) this.#take(owner)
  }

  /** Those owners cannot be reached any more, or do not offer what is wanted. */
  gone(from: Neighbour, owners: readonly NodeId[]): void {
    if (from !== this.#router) return
    for (const owner of owners) this.#take(owner)
  }

  /** A log of an owner has arrived from a neighbour. */
  received(from: Neighbour, owner: NodeId): void {
    if (from !== this.#router) return
    this.#unconfirmed.delete(owner)
    if (!this.#isWanted(owner)) this.#given.delete(owner)
    else this.#given.add(owner)
    this.#parts.onGivenChanged(owner)
  }

  /** With no router to ask there is nothing to wait for. */
  answerAlone(): void {
    if (this.#router !== undefined) return
    for (const interest of [...this.interests.unanswered]) this.interests.answered(interest)
  }

  #choose(router: Neighbour): void {
    const { agenda, neighbours } = this.#parts.state
    agenda.cancel(this.#graceEnd)
    this.#graceEnd = undefined
    this.#router = router
    this.#told.clear()
    this.#isAllTold = false
    this.#givenUp.clear()
    this.#isAllGivenUp = false
    this.#isFresh = true
    this.#confirmedBy = undefined
    this.#unconfirmed.clear()
    for (const owner of this.#given) this.#unconfirmed.add(owner)
    for (const interest of this.interests.names) interest.token = undefined
    if (this.interests.all !== undefined) this.interests.all.token = undefined
    this.#isDue = true
    neighbours.wake(router)
  }

  /** Names what is held of an owner, so that it is not sent again. */
  #confirm(owner: NodeId, held: LogVersion[]): boolean {
    if (!this.#unconfirmed.delete(owner)) return false
    const version = this.#parts.state.store.owner(owner)?.services?.version
    if (version === undefined) return false
    held.push({ owner, kind: 'services', version })
    return true
  }

  #changed(ended: Interest | undefined): void {
    if (this.#parts.state.holdsAll) return
    if (this.#router !== undefined) {
      this.#isDue = true
      this.#parts.state.neighbours.wake(this.#router)
      this.#parts.onWork()
    }
    if (ended === undefined) return
    const { name } = ended
    if (name === undefined) this.#isAllGivenUp = this.#isAllTold
    else this.#giveUp(nameText(name.environment, name.name), name)
    const owners =
      name === undefined
        ? [...this.#given]
        : this.#parts.view.resolve(name.environment, name.name, undefined).map(({ nodeId }) => nodeId)
    for (const owner of owners) if (!this.#isWanted(owner)) this.#take(owner)
  }

  #giveUp(text: string, name: WantedName): void {
    if (this.#told.delete(text)) this.#givenUp.set(text, name)
  }

  #isWanted(owner: NodeId): boolean {
    return this.interests.isWanted(recordsOf(this.#parts.state.store.owner(owner), 'services'))
  }

  #takeAll(): void {
    this.#graceEnd = undefined
    for (const owner of [...this.#given]) this.#take(owner)
  }

  #take(owner: NodeId): void {
    this.#unconfirmed.delete(owner)
    if (this.#given.delete(owner)) this.#parts.onGivenChanged(owner)
  }
}

function nameBytes(environment: string, name: string): number {
  return utf8Length(environment) + utf8Length(name) + NAME_BYTES
}
