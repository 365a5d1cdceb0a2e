import { systemClock, type ByteDuplex, type NodeId } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { Link, type DialError, type LinkHandler, type LinkRole, type TunnelHeader } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { generateIdentitySync, type Identity } from '@astranet/secure'
import { lendingDuplex } from '@astranet/testkit'
import {
  Forwarder,
  isLastHop,
  StreamDuplex,
  type ForwarderParts,
  type TunnelLimits,
} from '../../src/index.js'

/** A stream that a peer opened, as a node of the chain gets it. */
export interface Arrival {
  readonly link: Link
  readonly header: TunnelHeader
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
}

/** A pipe whose chunks are overwritten when a handler that returns them has had them. */
function lendingPair(): readonly [ByteDuplex, ByteDuplex] {
  const [a, b] = duplexPair()
  return [lendingDuplex(a), lendingDuplex(b)]
}

/** A node with links and, where it is a router, a forwarder. */
export class ChainNode {
  readonly identity: Identity = generateIdentitySync()
  readonly links = new Map<NodeId, Link>()
  readonly forwarder: Forwarder
  /** Called with tunnels that end here. */
  onArrival: (arrival: Arrival) => void = ({ link, stream }) => link.refuse(stream, 7)
  isRouter: boolean

  constructor(isRouter: boolean, parts: Partial<ForwarderParts> = {}) {
    this.isRouter = isRouter
    this.forwarder = new Forwarder({
      self: this.nodeId,
      clock: systemClock,
      isRouter: () => this.isRouter,
      linkTo: (nodeId) => this.links.get(nodeId),
      isRouterAt: (link) => link.peer?.roles.includes('router') === true,
      routersTo: () => undefined,
      isKnown: (nodeId) => this.links.has(nodeId),
      forwardRefusal: () => undefined,
      ...parts,
    })
  }

  get nodeId(): NodeId {
    return this.identity.nodeId
  }

  /** Links the two nodes; resolves when both ends are open. */
  async link(other: ChainNode, pair: readonly [ByteDuplex, ByteDuplex] = lendingPair()): Promise<void> {
    await Promise.all([this.#open(pair[0], 'dialer'), other.#open(pair[1], 'acceptor')])
  }

  #open(duplex: ByteDuplex, role: LinkRole): Promise<void> {
    return new Promise((resolve, reject) => {
      const handler: LinkHandler = {
        onOpen: (link) => {
          this.links.set(link.remote?.nodeId as NodeId, link)
          resolve()
        },
        onStream: (link, header, stream, initialBytes) => {
          if (header.kind !== 'tunnel') link.refuse(stream, 7)
          else if (isLastHop(header)) this.onArrival({ link, header, stream, initialBytes })
          else this.forwarder.take(link.remote?.nodeId as NodeId, link, { header, stream, initialBytes })
        },
        onClose: (link, error) => {
          for (const [nodeId, each] of this.links) if (each === link) this.links.delete(nodeId)
          reject(error ?? new Error('the link was closed'))
        },
      }
      new Link(duplex, {
        ...{ role, handler, identity: this.identity },
        introduction: { incarnation: 1, roles: this.isRouter ? ['router'] : [] },
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      }).start()
    })
  }
}

/** Nodes in a row, the inner ones routers, each linked with the next. */
export class Chain implements AsyncDisposable {
  readonly nodes: readonly ChainNode[]

  private constructor(nodes: readonly ChainNode[]) {
    this.nodes = nodes
  }

  static async of(routers: number, limits?: TunnelLimits): Promise<Chain> {
    const count = routers + 2
    const nodes = Array.from({ length: count }, (_, index) => {
      return new ChainNode(index > 0 && index < count - 1, { limits })
    })
    for (let index = 1; index < count; index++) await at(nodes, index - 1).link(at(nodes, index))
    return new Chain(nodes)
  }

  get first(): ChainNode {
    return at(this.nodes, 0)
  }

  get last(): ChainNode {
    return at(this.nodes, this.nodes.length - 1)
  }

  router(index: number): ChainNode {
    return at(this.nodes, index + 1)
  }

  get path(): NodeId[] {
    return this.nodes.map(({ nodeId }) => nodeId)
  }

  /** A tunnel from the first node to the last one: its stream at each end. */
  async streams(): Promise<{ near: Opened; far: Opened }> {
    const arrived = new Promise<Opened>((resolve) => {
      this.last.onArrival = ({ link, stream, initialBytes }) => {
        link.accept(stream)
        resolve({ stream, initialBytes })
      }
    })
    const near = await openTunnel(this.first, this.path)
    return { near, far: await arrived }
  }

  /** The same, as byte duplexes. */
  async duplexes(): Promise<{ a: StreamDuplex; b: StreamDuplex }> {
    const { near, far } = await this.streams()
    return { a: duplexOf(near), b: duplexOf(far) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { links } of this.nodes) for (const link of links.values()) link.destroy()
    await Promise.resolve()
  }
}

/** A tunnel's stream at one of its ends. */
export interface Opened {
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
}

/** Opens a tunnel along `path` from `node`, its first node; rejects with the refusal. */
export function openTunnel(node: ChainNode, path: readonly NodeId[], position = 1): Promise<Opened> {
  const link = node.links.get(path[1] as NodeId)
  if (link === undefined) throw new Error('there is no link to the second node of the path')
  return openOn(link, { kind: 'tunnel', path, position })
}

/** Opens a tunnel with any header on a link. */
export function openOn(link: Link, header: TunnelHeader): Promise<Opened> {
  return new Promise((resolve, reject) => {
    link.dial(header, {
      onAccepted: (_, stream, initialBytes) => resolve({ stream, initialBytes }),
      onFailed: (_, error: DialError) => reject(error),
    })
  })
}

export function duplexOf({ stream, initialBytes }: Opened): StreamDuplex {
  return new StreamDuplex(stream, { clock: systemClock, localAddress: '', remoteAddress: '', initialBytes })
}

function at(nodes: readonly ChainNode[], index: number): ChainNode {
  const node = nodes[index]
  if (node === undefined) throw new RangeError(`there is no node ${index}`)
  return node
}
