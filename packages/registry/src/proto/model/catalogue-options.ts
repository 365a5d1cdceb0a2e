import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '../view/service-instance.js'
import type { OptionNames } from '@astranet/interface/check'
import type { RegistryCrypto, RegistrySigner } from '../crypto.js'
import { LIMIT_RANGES, type CatalogueLimits } from './limits.js'
import type { ServiceRecord } from './record.js'

/**
 * What a node does for the network.
 * - `router`: passes on what it hears, and forwards for others;
 * - `node`: holds everything that it hears and passes nothing on;
 * - `leaf`: passes nothing on and, by default, holds only what it asks for.
 */
export type CatalogueRole = 'router' | 'node' | 'leaf'

/**
 * How much of the network's catalogue a node holds.
 * - `all`: everything that its neighbours offer;
 * - `wanted`: the nodes that offer a name that was asked for (`Catalogue.want`), and its direct neighbours.
 */
export type CatalogueScope = 'all' | 'wanted'

/** A role and a scope that go together: a router always holds all. */
export interface CatalogueRoleOptions {
  /** What this node does for the network. */
  readonly role: CatalogueRole
  /** How much of the catalogue it holds. `wanted` with the role `router` throws a `RangeError`. */
  readonly catalogue: CatalogueScope
}

/** How to make a catalogue. Limits that are left out have their defaults. */
export interface CatalogueOptions extends Partial<CatalogueLimits>, CatalogueRoleOptions {
  /** The node that this catalogue belongs to: its id, its public key, and what signs its states. */
  readonly signer: RegistrySigner
  /** Hashes, and checks the signatures of others; at once or by promises. */
  readonly crypto: RegistryCrypto
  /**
   * A number larger than in any earlier life of a node with this id: ms since 1970, times 1,024, plus 10 random bits.
   * 0 to 2^53 - 2. When a later state that this node signed turns up all the same, the catalogue adopts a later
   * incarnation by itself.
   */
  readonly incarnation: number
  /** Numbers from 0 up to but not including 1, as `Math.random` returns them. It spreads what many nodes do at once. */
  readonly random: () => number
  /**
   * Called when something may be due although no call was made: a promise of `crypto` or `signer` has settled. It only
   * schedules, and must not throw. Default: nothing.
   */
  readonly onWork?: () => void
  /**
   * Whether what a node offers may be passed on to a neighbour. Asked for a neighbour that this node does not let see
   * everything, and for each state anew. Default: everything to everybody.
   */
  readonly mayPassOn?: (to: NodeId, owner: NodeId, services: Iterable<ServiceRecord>) => boolean
}

/** A neighbour, as the HELLO of the link to it describes it. */
export interface NeighbourFacts {
  readonly nodeId: NodeId
  /** Its present incarnation. Later ones are reported by `Catalogue.neighbourIncarnation`. */
  readonly incarnation: number
  readonly role: CatalogueRole
  /** Whether it holds everything that it hears. */
  readonly holdsAll: boolean
}

/** Names a service of this node. */
export interface ServiceName {
  /** Default `''`. */
  readonly environment?: string
  readonly name: string
  readonly port: number
}

/** A service of this node, to be offered. */
export interface ServiceOptions extends ServiceName {
  /** At most 32 texts of 1 to 255 bytes. Default none. */
  readonly tags?: readonly string[]
  /** 0 (standby) to 65,535. Default 1. */
  readonly weight?: number
  /** Where it runs, as the network names its zones. 0 to 255 bytes. Default `''`: unknown. */
  readonly zone?: string
  /** The version of the program that offers it. 0 to 255 bytes. Default `''`: unknown. */
  readonly version?: string
  /** `failing`: it stays listed, and is chosen only when all instances of its name fail. Default `passing`. */
  readonly health?: 'passing' | 'failing'
}

/** Which services to list; what is left out matches all. */
export interface ServiceFilter {
  readonly environment?: string
  readonly name?: string
}

/** The names of {@link CatalogueRoleOptions}. */
export const ROLE_NAMES: OptionNames<CatalogueRoleOptions> = { role: true, catalogue: true }

/** The names of {@link CatalogueOptions}. */
export const CATALOGUE_NAMES: OptionNames<CatalogueOptions> = {
  ...LIMIT_RANGES,
  ...ROLE_NAMES,
  signer: true,
  crypto: true,
  incarnation: true,
  random: true,
  onWork: true,
  mayPassOn: true,
}

/** The names of {@link ServiceOptions}, and of what else a listed instance has: one may be published again. */
export const SERVICE_NAMES: OptionNames<ServiceOptions & ServiceInstance> = {
  nodeId: true,
  environment: true,
  name: true,
  port: true,
  tags: true,
  weight: true,
  zone: true,
  version: true,
  health: true,
}

/** The names of {@link ServiceFilter}. */
export const FILTER_NAMES: OptionNames<ServiceFilter> = { environment: true, name: true }
