import type { NodeId } from '@astranet/interface'
import type { Graph } from '../graph/graph.js'
import type { OwnLinks } from '../log/own-links.js'
import type { CatalogueOptions } from '../model/catalogue-options.js'
import type { CatalogueRecord, LinkRecord, NodeRecord, ServiceRecord } from '../model/record.js'
import type { Route } from '../route.js'
import type { Home } from './home.js'
import { recordsOf } from './log-store.js'
import type { OwnLogs } from './own-logs.js'
import type { SharedLog } from './shared-log.js'
import type { SyncState } from './sync-state.js'
import type { Visibility } from './visibility.js'

/** What a {@link Reader} reads. */
export interface ReaderParts {
  readonly state: SyncState
  readonly graph: Graph
  readonly own: OwnLogs
  readonly ownLinks: OwnLinks
  readonly home: Home
  readonly visibility: Visibility
  readonly mayPassOn: CatalogueOptions['mayPassOn']
}

/** What is known of nodes and of the links between them. */
export class Reader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** See `Catalogue.node`. */
  node(owner: NodeId): NodeRecord | undefined {
    const { state, own, visibility } = this.#parts
    const key = { kind: 'node' } as const
    const replica = visibility.has(owner) ? state.store.owner(owner)?.services?.replica : undefined
    const record = owner === state.self ? own.services.log.record(key) : replica?.record(key)
    return record?.kind === 'node' ? record : undefined
  }

  /** See `Catalogue.link`. */
  link(from: NodeId, to: NodeId): LinkRecord | undefined {
    const { state, ownLinks, visibility } = this.#parts
    if (from === state.self) return ownLinks.link(to)
    if (!visibility.has(from)) return undefined
    const record = state.store.owner(from)?.links?.replica.record({ kind: 'link', neighbour: to })
    return record?.kind === 'link' ? record : undefined
  }

  /** See `Catalogue.publicKeyOf`. */
  publicKeyOf(owner: NodeId): Uint8Array | undefined {
    const { state, own } = this.#parts
    if (owner === state.self) return own.services.publicKey
    const logs = state.store.owner(owner)
    return logs?.services?.publicKey ?? logs?.links?.publicKey
  }

  /** See `Catalogue.routeTo`. */
  routeTo(owner: NodeId): Route | undefined {
    const { graph, home } = this.#parts
    const route = graph.routeTo(owner)
    if (route !== undefined) return route
    const { router } = home
    return router !== undefined && home.isGiven(owner) ? { via: [router.id], costMs: undefined } : undefined
  }

  /** The records in the services log of a node. */
  servicesLog(owner: NodeId): Iterable<CatalogueRecord> {
    const { state, own } = this.#parts
    return owner === state.self ? own.services.log.records() : recordsOf(state.store.owner(owner), 'services')
  }

  /** Whether a log may go to a neighbour. */
  mayPassOn(to: NodeId, { owner }: SharedLog): boolean {
    const { mayPassOn } = this.#parts
    return mayPassOn === undefined || mayPassOn(to, owner, servicesIn(this.servicesLog(owner)))
  }
}

function* servicesIn(records: Iterable<CatalogueRecord>): Iterable<ServiceRecord> {
  for (const record of records) if (record.kind === 'service') yield record
}
