import type { NodeId } from '@astranet/interface'
import { RefusalReason, StreamPlace, type DialHeader, type Link, type StreamQuota } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { AccessControl } from '../access/access-control.js'
import type { IncomingStream } from '../links/incoming-stream.js'
import type { LinkRecord } from '../links/link-record.js'
import { DialGate } from './dial-gate.js'
import type { ListenerQueue } from './listener-queue.js'
import type { ListenerReports } from './listener-reports.js'
import type { PortTable } from './port-table.js'
import type { Refusal } from './refusal.js'

/** @internal What answering dials needs of the node. */
export interface IncomingDialsParts {
  readonly self: NodeId
  readonly ports: PortTable
  readonly access: AccessControl
  readonly reports: ListenerReports
  readonly recordOf: (link: Link) => LinkRecord | undefined
}

/** Answers streams that other nodes dialed, and hands them to the listener of their port. */
export class IncomingDials {
  readonly #parts: IncomingDialsParts
  readonly #gate: DialGate

  constructor(parts: IncomingDialsParts) {
    this.#parts = parts
    this.#gate = new DialGate(parts.access)
  }

  /** A node dialed a port of this one. */
  take(nodeId: NodeId, link: Link, { header, stream, initialBytes }: IncomingStream<'dial'>): void {
    const { self, ports, access, recordOf } = this.#parts
    const { identity, quota } = recordOf(link) ?? {}
    // The link was closed meanwhile, and its streams with it.
    if (identity === undefined) return
    const queue = ports.at(header.port)
    if (queue === undefined || !isFor(queue, header)) {
      this.#refuse(link, { header, stream }, nobody(header))
      return
    }
    const refusal = this.#gate.refusal(queue, identity) ?? queue.refusal() ?? keepPlace(queue, stream, quota)
    if (refusal !== undefined) {
      this.#refuse(link, { header, stream }, refusal)
      return
    }
    link.accept(stream)
    const ends = {
      localNode: self,
      localPort: header.port,
      remoteNode: nodeId,
      remotePort: header.sourcePort,
    }
    // The initial bytes wait in the listener, and count as unread until a socket takes them. They are copied if they
    // have to wait: as a part of the read chunk they would keep the whole chunk in memory.
    stream.manualCredit = true
    const kept = queue.isWaitingRoom ? initialBytes?.slice() : initialBytes
    queue.take({ stream, ends, identity: access.shown(identity), initialBytes: kept })
  }

  #refuse(
    link: Link,
    { header, stream }: Pick<IncomingStream<'dial'>, 'header' | 'stream'>,
    refusal: Refusal,
  ): void {
    link.refuse(stream, refusal.reason, refusal.text)
    const { port, service, environment = '', sourcePort: remotePort } = header
    const nodeId = link.peer?.nodeId
    if (nodeId !== undefined)
      this.#parts.reports.refused({ port, service, environment }, { nodeId, remotePort }, refusal)
  }
}

/** A dial by name is refused if the port belongs to another service by now. */
function isFor({ binding }: ListenerQueue<unknown>, header: DialHeader): boolean {
  if (header.service === undefined) return true
  const { service, environment } = binding
  return service === header.service && environment === (header.environment ?? '')
}

/** Counts a stream that has to wait for the application. Returns why it may not wait. */
function keepPlace(
  queue: ListenerQueue<unknown>,
  stream: Stream,
  quota: StreamQuota | undefined,
): Refusal | undefined {
  // The place of a stream that is closed already would never be given back.
  if (quota === undefined || !queue.isWaitingRoom || stream.isClosed) return undefined
  if (!quota.take()) return TOO_MANY
  stream.context = new StreamPlace(quota)
  return undefined
}

const TOO_MANY: Refusal = {
  reason: RefusalReason.BACKLOG_FULL,
  text: 'too many streams wait at this node',
}

function nobody({ port, service: name }: DialHeader): Refusal {
  const service = name === undefined ? '' : ` for the service "${name}"`
  return { reason: RefusalReason.CONNECTION_REFUSED, text: `nobody listens on port ${port}${service}` }
}
