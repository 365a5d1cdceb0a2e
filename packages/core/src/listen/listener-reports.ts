import type { NodeId } from '@astranet/interface'
import type { SocketEnds } from '../api/socket-ends.js'
import type { ReportChannel } from '../node/report-channel.js'
import type { Reporter } from '../node/reporter.js'
import type { Refusal } from './refusal.js'

/** A port is bound: `{ environment, service, port }`; `service` is `undefined` for a port without a name. */
const LISTENER_BOUND = 'astranet:listener:bound'

/** A bound port is free again: `{ environment, service, port }`. */
const LISTENER_CLOSED = 'astranet:listener:closed'

/** A dial was taken: `{ environment, service, port, nodeId, remotePort }`. */
const LISTENER_ACCEPTED = 'astranet:listener:accepted'

/** A dial was refused: `{ environment, service, port, nodeId, remotePort, text }`. */
const LISTENER_REFUSED = 'astranet:listener:refused'

/** Where a dial leads. */
export interface BoundTo {
  readonly environment: string
  readonly service: string | undefined
  readonly port: number
}

/** What has become of the dials of a node's ports so far. The numbers never fall. */
export interface ListenerCounts {
  /** Dials that were taken, of other nodes and of this one. */
  readonly accepted: number
  /** Dials that were refused: nobody listens, the backlog is full, the policy forbids them, or they are malformed. */
  readonly refused: number
}

/** Counts what arrives at bound ports, and publishes it while anybody observes that. */
export class ListenerReports {
  readonly #reporter: Pick<Reporter, 'publish'>
  readonly #accepted: ReportChannel
  readonly #refused: ReportChannel
  #acceptances = 0
  #refusals = 0

  constructor(reporter: Pick<Reporter, 'channel' | 'publish'>) {
    this.#reporter = reporter
    this.#accepted = reporter.channel(LISTENER_ACCEPTED)
    this.#refused = reporter.channel(LISTENER_REFUSED)
  }

  /** A port is bound. */
  bound({ environment, service, port }: BoundTo): void {
    this.#reporter.publish(LISTENER_BOUND, { environment, service, port })
  }

  /** A bound port is free. */
  closed({ environment, service, port }: BoundTo): void {
    this.#reporter.publish(LISTENER_CLOSED, { environment, service, port })
  }

  /** A dial was taken. */
  accepted({ environment, service, port }: BoundTo, { remoteNode: nodeId, remotePort }: SocketEnds): void {
    this.#acceptances += 1
    if (!this.#accepted.hasSubscribers) return
    this.#accepted.publish({ environment, service, port, nodeId, remotePort })
  }

  /** A dial was refused. When the port is not bound, service and environment are what the peer has sent. */
  refused(
    { environment, service, port }: BoundTo,
    { nodeId, remotePort }: { readonly nodeId: NodeId; readonly remotePort: number },
    { text }: Refusal,
  ): void {
    this.#refusals += 1
    if (!this.#refused.hasSubscribers) return
    this.#refused.publish({ environment, service, port, nodeId, remotePort, text })
  }

  /** A stream was refused whose header breaks a rule, so that there is nothing more to say of it. */
  refusedUnread(): void {
    this.#refusals += 1
  }

  /** The counts so far. */
  get counts(): ListenerCounts {
    return { accepted: this.#acceptances, refused: this.#refusals }
  }
}
