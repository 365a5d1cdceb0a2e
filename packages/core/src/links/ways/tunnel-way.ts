import { formatNodeId, type Clock, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { StreamDuplex, type RouteTable } from '@astranet/relay'
import type { LinkCredentials } from '../link-credentials.js'
import type { LinkMaker } from '../link-maker.js'
import { relayed } from '../link-path.js'
import type { LinkRecord } from '../link-record.js'
import { ownKeyId, pairCredentials } from '../pair-secrets.js'
import { roleOf } from '../roles.js'
import type { LinkWay } from './link-way.js'
import { raceTunnels, type TunnelPath } from './tunnel-race.js'

/** How many paths are tried for one tunnel. */
const MAX_PATHS = 3

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

  constructor(parts: TunnelWayParts) {
    this.#parts = parts
  }

  canTry(nodeId: NodeId): boolean {
    const { routes, knowsAll } = this.#parts
    return routes.routeTo(nodeId)?.distance !== undefined || (!knowsAll() && this.#routers().length > 0)
  }

  async open(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    const { self, clock, maker, recordOf } = this.#parts
    const paths = await Promise.all(this.#paths(nodeId).map((path) => this.#withKeyId(path)))
    const { path, stream, initialBytes, pair } = await raceTunnels(paths, clock, signal)
    const duplex = new StreamDuplex(stream, {
      ...{ clock, initialBytes, localAddress: tunnelAddress(self), remoteAddress: tunnelAddress(nodeId) },
    })
    // What let this node in at the router decides what it can prove to the other node.
    const credentials = pairCredentials(recordOf(path.link)?.credentials ?? NO_CREDENTIALS, {
      own: { nodeId: self, keyId: path.keyId },
      peer: { nodeId, keyId: pair?.keyId },
      given: pair?.psk,
    })
    await maker.adopt(duplex, 'dialer', {
      ...{ signal, credentials, expectedNodeId: nodeId },
      ...{ path: relayed(path.via), over: path.link },
    })
  }

  /** The best route first, then those over other routers to which there is a link. */
  #paths(nodeId: NodeId): Omit<TunnelPath, 'keyId'>[] {
    const { self, routes, linkTo } = this.#parts
    const paths: Omit<TunnelPath, 'keyId'>[] = []
    const add = (via: readonly NodeId[]): void => {
      const [first] = via
      const link = first === undefined ? undefined : linkTo(first)
      if (link === undefined || first === nodeId || paths.some((path) => path.via[0] === first)) return
      paths.push({ link, via, nodes: [self, ...via, nodeId] })
    }
    const best = routes.routeTo(nodeId)?.via ?? []
    if (best.length > 0) add(best)
    for (const [router] of this.#routers()) if (paths.length < MAX_PATHS) add([router])
    return paths
  }

  async #withKeyId(path: Omit<TunnelPath, 'keyId'>): Promise<TunnelPath> {
    const { credentials = NO_CREDENTIALS } = this.#parts.recordOf(path.link) ?? {}
    return { ...path, keyId: await ownKeyId(credentials) }
  }

  #routers(): [NodeId, Link][] {
    return [...this.#parts.neighbours].filter(
      (each): each is [NodeId, Link] => each[1].peer !== undefined && roleOf(each[1].peer) === 'router',
    )
  }
}

/** Those of a link that has closed meanwhile. */
const NO_CREDENTIALS: LinkCredentials = { psk: undefined }

/** How a tunnel names its end as an address. */
export function tunnelAddress(nodeId: NodeId): string {
  return `tunnel:${formatNodeId(nodeId)}`
}
