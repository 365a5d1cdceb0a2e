import type { Clock, NodeId, Timer, Transport } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import type { OwnNetwork } from '@astranet/relay'
import type { JoinTarget } from './join-plan.js'
import type { LinkRecord } from './link-record.js'
import { hasLocalRouter, isOnThisMachine } from './own-observations.js'
import type { PreferredLinks } from './preferred-links.js'
import { AdvertisedTargets } from './ways/advertised-targets.js'

/** How many other routers are kept for the case that all links are lost. */
export const MAX_TOLD_ROUTERS = 8

/** How many nodes are looked at for routers, and how often at most, in ms, however much changes. */
const MAX_LOOKED_AT = 1_000
const LOOK_INTERVAL_MS = 5_000

/**
 * How often at most while no other router is known than those that are linked, in ms: they may leave soon, and what they
 * withdraw cannot be read any more.
 */
const FIRST_LOOK_INTERVAL_MS = 50

/** What learning addresses needs of the node. */
export interface ToldAddressesParts {
  readonly clock: Clock
  readonly catalogue: Pick<Catalogue, 'node' | 'reachable'>
  readonly hostNetworks: () => readonly OwnNetwork[]
  readonly transportOf: (network: string) => Transport | undefined
  readonly direct: PreferredLinks
  readonly recordOf: (link: Link) => LinkRecord | undefined
  /** Whether this node connects to nodes that it was not told to join. */
  readonly followsInvitations: () => boolean
}

/** A router that is known, and where it can be joined. */
export interface ToldRouter {
  readonly nodeId: NodeId
  readonly targets: readonly JoinTarget[]
}

/**
 * Where nodes of the network say that they can be joined, for the time when the addresses of a join lead nowhere any
 * more. They are read while there are links: the catalogue forgets nodes that cannot be reached.
 */
export class ToldAddresses {
  readonly #parts: ToldAddressesParts
  readonly #near: AdvertisedTargets
  readonly #far: AdvertisedTargets
  #routers: readonly ToldRouter[] = []
  #timer: Timer | undefined = undefined
  #hasChanged = false
  #isClosed = false

  constructor(parts: ToldAddressesParts) {
    this.#parts = parts
    const { clock, catalogue, hostNetworks, transportOf, direct, recordOf } = parts
    const common = { clock, catalogue, hostNetworks, transportOf }
    this.#near = new AdvertisedTargets({ ...common, hasLocalRouter: () => true })
    this.#far = new AdvertisedTargets({ ...common, hasLocalRouter: () => hasLocalRouter(direct, recordOf) })
  }

  /** Those of a neighbour now; those of this machine only when its link leads there. */
  of(nodeId: NodeId): readonly JoinTarget[] {
    const { direct, recordOf, followsInvitations } = this.#parts
    const link = direct.linkTo(nodeId)
    if (link === undefined || !followsInvitations()) return []
    const record = recordOf(link)
    return (record !== undefined && isOnThisMachine(record) ? this.#near : this.#far).of(nodeId)
  }

  /** Routers that were known when there were links, {@link MAX_TOLD_ROUTERS} at most. */
  get routers(): readonly ToldRouter[] {
    return this.#routers
  }

  /** The catalogue has changed: looks for routers now, or later when it has just been looked at. */
  changed(): void {
    this.#hasChanged = true
    if (this.#timer !== undefined || this.#isClosed) return
    this.#look()
    const { clock } = this.#parts
    const onTime = (): void => {
      this.#timer = undefined
      if (this.#hasChanged) this.changed()
    }
    const intervalMs = this.#hasOther(this.#routers) ? LOOK_INTERVAL_MS : FIRST_LOOK_INTERVAL_MS
    this.#timer = clock.setTimer(intervalMs, onTime, { background: true })
  }

  /** Looks no more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(): void {
    this.#hasChanged = false
    const { catalogue, direct, followsInvitations } = this.#parts
    if (!direct.hasAny || !followsInvitations()) return
    const routers: ToldRouter[] = []
    let looked = 0
    for (const nodeId of catalogue.reachable()) {
      if ((looked += 1) > MAX_LOOKED_AT || routers.length === MAX_TOLD_ROUTERS) break
      if (catalogue.node(nodeId)?.roles.includes('router') !== true) continue
      const targets = this.#far.of(nodeId)
      if (targets.length > 0) routers.push({ nodeId, targets })
    }
    // A router that leaves withdraws the others first: those that were known behind it are kept.
    const isMore = this.#hasOther(routers) || !this.#hasOther(this.#routers)
    if (routers.length > 0 && isMore) this.#routers = routers
  }

  /** Whether one of the routers is not linked. */
  #hasOther(routers: readonly ToldRouter[]): boolean {
    return routers.some(({ nodeId }) => this.#parts.direct.linkTo(nodeId) === undefined)
  }
}
