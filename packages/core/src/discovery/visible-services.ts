import { formatNodeId, type NodeId } from '@astranet/interface'
import type {
  Catalogue,
  ServiceFilter as CatalogueFilter,
  ServiceChange,
  ServiceInstance,
} from '@astranet/registry'
import type { Offers } from '../access/offers.js'
import type { DialScope } from '../api/dial-options.js'
import type { ChangeSource, TakeableChanges } from './change-source.js'

/** @internal What is read to know what a view sees. */
export interface VisibleServicesParts {
  readonly self: NodeId
  readonly catalogue: Catalogue
  readonly offers: Offers
}

/**
 * What a view of a node sees of the catalogue: the services of its environment that their nodes may offer, without this
 * node's own where the view has no loop back.
 */
export class VisibleServices {
  readonly #parts: VisibleServicesParts
  readonly #scope: DialScope

  constructor(parts: VisibleServicesParts, scope: DialScope) {
    this.#parts = parts
    this.#scope = scope
  }

  /** All of them. */
  all(): readonly ServiceInstance[] {
    return this.#outside(this.#parts.offers.services(this.#scope.environment))
  }

  /** The instances of a name, by node id and port. */
  named(name: string): readonly ServiceInstance[] {
    return this.#outside(this.#parts.offers.resolve(this.#scope.environment, name, undefined))
  }

  /** Changes of all services, or of those of one name. */
  changes(name: string | undefined): ChangeSource<ServiceChange> {
    const { environment } = this.#scope
    const filter = name === undefined ? { environment } : { environment, name }
    return (onPending) => new VisibleChanges(this, { ...this.#parts, filter, onPending })
  }

  /** Whether the node of an instance may offer it. */
  sees(instance: ServiceInstance): boolean {
    return this.#parts.offers.isAllowed(instance)
  }

  /** Whether the view sees an instance of its environment if its node may offer it. */
  covers({ nodeId }: ServiceInstance): boolean {
    return this.#scope.hasLoopBack || nodeId !== this.#parts.self
  }

  #outside(known: readonly ServiceInstance[]): readonly ServiceInstance[] {
    if (this.#scope.hasLoopBack) return known
    const { self } = this.#parts
    return known.some(({ nodeId }) => nodeId === self) ? known.filter(({ nodeId }) => nodeId !== self) : known
  }
}

/** How changes are watched. */
interface VisibleChangesParts extends VisibleServicesParts {
  /** Which changes of the catalogue are taken. */
  readonly filter: CatalogueFilter
  readonly onPending: () => void
}

/**
 * The catalogue's changes as a view sees them. It remembers only which instances of the catalogue the view was not told
 * of because their nodes may not offer them: most nodes have no policy, and then there is none.
 */
class VisibleChanges implements TakeableChanges<ServiceChange> {
  readonly #visible: VisibleServices
  readonly #parts: VisibleChangesParts
  readonly #changes: TakeableChanges<ServiceChange>
  readonly #stopOffers: () => void
  readonly #hidden = new Set<string>()
  /** Who may offer what has changed since the last look. */
  #isOutOfDate = false

  constructor(visible: VisibleServices, parts: VisibleChangesParts) {
    this.#visible = visible
    this.#parts = parts
    const { catalogue, offers, filter, onPending } = parts
    this.#changes = catalogue.watch(onPending, filter)
    this.#stopOffers = offers.watch(() => {
      if (this.#isOutOfDate) return
      this.#isOutOfDate = true
      onPending()
    })
  }

  take(limit = Infinity): ServiceChange[] {
    const found: ServiceChange[] = []
    while (found.length < limit) {
      const taken = this.#changes.take(1)
      if (taken.length === 0) break
      for (const change of taken) if (this.#visible.covers(change.service)) this.#note(change, found)
    }
    // Only now does the catalogue hold exactly what was taken from it.
    if (this.#isOutOfDate && found.length < limit) this.#lookAgain(found)
    return found
  }

  close(): void {
    this.#changes.close()
    this.#stopOffers()
    this.#hidden.clear()
  }

  /** Adds to `found` what the view sees of a change of the catalogue. */
  #note(change: ServiceChange, found: ServiceChange[]): void {
    const { kind, service } = change
    const key = keyOf(service)
    const wasHidden = this.#hidden.delete(key)
    if (kind !== 'remove' && !this.#visible.sees(service)) {
      this.#hidden.add(key)
      if (kind === 'change' && !wasHidden) found.push({ kind: 'remove', service: change.before })
    } else if (!wasHidden) found.push(change)
    else if (kind !== 'remove') found.push({ kind: 'add', service })
  }

  /** Adds to `found` what is seen or hidden now because who may offer what has changed. */
  #lookAgain(found: ServiceChange[]): void {
    this.#isOutOfDate = false
    for (const service of this.#parts.catalogue.services(this.#parts.filter)) {
      if (!this.#visible.covers(service)) continue
      const key = keyOf(service)
      const isSeen = this.#visible.sees(service)
      if (isSeen !== this.#hidden.has(key)) continue
      if (isSeen) this.#hidden.delete(key)
      else this.#hidden.add(key)
      found.push({ kind: isSeen ? 'add' : 'remove', service })
    }
  }
}

function keyOf({ nodeId, name, port }: ServiceInstance): string {
  return `${formatNodeId(nodeId)}\0${name}\0${port}`
}
