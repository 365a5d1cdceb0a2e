import type { NodeId } from '@astranet/interface'
import type { CatalogueLimits } from './limits.js'
import type { ServiceHealth } from './record.js'

/** How to make a catalogue. Limits that are left out have their defaults. */
export interface CatalogueOptions extends Partial<CatalogueLimits> {
  /** The node that this catalogue belongs to. */
  readonly self: NodeId
  /**
   * A number larger than in any earlier life of a node with this id; ms since 1970 serve. 0 to 2^53 - 2. When a
   * neighbour holds a later version of this node all the same, the catalogue adopts a later incarnation by itself.
   */
  readonly incarnation: number
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
  /** Where it runs, 0 to 255 bytes. Default `''`, not known. */
  readonly zone?: string
  /** Which version of the service it is, 0 to 255 bytes. Default `''`, not known. */
  readonly version?: string
  /** What its check found last. Default `'passing'`. */
  readonly health?: ServiceHealth
}

/** Which services to list; what is left out matches all. */
export interface ServiceFilter {
  readonly environment?: string
  readonly name?: string
}
