import type { AddressInfo } from 'node:net'
import { formatNodeId, type NodeId } from '@astranet/interface'
import { nodeAddress } from '../api/node-address.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { LinkPath } from '../links/link-path.js'
import type { RemoteIdentity } from '../links/remote-identity.js'
import { OriginDuplex } from './origin-duplex.js'

/** The value of a property of `net.Socket` that does not exist now, also on the prototype, which programs may read. */
export const NOTHING = undefined as never

/** A Duplex with the addresses of `net.Socket`. They exist once `setEnds` was called. */
export class AddressedDuplex extends OriginDuplex {
  /** The node at the other end. */
  readonly remoteNode!: NodeId
  /** The port at the other end: the dialed one, or the dialer's own. */
  readonly remotePort!: number
  /** This node. */
  readonly localNode!: NodeId
  #localPort: number | undefined = undefined
  #remoteIdentity: RemoteIdentity | undefined = undefined

  /**
   * Who is at the other end: its id and key, which it has proved, its roles, and how the link is protected. `undefined`
   * until the socket is connected. It stays when the socket is closed or destroyed, as `remoteNode` and `remotePort`
   * do, so that a handler of `'close'` can still name the peer; `net.Socket` keeps `remoteAddress` likewise once it was
   * read. All sockets of a link share one object. A later policy may give other roles; this object does not change.
   */
  get remoteIdentity(): RemoteIdentity {
    return #remoteIdentity in this && this.#remoteIdentity !== undefined ? this.#remoteIdentity : NOTHING
  }

  /**
   * The way that its bytes take: `{ kind: 'direct', via: [] }`, or `{ kind: 'relay', via }` through these routers, which
   * cannot read them. It stays the same as long as the socket lives. `undefined` until the socket is connected.
   */
  get path(): LinkPath {
    return this.remoteIdentity?.path
  }

  /** An IPv6 address made of the node's id; `undefined` on the prototype, like all that follow. */
  get remoteAddress(): string {
    return this.hasEnds() ? nodeAddress(this.remoteNode) : NOTHING
  }

  get remoteFamily(): string {
    return this.hasEnds() ? 'IPv6' : NOTHING
  }

  /** This end's address; `undefined` once the socket is destroyed, as on `net.Socket`, like port and family. */
  get localAddress(): string {
    return this.hasLocalEnd() ? nodeAddress(this.localNode) : NOTHING
  }

  /** The port at this end. */
  get localPort(): number {
    return this.hasLocalEnd() ? (this.#localPort as number) : NOTHING
  }

  get localFamily(): string {
    return this.hasLocalEnd() ? 'IPv6' : NOTHING
  }

  /** This end, as `net.Socket` gives it: empty once the socket is destroyed. */
  address(): AddressInfo | Record<string, never> {
    if (!this.hasLocalEnd()) return {}
    return { address: this.localAddress, family: this.localFamily, port: this.localPort }
  }

  /** What `JSON.stringify` writes, for logs: the ends, with node ids in their text form, and what has passed. */
  toJSON(): object {
    const { remoteAddress, remotePort, localAddress, localPort, bytesRead, bytesWritten, destroyed } = this
    const nodes = this.hasEnds()
      ? { remoteNode: formatNodeId(this.remoteNode), localNode: formatNodeId(this.localNode) }
      : {}
    return {
      ...nodes,
      remoteAddress,
      remotePort,
      localAddress,
      localPort,
      bytesRead,
      bytesWritten,
      destroyed,
    }
  }

  /** Once: in the constructor of a subclass, or when the socket is connected. */
  protected setEnds(ends: SocketEnds, identity: RemoteIdentity): void {
    // Read-only for everybody else.
    const self: { remoteNode: NodeId; remotePort: number; localNode: NodeId } = this
    self.remoteNode = ends.remoteNode
    self.remotePort = ends.remotePort
    self.localNode = ends.localNode
    this.#localPort = ends.localPort
    this.#remoteIdentity = identity
  }

  protected override forget(): void {
    super.forget()
    this.#localPort = undefined
    this.#remoteIdentity = undefined
    Object.assign(this, { remoteNode: undefined, remotePort: undefined, localNode: undefined })
  }

  private hasEnds(): boolean {
    return #localPort in this && this.#localPort !== undefined
  }

  private hasLocalEnd(): boolean {
    return this.hasEnds() && !this.destroyed
  }
}
