import { formatNodeId, type Clock, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { StreamDuplex, type RouteTable } from '@astranet/relay'
import type { LinkMaker } from '../link-maker.js'
import { relayed } from '../link-path.js'
import type { LinkRecord } from '../link-record.js'
import { allowsTunnels, ownKeyId, pairCredentials } from '../pair-secrets.js'
import { roleOf } from '../roles.js'
import { FailedRouters } from './failed-routers.js'
import type { LinkWay } from './link-way.js'
import type { OpenedTunnel, TunnelPath } from './tunnel-attempt.js'
import { raceTunnels } from './tunnel-race.js'

/** How many paths are tried for one tunnel. */
const MAX_PATHS = 3

/** A link in a tunnel that dies silently before this time, in ms, counts as if it had not come about. */
const SHORT_LIFE_MS = 30_000

/** What making tunnels needs of the node. */
export interface TunnelWayParts {
  readonly self: NodeId
  readonly clock: Clock
  readonly routes: RouteTable
  readonly maker: LinkMaker
  /** Whether this node knows the whole network. A leaf asks its routers for nodes that it does not know. */
  readonly knowsAll: () => boolean
  /** The neighbours, with the link of each that is used. */
  readonly neighbours: Iterable<readonly [NodeId, Link]>
  readonly linkTo: (nodeId: NodeId) => Link | undefined
  readonly recordOf: (link: Link) => LinkRecord | undefined
}

/** Makes a link through routers: a tunnel, and the whole protocol of a link inside. */
export class TunnelWay implements LinkWay {
  readonly kind = 'relay'
  readonly #parts: TunnelWayParts
  readonly #failed: FailedRouters

  constructor(parts: TunnelWayParts) {
    this.#parts = parts
    this.#failed = new FailedRouters(parts.clock)
  }

  canTry(nodeId: NodeId): boolean {
    const { routes, knowsAll } = this.#parts
    return routes.routeTo(nodeId)?.distance !== undefined || (!knowsAll() && this.#routers().length > 0)
  }

  async open(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const paths = await Promise.all(this.#paths(nodeId).map((path) => withKeyId(path)))
    // The node may have been closed meanwhile.
    signal.throwIfAborted()
    await raceTunnels(paths, {
      ...{ clock, signal, routers: this.#failed },
      linkIn: (tunnel, onMade) => this.#linkIn(tunnel, { nodeId, signal, onMade }),
    })
  }

  doubted(link: Link): void {
    const path = this.#parts.recordOf(link)?.path
    const [router] = path?.kind === 'relay' ? path.via : []
    if (router !== undefined) this.#failed.add(router)
  }

  async #linkIn(
    { path, stream, initialBytes, pair }: OpenedTunnel,
    { nodeId, signal, onMade }: { nodeId: NodeId; signal: AbortSignal; onMade: (link: Link) => void },
  ): Promise<NodeId> {
    const { self, clock, maker } = this.#parts
    const duplex = new StreamDuplex(stream, {
      ...{ clock, initialBytes, localAddress: tunnelAddress(self), remoteAddress: tunnelAddress(nodeId) },
    })
    // What let this node in at the router decides what it can prove to the other node.
    const credentials = pairCredentials(path.credentials, {
      own: { nodeId: self, keyId: path.keyId },
      peer: { nodeId, keyId: pair?.keyId },
      given: pair?.psk,
    })
    const madeAt = clock.now()
    return await maker.adopt(duplex, 'dialer', {
      onClosed: (error) => {
        // A router may forward the handshake and nothing more.
        const isShort = clock.now() - madeAt < SHORT_LIFE_MS
        if (isShort && hasGoneSilent(error)) this.#failed.add(path.via[0] as NodeId)
      },
      ...{ signal, onMade, credentials, expectedNodeId: nodeId },
      ...{ path: relayed(path.via), over: path.link },
    })
  }

  /**
   * The best route first, then those over other routers to which there is a link; behind them, in the same order, those
   * over routers that have failed lately.
   */
  #paths(nodeId: NodeId): Omit<TunnelPath, 'keyId'>[] {
    const { self, routes, linkTo, recordOf } = this.#parts
    const paths: Omit<TunnelPath, 'keyId'>[] = []
    const add = (via: readonly NodeId[]): void => {
      const [first] = via
      const link = first === undefined ? undefined : linkTo(first)
      const record = link && recordOf(link)
      if (link === undefined || record === undefined || !allowsTunnels(record)) return
      if (first === nodeId || paths.some((path) => path.via[0] === first)) return
      paths.push({ link, via, nodes: [self, ...via, nodeId], credentials: record.credentials })
    }
    const best = routes.routeTo(nodeId)?.via ?? []
    if (best.length > 0) add(best)
    for (const [router] of this.#routers()) add([router])
    return this.#failed.sorted(paths).slice(0, MAX_PATHS)
  }

  #routers(): [NodeId, Link][] {
    return [...this.#parts.neighbours].filter((each): each is [NodeId, Link] => {
      const [, link] = each
      const record = this.#parts.recordOf(link)
      return (
        link.peer !== undefined &&
        roleOf(link.peer) === 'router' &&
        record !== undefined &&
        allowsTunnels(record)
      )
    })
  }
}

async function withKeyId(path: Omit<TunnelPath, 'keyId'>): Promise<TunnelPath> {
  return { ...path, keyId: await ownKeyId(path.credentials) }
}

function hasGoneSilent(error: Error | undefined): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ASTRA_ERR_PEER_DEAD'
}

/** How a tunnel names its end as an address. */
export function tunnelAddress(nodeId: NodeId): string {
  return `tunnel:${formatNodeId(nodeId)}`
}
