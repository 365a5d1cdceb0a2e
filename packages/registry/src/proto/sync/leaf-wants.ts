import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { MAX_WANTED_NAMES } from '../model/limits.js'
import type { Version } from '../model/version.js'
import type { ServiceInstance } from '../view/service-instance.js'
import type { ServiceView } from '../view/service-view.js'
import type { WantsMessage } from '../wire/message.js'
import type { LeafInterest } from './leaf-interest.js'
import type { Neighbour } from './neighbour.js'
import { nameOf, PendingWants } from './pending-wants.js'
import { LOOKS_AT_ONCE, MAX_GONE } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** What {@link LeafWants} work with: what leaves want, as it is kept. */
export interface LeafWantsParts {
  readonly state: SyncState
  readonly view: ServiceView
  /** The owners that are visible, and this node. */
  readonly owners: () => Iterable<NodeId>
  readonly setName: (leaf: Neighbour, text: string, isWanted: boolean) => void
  readonly setAll: (leaf: Neighbour, isAll: boolean) => void
  /** The leaf is to have the log of an owner; `held` is what it holds. Returns how much was looked at. */
  readonly give: (leaf: Neighbour, owner: NodeId, held: ReadonlyMap<NodeId, Version>) => number
  /** The leaf needs the log of an owner no more, unless it wants something else in it. Returns the same. */
  readonly forgetUnwanted: (leaf: Neighbour, owner: NodeId) => number
}

/**
 * Takes what leaves say that they want. A change may concern all owners, so a leaf that changes its mind again and again
 * waits: what it says meanwhile becomes one change.
 */
export class LeafWants {
  readonly #parts: LeafWantsParts

  constructor(parts: LeafWantsParts) {
    this.#parts = parts
  }

  /** A leaf says what it wants. Returns an error when that is too much. */
  receive(leaf: Neighbour, message: WantsMessage): AstraError | undefined {
    const { interest } = leaf
    const { agenda, now } = this.#parts.state
    interest.pending ??= new PendingWants(interest.names, interest.all)
    if (!interest.pending.add(message)) return tooManyNames(leaf)
    if (interest.looks.hasRoom(now)) this.#take(leaf)
    else interest.turn ??= agenda.add(interest.looks.roomAt(now), () => this.#take(leaf))
    return undefined
  }

  /** A leaf has gone, or begins anew: what it said and was not looked at is forgotten. */
  leave({ interest }: Neighbour): void {
    this.#clear(interest)
  }

  #clear(interest: LeafInterest): void {
    this.#parts.state.agenda.cancel(interest.turn)
    interest.turn = undefined
    interest.pending = undefined
  }

  #take(leaf: Neighbour): void {
    const { interest } = leaf
    const { pending } = interest
    const { state } = this.#parts
    this.#clear(interest)
    if (pending === undefined) return
    const looks = 1 + this.#change(leaf, pending)
    for (const owner of pending.held.keys())
      if (!interest.owners.has(owner) && leaf.gone.size < MAX_GONE) leaf.gone.add(owner)
    leaf.dirty.mark(pending.token)
    state.neighbours.wake(leaf)
    interest.looks.use(looks / LOOKS_AT_ONCE, state.now)
  }

  #change(leaf: Neighbour, { all, hasGivenUpAll, givenUp, added, held }: PendingWants): number {
    const { interest } = leaf
    const { setName, setAll, give, forgetUnwanted, owners } = this.#parts
    let looks = 0
    for (const text of givenUp) setName(leaf, text, false)
    // Once for each owner, however many of its names are given up: all of its records are looked at.
    for (const owner of this.#ownersOf(givenUp)) looks += forgetUnwanted(leaf, owner)
    // The leaf has dropped what it wants no more before it asked for anything new.
    if (interest.all && hasGivenUpAll) {
      setAll(leaf, false)
      for (const owner of [...interest.owners]) looks += forgetUnwanted(leaf, owner)
    }
    for (const text of added) {
      setName(leaf, text, true)
      for (const { nodeId } of this.#instances(text)) looks += give(leaf, nodeId, held)
    }
    if (!all || interest.all) return looks
    setAll(leaf, true)
    for (const owner of owners()) looks += give(leaf, owner, held)
    return looks
  }

  #ownersOf(names: Iterable<string>): Set<NodeId> {
    const owners = new Set<NodeId>()
    for (const text of names) for (const { nodeId } of this.#instances(text)) owners.add(nodeId)
    return owners
  }

  #instances(text: string): readonly ServiceInstance[] {
    const [environment, name] = nameOf(text)
    return this.#parts.view.resolve(environment, name, undefined)
  }
}

function tooManyNames({ id }: Neighbour): AstraError {
  const message = `node ${formatNodeId(id)} wants more than ${MAX_WANTED_NAMES} names`
  return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', message)
}
