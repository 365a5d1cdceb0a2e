import { toError, type Clock, type NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { RefusalReason, type Link, type TunnelHeader } from '@astranet/link'
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

/**
 * How many tunnels over one link may wait to become links. Who opened one is proved only then, so that this limit counts
 * the neighbour.
 */
const MAX_PENDING_PER_LINK = 64

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
  readonly #pending = new WeakMap<Link, number>()

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
    const pending = this.#pending.get(link) ?? 0
    if (pending >= MAX_PENDING_PER_LINK) {
      const text = 'too many tunnels over this link are pending'
      this.#refuse(link, incoming.stream, { reason: RefusalReason.BACKLOG_FULL, text })
      return
    }
    const { credentials } = record
    if (dependsOnOthers(credentials) && !isVouchedFor(incoming.header, record)) {
      this.#refuse(link, incoming.stream, { reason: RefusalReason.FORBIDDEN, text: NO_VOUCHER })
      return
    }
    this.#pending.set(link, pending + 1)
    this.#adopt(link, incoming, credentials)
      .catch((error: unknown) => this.#parts.onFailed(sourceOf(incoming), toError(error)))
      .finally(() => this.#pending.set(link, (this.#pending.get(link) ?? 1) - 1))
  }

  #refuse(link: Link, stream: Stream, refusal: TunnelRefusal): void {
    this.#parts.forwarder().refuse(link, stream, refusal)
  }

  /** Makes a link on the tunnel's stream. */
  async #adopt(link: Link, incoming: IncomingStream<'tunnel'>, credentials: LinkCredentials): Promise<void> {
    const { self, clock, maker } = this.#parts
    const { header, stream, initialBytes } = incoming
    const [source, ...between] = header.path.slice(0, -1) as [NodeId, ...NodeId[]]
    const duplex = new StreamDuplex(stream, {
      ...{ clock, initialBytes, localAddress: tunnelAddress(self), remoteAddress: tunnelAddress(source) },
    })
    const keyId = await ownKeyId(credentials)
    link.accept(stream, ownPairFacts(keyId))
    const shared = pairCredentials(credentials, {
      own: { nodeId: self, keyId },
      peer: { nodeId: source, keyId: header.pair?.keyId },
      given: header.pair?.psk,
    })
    await maker().adopt(duplex, 'acceptor', {
      ...{ path: relayed(between.reverse()), over: link, expectedNodeId: source, credentials: shared },
    })
  }
}

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
