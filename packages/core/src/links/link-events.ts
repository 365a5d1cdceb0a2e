import type { NodeId } from '@astranet/interface'
import {
  CloseCode,
  linkError,
  type Link,
  type LinkError,
  type LinkHandler,
  type LinkIntroduction,
  type RefusedStream,
  type StreamHeader,
  type StreamQuota,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { HeldStreams } from '../access/held-streams.js'
import type { Admission, Decision } from './admission.js'
import type { Conflicts } from './conflicts.js'
import type { StreamKind, StreamTaker, StreamTakers } from './incoming-stream.js'
import type { LinkRecord } from './link-record.js'
import type { LinkReports } from './link-reports.js'
import type { LinkTable } from './link-table.js'
import type { PreferredLinks } from './preferred-links.js'
import type { RegistryReceiver } from './registry-receiver.js'
import type { RelayedLinks } from './relayed-links.js'

/** How many links to one peer are open: one that is preferred, and one that can take over. */
export const MAX_LINKS_PER_PEER = 2

/** What the events of links need of their node. */
export interface LinkEventsParts {
  readonly table: LinkTable
  readonly introduction: () => LinkIntroduction
  readonly preferred: PreferredLinks
  /** The links through routers, which are no neighbours' links. */
  readonly relayed: RelayedLinks
  readonly admission: Admission
  readonly conflicts: Conflicts
  readonly reports: LinkReports
  readonly registry: RegistryReceiver
  /** A peer sent a control message over a link through routers. */
  readonly onRelayedMessage: (nodeId: NodeId, type: number, body: unknown) => void
  readonly streams: StreamTakers
  readonly held: HeldStreams
}

/** Receives what links report, and passes it on to the part that it is for. */
export class LinkEvents implements LinkHandler {
  /** The same without a registry, for links through routers. */
  readonly relayed: LinkHandler = {
    admit: (link) => this.admit(link),
    streamQuota: (link) => this.streamQuota(link),
    onOpen: (link) => this.onOpen(link),
    onStream: (link, header, stream, bytes) => this.onStream(link, header, stream, bytes),
    onRefused: (link, refused) => this.onRefused(link, refused),
    onMessage: (link, type, body) => {
      const nodeId = this.#nodeOf(link)
      if (nodeId !== undefined) this.#parts.onRelayedMessage(nodeId, type, body)
    },
    onConflict: (link) => this.onConflict(link),
    onGoAway: (link) => this.onGoAway(link),
    onClose: (link, error) => this.onClose(link, error),
  }
  readonly #parts: LinkEventsParts

  constructor(parts: LinkEventsParts) {
    this.#parts = parts
  }

  admit(link: Link): LinkError | undefined | Promise<LinkError | undefined> {
    const record = this.#parts.table.recordOf(link)
    const { remote } = link
    if (record === undefined || remote === undefined)
      return linkError(CloseCode.REFUSED, 'the link has ended')
    const settle = (decided: Decision): LinkError | undefined => {
      if (decided instanceof Error) return decided
      record.identity = decided
      return undefined
    }
    const decision = this.#parts.admission.decide(link, remote, record)
    return decision instanceof Promise ? decision.then(settle) : settle(decision)
  }

  streamQuota(link: Link): StreamQuota | undefined {
    const record = this.#parts.table.recordOf(link)
    const nodeId = link.peer?.nodeId
    if (record === undefined || nodeId === undefined) return undefined
    record.quota = this.#parts.held.join(nodeId)
    return record.quota
  }

  onOpen(link: Link): void {
    const record = this.#parts.table.recordOf(link)
    const nodeId = link.peer?.nodeId
    if (record === undefined || nodeId === undefined) return
    const { table, introduction, conflicts, reports } = this.#parts
    table.opened(nodeId, link, record)
    const preferred = this.#preferredOf(record)
    const { incarnation } = introduction()
    if (incarnation !== record.incarnation) link.tellIncarnation(incarnation)
    const older = preferred.linkTo(nodeId)
    const olderRecord = older === undefined ? undefined : table.recordOf(older)
    preferred.add(nodeId, link)
    if (older !== undefined && olderRecord !== undefined)
      conflicts.opened(nodeId, { ...olderRecord, link: older }, { ...record, link })
    record.opening?.resolve(nodeId)
    record.opening = undefined
    reports.opened(nodeId, link, record)
    this.#closeSurplus(nodeId, link, record)
  }

  #preferredOf({ path }: LinkRecord): PreferredLinks {
    return path.kind === 'direct' ? this.#parts.preferred : this.#parts.relayed
  }

  /** A peer that opens more links than two loses one that is not preferred, whichever of the nodes has the lower id. */
  #closeSurplus(nodeId: NodeId, newest: Link, record: LinkRecord): void {
    const { table } = this.#parts
    const isAlike = (link: Link): boolean => table.recordOf(link)?.path.kind === record.path.kind
    const open = table.linksTo(nodeId).filter((link) => link.isOpen && isAlike(link))
    if (open.length <= MAX_LINKS_PER_PEER) return
    const message = `there are ${open.length} links between the two nodes, and ${MAX_LINKS_PER_PEER} are enough`
    this.#preferredOf(record).leastUseful(nodeId, open, newest)?.close(CloseCode.DUPLICATE, message)
  }

  onRegistry(link: Link, message: unknown): void | Promise<void> {
    const nodeId = this.#nodeOf(link)
    if (nodeId !== undefined) return this.#parts.registry.receive(nodeId, link, message)
  }

  onIncarnation(link: Link): void {
    const nodeId = this.#nodeOf(link)
    if (nodeId !== undefined) this.#parts.registry.onIncarnation(nodeId, link)
  }

  onRegistryWritable(link: Link): void {
    const nodeId = this.#nodeOf(link)
    if (nodeId !== undefined) this.#parts.registry.onWritable(nodeId, link)
  }

  onStream(link: Link, header: StreamHeader, stream: Stream, initialBytes: Uint8Array | undefined): void {
    const nodeId = this.#nodeOf(link)
    if (nodeId === undefined) {
      stream.destroy()
      return
    }
    this.#parts.relayed.used(link)
    // The header's kind chose the row, so the row takes this header.
    const take = this.#parts.streams[header.kind] as StreamTaker<StreamKind>
    take(nodeId, link, { header, stream, initialBytes })
  }

  onRefused(_link: Link, refused: RefusedStream): void {
    this.#parts.streams.refused(refused)
  }

  /** The peer has a link to another node with this node's id. */
  onConflict(link: Link): void {
    const { table, conflicts } = this.#parts
    const { nodeId, remoteAddress = '' } = table.recordOf(link) ?? {}
    if (nodeId !== undefined && !table.isClosed) conflicts.claimed(nodeId, remoteAddress)
  }

  /** The peer takes no new streams on the link; its open streams go on. */
  onGoAway(link: Link): void {
    const record = this.#parts.table.recordOf(link)
    if (record !== undefined) this.#preferredOf(record).withdraw(record.nodeId, link)
    for (const [tunnel, each] of this.#parts.table.over(link)) this.#leave(tunnel, each)
  }

  /**
   * The router at the beginning of the link's path goes away: new streams take another path. A link that is not open
   * yet is closed, so that another path is tried at once.
   */
  #leave(link: Link, record: LinkRecord): void {
    this.#preferredOf(record).withdraw(record.nodeId, link)
    void link.drain()
  }

  onClose(link: Link, error: Error | undefined): void {
    const { table, admission, conflicts, reports, held } = this.#parts
    const record = table.recordOf(link)
    if (record === undefined) return
    table.delete(link, record)
    admission.forget(link)
    if (!table.isClosed) conflicts.ended(error, record)
    reports.ended(link, record, error)
    record.forget()
    record.onClosed?.(error)
    if (record.quota !== undefined) held.leave(link.peer?.nodeId as NodeId)
    record.opening?.reject(error ?? linkError(CloseCode.NO_ERROR, 'the link was closed before it was open'))
    this.#preferredOf(record).closed(record.nodeId, link, error)
    table.settle(link)
  }

  #nodeOf(link: Link): NodeId | undefined {
    return this.#parts.table.recordOf(link)?.nodeId
  }
}
