import type { NodeId } from '@astranet/interface'
import { RefusalReason, type DialHeader, type Link } from '@astranet/link'
import type { IncomingStream } from '../links/incoming-stream.js'
import type { ListenerQueue } from './listener-queue.js'
import type { PortTable } from './port-table.js'

/** Answers streams that other nodes dialed, and hands them to the listener of their port. */
export class IncomingDials {
  readonly #self: NodeId
  readonly #ports: PortTable

  constructor(self: NodeId, ports: PortTable) {
    this.#self = self
    this.#ports = ports
  }

  /** A node dialed a port of this one. */
  take(nodeId: NodeId, link: Link, { header, stream, initialBytes }: IncomingStream<'dial'>): void {
    const queue = this.#ports.at(header.port)
    const reason = queue === undefined ? RefusalReason.CONNECTION_REFUSED : queue.refusal()
    if (queue === undefined || reason !== undefined || !isMeant(queue, header)) {
      link.refuse(stream, reason ?? RefusalReason.CONNECTION_REFUSED, refusalText(header, reason))
      return
    }
    link.accept(stream)
    const ends = {
      localNode: this.#self,
      localPort: header.port,
      remoteNode: nodeId,
      remotePort: header.sourcePort,
    }
    // The initial bytes wait in the listener, and count as unread until a socket takes them.
    stream.manualCredit = true
    queue.take({ stream, ends, initialBytes })
  }
}

/** A dial by name is refused if the port belongs to another service by now. */
function isMeant({ binding }: ListenerQueue<unknown>, header: DialHeader): boolean {
  if (header.service === undefined) return true
  const { service, environment } = binding
  return service === header.service && environment === (header.environment ?? '')
}

function refusalText(header: DialHeader, reason: RefusalReason | undefined): string {
  if (reason === RefusalReason.BACKLOG_FULL) return 'the backlog is full'
  const service = header.service === undefined ? '' : ` for the service "${header.service}"`
  return `nobody listens on port ${header.port}${service}`
}
