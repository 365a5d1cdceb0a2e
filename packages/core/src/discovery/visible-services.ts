import { formatNodeId, type NodeId } from '@astranet/interface'
import type { Catalogue, ServiceChange, ServiceInstance } from '@astranet/registry'
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
    return (onPending) => new VisibleChanges(this, { ...this.#parts, name, onPending })
  }

  /** Whether the view sees the instance, as long as it is in the catalogue. */
  sees(instance: ServiceInstance): boolean {
    const { environment, hasLoopBack } = this.#scope
    if (instance.environment !== environment) return false
    if (!hasLoopBack && instance.nodeId === this.#parts.self) return false
    return this.#parts.offers.isAllowed(instance)
  }

  /** Whether the view could see it if its node may offer it. */
  covers({ environment, nodeId }: ServiceInstance): boolean {
    return environment === this.#scope.environment && (this.#scope.hasLoopBack || nodeId !== this.#parts.self)
  }

  #outside(known: readonly ServiceInstance[]): readonly ServiceInstance[] {
    if (this.#scope.hasLoopBack) return known
    const { self } = this.#parts
    return known.some(({ nodeId }) => nodeId === self) ? known.filter(({ nodeId }) => nodeId !== self) : known
  }
}

/** How changes are watched. */
interface VisibleChangesParts extends VisibleServicesParts {
  readonly name: string | undefined
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
    const { catalogue, offers, name, onPending } = parts
    void name
    this.#changes = catalogue.watch(onPending)
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
      for (const change of taken) this.#note(change, found)
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
  #note({ kind, service }: ServiceChange, found: ServiceChange[]): void {
    if (!this.#isWatched(service)) return
    const key = keyOf(service)
    const wasHidden = this.#hidden.has(key)
    const isHidden = kind !== 'remove' && !this.#visible.sees(service)
    if (isHidden) this.#hidden.add(key)
    else if (wasHidden) this.#hidden.delete(key)
    if (kind === 'remove') {
      if (!wasHidden) found.push({ kind, service })
    } else if (isHidden) {
      if (kind === 'change' && !wasHidden) found.push({ kind: 'remove', service })
    } else found.push({ kind: wasHidden ? 'add' : kind, service })
  }

  /** Adds to `found` what is seen or hidden now because who may offer what has changed. */
  #lookAgain(found: ServiceChange[]): void {
    this.#isOutOfDate = false
    const { catalogue, name } = this.#parts
    for (const service of catalogue.services(name === undefined ? {} : { name })) {
      if (!this.#isWatched(service)) continue
      const key = keyOf(service)
      const isSeen = this.#visible.sees(service)
      if (isSeen !== this.#hidden.has(key)) continue
      if (isSeen) this.#hidden.delete(key)
      else this.#hidden.add(key)
      found.push({ kind: isSeen ? 'add' : 'remove', service })
    }
  }

  #isWatched(service: ServiceInstance): boolean {
    const { name } = this.#parts
    return (name === undefined || service.name === name) && this.#visible.covers(service)
  }
}

function keyOf({ nodeId, name, port }: ServiceInstance): string {
  return `${formatNodeId(nodeId)}\0${name}\0${port}`
}
