import { toError, type Clock, type NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { CloseCode, linkError, RefusalReason, type Link, type TunnelHeader } from '@astranet/link'
import { hopFault, isLastHop, StreamDuplex, type Forwarder, type TunnelRefusal } from '@astranet/relay'
import type { IncomingStream } from '../links/incoming-stream.js'
import type { LinkMaker } from '../links/link-maker.js'
import type { LinkCredentials } from '../links/link-credentials.js'
import { relayed } from '../links/link-path.js'
import type { LinkRecord } from '../links/link-record.js'
import {
  dependsOnOthers,
  ownKeyId,
  ownPairFacts,
  pairCredentials,
  vouchesForOthers,
} from '../links/pair-secrets.js'
import { tunnelAddress } from '../links/ways/tunnel-way.js'
import { MAX_PENDING_PER_LINK, PendingTunnels } from './pending-tunnels.js'

/** @internal What taking tunnels needs of the node. */
export interface IncomingTunnelsParts {
  readonly self: NodeId
  readonly clock: Clock
  readonly recordOf: (link: Link) => LinkRecord | undefined
  readonly maker: () => LinkMaker
  readonly forwarder: () => Forwarder
  /** A link through routers that another node wanted to make did not come about. */
  readonly onFailed: (nodeId: NodeId, error: Error) => void
}

/** Takes tunnels that end at this node, and passes the others to the forwarder. */
export class IncomingTunnels {
  readonly #parts: IncomingTunnelsParts
  readonly #pending = new PendingTunnels()

  constructor(parts: IncomingTunnelsParts) {
    this.#parts = parts
  }

  /** A neighbour asks for a tunnel. */
  take(peer: NodeId, link: Link, incoming: IncomingStream<'tunnel'>): void {
    const { self, recordOf, forwarder } = this.#parts
    const { header, stream } = incoming
    const record = recordOf(link)
    if (record?.path.kind !== 'direct') {
      this.#refuse(link, stream, {
        reason: RefusalReason.FORBIDDEN,
        text: 'a tunnel does not lead through a tunnel',
      })
      return
    }
    if (!isLastHop(header)) {
      forwarder().take(peer, link, incoming)
      return
    }
    const fault = hopFault(header, { self, peer })
    if (fault === undefined) this.#accept(link, incoming, record)
    else this.#refuse(link, stream, fault)
  }

  #accept(link: Link, incoming: IncomingStream<'tunnel'>, record: LinkRecord): void {
    const { credentials } = record
    if (dependsOnOthers(credentials) && !isVouchedFor(incoming.header, record)) {
      this.#refuse(link, incoming.stream, { reason: RefusalReason.FORBIDDEN, text: NO_VOUCHER })
      return
    }
    const cutting = new AbortController()
    const pending = {
      path: incoming.header.path,
      cut: () => cutting.abort(linkError(CloseCode.BUSY, TOO_MANY)),
    }
    this.#pending.add(link, pending)
    this.#adopt(link, incoming, { credentials, signal: cutting.signal })
      .catch((error: unknown) => this.#parts.onFailed(sourceOf(incoming), toError(error)))
      .finally(() => this.#pending.delete(link, pending))
  }

  #refuse(link: Link, stream: Stream, refusal: TunnelRefusal): void {
    this.#parts.forwarder().refuse(link, stream, refusal)
  }

  /** Makes a link on the tunnel's stream. `signal` ends it until it is one. */
  async #adopt(
    link: Link,
    incoming: IncomingStream<'tunnel'>,
    { credentials, signal }: Adopting,
  ): Promise<void> {
    const { self, clock, maker } = this.#parts
    const { header, stream, initialBytes } = incoming
    const [source, ...between] = header.path.slice(0, -1) as [NodeId, ...NodeId[]]
    const keyId = await ownKeyId(credentials)
    if (signal.aborted) {
      link.refuse(stream, RefusalReason.BACKLOG_FULL, TOO_MANY)
      throw toError(signal.reason)
    }
    const duplex = new StreamDuplex(stream, {
      ...{ clock, initialBytes, localAddress: tunnelAddress(self), remoteAddress: tunnelAddress(source) },
    })
    link.accept(stream, ownPairFacts(keyId))
    const shared = pairCredentials(credentials, {
      own: { nodeId: self, keyId },
      peer: { nodeId: source, keyId: header.pair?.keyId },
      given: header.pair?.psk,
    })
    await maker().adopt(duplex, 'acceptor', {
      ...{
        signal,
        path: relayed(between.reverse()),
        over: link,
        expectedNodeId: source,
        credentials: shared,
      },
    })
  }
}

/** How one tunnel becomes a link. */
interface Adopting {
  readonly credentials: LinkCredentials
  readonly signal: AbortSignal
}

const TOO_MANY = `more than ${MAX_PENDING_PER_LINK} tunnels over one link wait to become links`

/** The source, at least one router, and this node. */
const MIN_VOUCHED_NODES = 3

const NO_VOUCHER =
  "this node came in by a grant, and no router that knows the network's secret vouches for the source"

/** Whether a member that is not the source itself has given the secret of the two ends. */
function isVouchedFor({ path, pair }: TunnelHeader, record: LinkRecord): boolean {
  return pair?.psk !== undefined && path.length >= MIN_VOUCHED_NODES && vouchesForOthers(record)
}

function sourceOf({ header }: IncomingStream<'tunnel'>): NodeId {
  return header.path[0] as NodeId
}
