import type { NodeId } from '@astranet/interface'
import {
  CloseCode,
  linkError,
  type Link,
  type LinkError,
  type LinkHandler,
  type LinkIntroduction,
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
import { LinksByNode } from './links-by-node.js'
import type { PreferredLinks } from './preferred-links.js'
import type { RelayedLinks } from './relayed-links.js'
import type { AdmittedIdentity } from './remote-identity.js'

/** How many links to one peer are open: one that is preferred, and one that can take over. */
export const MAX_LINKS_PER_PEER = 2

/** Where messages of the peers' registries go. */
export interface RegistryReceiver {
  /** The peer's registry sent a message; the next one follows when the promise has resolved. */
  receive(nodeId: NodeId, link: Link, message: unknown): Promise<void> | undefined
  /** The peer has moved to a later incarnation. */
  onIncarnation(nodeId: NodeId, link: Link): void
  /** The link takes another message of this node's registry. */
  onWritable(nodeId: NodeId, link: Link): void
}

/** What a table of links needs of its node. */
export interface LinkTableParts {
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

/**
 * All links of a node, from the moment they are made until they have closed. It receives what links report, and
 * passes it on to the part that it is for. {@link LinkMaker} adds links; a link leaves when it closes.
 */
export class LinkTable implements LinkHandler {
  /** The same without a registry, for links through routers. */
  readonly relayed: LinkHandler = {
    admit: (link) => this.admit(link),
    streamQuota: (link) => this.streamQuota(link),
    onOpen: (link) => this.onOpen(link),
    onStream: (link, header, stream, bytes) => this.onStream(link, header, stream, bytes),
    onMessage: (link, type, body) => {
      const nodeId = this.#links.get(link)?.nodeId
      if (nodeId !== undefined) this.#parts.onRelayedMessage(nodeId, type, body)
    },
    onConflict: (link) => this.onConflict(link),
    onGoAway: (link) => this.onGoAway(link),
    onClose: (link, error) => this.onClose(link, error),
  }
  readonly #parts: LinkTableParts
  readonly #links = new Map<Link, LinkRecord>()
  readonly #byNode = new LinksByNode()
  #isClosed = false
  /** Callers of `close`. */
  #closing: (() => void)[] = []
  /** Callers of `refuse`. */
  readonly #refusing = new Map<Link, (() => void)[]>()

  constructor(parts: LinkTableParts) {
    this.#parts = parts
  }

  /** Whether `close` was called: no link may be added any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** How many links there are that have not closed. */
  get size(): number {
    return this.#links.size
  }

  /** The node at the other end of a link that this node has admitted; `undefined` for others and once it has closed. */
  identityOf(link: Link): AdmittedIdentity | undefined {
    return this.#links.get(link)?.identity
  }

  /** What is kept of a link that has not closed. */
  recordOf(link: Link): LinkRecord | undefined {
    return this.#links.get(link)
  }

  /** The links that this node has admitted, open or about to open. */
  *admitted(): Generator<readonly [Link, AdmittedIdentity]> {
    for (const [link, { identity }] of this.#links) if (identity !== undefined) yield [link, identity]
  }

  /** All open links to the node. */
  linksTo(nodeId: NodeId): readonly Link[] {
    return this.#byNode.to(nodeId)
  }

  /** Adds a link that is not started yet. Its handler is this table. */
  add(link: Link, record: LinkRecord): void {
    this.#links.set(link, record)
  }

  /**
   * Takes no more links, and closes all when `leaving` has resolved, or at once without it; resolves when all have
   * closed.
   */
  async close(leaving?: Promise<void>): Promise<void> {
    this.#isClosed = true
    if (leaving !== undefined) await leaving
    for (const link of [...this.#links.keys()]) link.close()
    if (this.#links.size > 0) await new Promise<void>((resolve) => this.#closing.push(resolve))
  }

  /** Closes a link whose peer may not be a neighbour, for that reason; resolves when it has closed. */
  async refuse(link: Link, reason: string): Promise<void> {
    link.close(CloseCode.REFUSED, reason)
    if (!this.#links.has(link)) return
    const callers = this.#refusing.get(link) ?? []
    this.#refusing.set(link, callers)
    await new Promise<void>((resolve) => callers.push(resolve))
  }

  /** Sends this node's incarnation to all neighbours: it is not the one of their HELLOs any more. */
  announceIncarnation(incarnation: number): void {
    for (const link of this.#links.keys()) link.tellIncarnation(incarnation)
  }

  admit(link: Link): LinkError | undefined | Promise<LinkError | undefined> {
    const record = this.#links.get(link)
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
    const record = this.#links.get(link)
    const nodeId = link.peer?.nodeId
    if (record === undefined || nodeId === undefined) return undefined
    record.quota = this.#parts.held.join(nodeId)
    return record.quota
  }

  onOpen(link: Link): void {
    const record = this.#links.get(link)
    const nodeId = link.peer?.nodeId
    if (record === undefined || nodeId === undefined) return
    record.nodeId = nodeId
    this.#byNode.add(nodeId, link)
    const { introduction, conflicts, reports } = this.#parts
    const preferred = this.#preferredOf(record)
    const { incarnation } = introduction()
    if (incarnation !== record.incarnation) link.tellIncarnation(incarnation)
    const older = preferred.linkTo(nodeId)
    const olderRecord = older === undefined ? undefined : this.#links.get(older)
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
    const isAlike = (link: Link): boolean => this.#links.get(link)?.path.kind === record.path.kind
    const open = this.linksTo(nodeId).filter((link) => link.isOpen && isAlike(link))
    if (open.length <= MAX_LINKS_PER_PEER) return
    const message = `there are ${open.length} links between the two nodes, and ${MAX_LINKS_PER_PEER} are enough`
    this.#preferredOf(record).leastUseful(nodeId, open, newest)?.close(CloseCode.DUPLICATE, message)
  }

  onRegistry(link: Link, message: unknown): void | Promise<void> {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId !== undefined) return this.#parts.registry.receive(nodeId, link, message)
  }

  onIncarnation(link: Link): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId !== undefined) this.#parts.registry.onIncarnation(nodeId, link)
  }

  onRegistryWritable(link: Link): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId !== undefined) this.#parts.registry.onWritable(nodeId, link)
  }

  onStream(link: Link, header: StreamHeader, stream: Stream, initialBytes: Uint8Array | undefined): void {
    const nodeId = this.#links.get(link)?.nodeId
    if (nodeId === undefined) {
      stream.destroy()
      return
    }
    this.#parts.relayed.used(link)
    // The header's kind chose the row, so the row takes this header.
    const take = this.#parts.streams[header.kind] as StreamTaker<StreamKind>
    take(nodeId, link, { header, stream, initialBytes })
  }

  /** The peer has a link to another node with this node's id. */
  onConflict(link: Link): void {
    const { nodeId, remoteAddress = '' } = this.#links.get(link) ?? {}
    if (nodeId !== undefined && !this.#isClosed) this.#parts.conflicts.claimed(nodeId, remoteAddress)
  }

  /** The peer takes no new streams on the link; its open streams go on. */
  onGoAway(link: Link): void {
    const record = this.#links.get(link)
    if (record !== undefined) this.#preferredOf(record).withdraw(record.nodeId, link)
    for (const [tunnel, each] of [...this.#links]) if (each.over === link) this.#leave(tunnel, each)
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
    const record = this.#links.get(link)
    if (record === undefined) return
    this.#links.delete(link)
    if (record.nodeId !== undefined) this.#byNode.delete(record.nodeId, link)
    this.#parts.admission.forget(link)
    if (!this.#isClosed) this.#parts.conflicts.ended(error, record)
    this.#parts.reports.ended(link, record, error)
    record.forget()
    if (record.quota !== undefined) this.#parts.held.leave(link.peer?.nodeId as NodeId)
    record.opening?.reject(error ?? linkError(CloseCode.NO_ERROR, 'the link was closed before it was open'))
    this.#preferredOf(record).closed(record.nodeId, link)
    for (const resolve of this.#refusing.get(link) ?? []) resolve()
    this.#refusing.delete(link)
    if (this.#links.size > 0) return
    const closing = this.#closing
    this.#closing = []
    for (const resolve of closing) resolve()
  }
}
