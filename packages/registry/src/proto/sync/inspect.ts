import type { NeighbourInspection, RegistryInspection } from '../inspection.js'
import type { Engine } from './engine.js'
import type { Neighbour } from './neighbour.js'

/** See `Catalogue.inspect`. */
export function inspect({ state, own, memory, visibility, refused, intake }: Engine): RegistryInspection {
  let entries = 0
  for (const { services, links } of state.store.owners()) {
    entries += (services?.state?.count ?? 0) + (links?.state?.count ?? 0)
  }
  return {
    self: state.self,
    role: state.role,
    catalogue: state.scope,
    incarnation: own.services.log.incarnation,
    logs: state.store.logs,
    entries,
    heldBytes: memory.heldBytes,
    reachable: visibility.count,
    refused: refused.size,
    neighbours: Array.from(state.neighbours.all, inspectNeighbour),
    sentMessages: state.sentMessages,
    receivedMessages: state.receivedMessages,
    sentEntryBytes: state.sentEntryBytes,
    receivedEntryBytes: state.receivedEntryBytes,
    verifications: intake.verifications,
  }
}

function inspectNeighbour(neighbour: Neighbour): NeighbourInspection {
  const { id, role, holdsAll, isCurrent, dirty, awaited, interest } = neighbour
  return {
    nodeId: id,
    role,
    holdsAll,
    isCurrent,
    dirty: dirty.size,
    awaited: awaited.size,
    wants: interest.names.size,
  }
}
