import type { RecordChange } from '../log/delta-result.js'
import type { Graph } from '../graph/graph.js'
import type { CatalogueRecord } from '../model/record.js'
import { recordsOf, type OwnerLogs } from './log-store.js'

/**
 * Tells the graph what the logs say. Links count only when they are of the same life as the node record beside them:
 * otherwise a node that has come back would have the links of its life before.
 */
export class GraphFeed {
  readonly #graph: Graph

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** The services log of an owner has changed, or is held no more. */
  servicesChanged(logs: OwnerLogs): void {
    const { owner, services } = logs
    const record = services?.replica.record({ kind: 'node' })
    const node = record?.kind === 'node' ? record : undefined
    const incarnation = services?.version?.incarnation
    this.#graph.setNode(
      owner,
      incarnation === undefined
        ? undefined
        : {
            incarnation,
            isRouter: node?.roles.includes('router') ?? false,
            routers: node?.routers ?? [],
          },
    )
    if (logs.areLinksKnown !== isSameLife(logs)) this.#setLinks(logs, isSameLife(logs))
  }

  /** The links log of an owner has changed. */
  linksChanged(logs: OwnerLogs, changes: readonly RecordChange[]): void {
    const isKnown = isSameLife(logs)
    if (!isKnown && !logs.areLinksKnown) return
    for (const { before, now } of changes)
      if (before !== undefined && now === undefined) this.#set(logs, before, false)
    if (isKnown !== logs.areLinksKnown) this.#setLinks(logs, isKnown)
    else for (const { now } of changes) if (now !== undefined) this.#set(logs, now, true)
  }

  /** The logs of an owner are about to be forgotten. */
  forget(logs: OwnerLogs): void {
    if (logs.areLinksKnown) this.#setLinks(logs, false)
    this.#graph.setNode(logs.owner, undefined)
  }

  #setLinks(logs: OwnerLogs, isKnown: boolean): void {
    logs.areLinksKnown = isKnown
    for (const record of recordsOf(logs, 'links')) this.#set(logs, record, isKnown)
  }

  #set({ owner }: OwnerLogs, record: CatalogueRecord, isKnown: boolean): void {
    if (record.kind !== 'link') return
    // The record itself: there are as many links as all routers have.
    this.#graph.setLink(owner, record.neighbour, isKnown ? record : undefined)
  }
}

function isSameLife({ services, links }: OwnerLogs): boolean {
  const incarnation = links?.version?.incarnation
  return incarnation !== undefined && incarnation === services?.version?.incarnation
}
