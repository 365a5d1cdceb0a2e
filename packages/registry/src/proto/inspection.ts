import type { NodeId } from '@astranet/interface'
import type { CatalogueRole, CatalogueScope } from './model/catalogue-options.js'

/** One neighbour, see {@link RegistryInspection}. */
export interface NeighbourInspection {
  readonly nodeId: NodeId
  readonly role: CatalogueRole
  readonly holdsAll: boolean
  readonly isCurrent: boolean
  /** Logs that are due to it. */
  readonly dirty: number
  /** Logs that were asked of it and have not arrived. */
  readonly awaited: number
  /** Names that it wants, if it is a leaf. */
  readonly wants: number
}

/** What a catalogue holds and does, as plain data; see `Catalogue.inspect`. */
export interface RegistryInspection {
  readonly self: NodeId
  readonly role: CatalogueRole
  readonly catalogue: CatalogueScope
  readonly incarnation: number
  /** Logs of other nodes that are held. */
  readonly logs: number
  /** Entries in them, tombstones included. */
  readonly entries: number
  /** Bytes of memory that count against `maxHeldBytes`. */
  readonly heldBytes: number
  /** Other nodes whose services are visible. */
  readonly reachable: number
  /** Owners that are not held because they publish too much. */
  readonly refused: number
  readonly neighbours: readonly NeighbourInspection[]
  readonly sentMessages: number
  readonly receivedMessages: number
  /** Bytes of entries in sent and received messages; what is around the entries does not count. */
  readonly sentEntryBytes: number
  readonly receivedEntryBytes: number
  /** Signatures of others that were checked. */
  readonly verifications: number
}
