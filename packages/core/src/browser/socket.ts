import { formatNodeId, type NodeId } from '@astranet/interface'
import { toWebStreams, type Stream, type WebStreams } from '@astranet/mux'
import { nodeAddress } from '../api/node-address.js'
import { socketError } from '../api/socket-error.js'
import type { LinkPath } from '../links/link-path.js'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { SocketDetails } from '../node/socket-details.js'

/**
 * A stream between two nodes as a pair of Web Streams. Slow reading holds back the peer's writer, and the bytes of a
 * resolved write have left. The two directions end separately: closing `writable` ends this one, and `readable` ends
 * when the peer has ended its own. Errors are those of `net.Socket`, with `errno` and `syscall`: `ECONNRESET` when
 * the peer reset the stream or the link broke, `EPIPE` when the peer reads no more, `ECONNABORTED` when it was
 * destroyed here.
 */
export class Socket implements AsyncDisposable {
  /** The bytes from the peer. `cancel` asks it to stop sending. */
  readonly readable: ReadableStream<Uint8Array>
  /** The bytes to the peer. `close` ends the direction, `abort` resets it. */
  readonly writable: WritableStream<Uint8Array>
  /**
   * Resolves when both directions have ended; rejects with the first error, `ECONNRESET` when the peer reset it. An
   * uncaught rejection is ignored.
   */
  readonly closed: Promise<void>
  /** The node at the other end. */
  readonly remoteNode: NodeId
  /** The port at the other end: what was dialed, or the dialer's own. */
  readonly remotePort: number
  /** This node. */
  readonly localNode: NodeId
  /** The port at this end. */
  readonly localPort: number
  /**
   * Who is at the other end: its id and key, which it has proved, its roles, and how the link is protected. All sockets
   * of a link share one object. A later policy may give other roles; this object does not change.
   */
  readonly remoteIdentity: RemoteIdentity
  readonly #stream: Stream
  readonly #streams: WebStreams

  /** @internal */
  constructor(stream: Stream, { ends, identity, initialBytes }: Omit<SocketDetails, 'options' | 'origin'>) {
    this.#stream = stream
    this.#streams = toWebStreams(stream, {
      initialBytes,
      // A peer that has reset it also reads no more: the reset is what matters.
      errorOf: (error, syscall, reset) => socketError(reset ?? error, syscall),
    })
    this.readable = this.#streams.readable
    this.writable = this.#streams.writable
    this.closed = this.#streams.closed
    this.remoteNode = ends.remoteNode
    this.remotePort = ends.remotePort
    this.localNode = ends.localNode
    this.localPort = ends.localPort
    this.remoteIdentity = identity
  }

  /** What `JSON.stringify` writes, for logs: the ends, with node ids in their text form. */
  toJSON(): object {
    const { remoteNode, remotePort, localNode, localPort } = this
    return {
      ...{ remoteNode: formatNodeId(remoteNode), remotePort },
      ...{ localNode: formatNodeId(localNode), localPort },
    }
  }

  /**
   * The way that its bytes take: `{ kind: 'direct', via: [] }`, or `{ kind: 'relay', via }` through these routers, which
   * cannot read them.
   */
  get path(): LinkPath {
    return this.remoteIdentity.path
  }

  /** The node at the other end as an IPv6 unique local address, for programs that need one. */
  get remoteAddress(): string {
    return nodeAddress(this.remoteNode)
  }

  /** This node likewise. */
  get localAddress(): string {
    return nodeAddress(this.localNode)
  }

  /**
   * Ends both directions. Written bytes reach the peer; if a write waits behind another one, the peer sees a reset,
   * so that it never takes incomplete bytes for complete. Waiting reads and writes fail with `ECONNABORTED`.
   * Idempotent.
   */
  destroy(): void {
    this.#streams.destroy()
  }

  /** Resets both directions, so that the other end sees `ECONNRESET`. Idempotent. */
  resetAndDestroy(): void {
    this.#stream.destroy()
    this.#streams.destroy()
  }

  /** Destroys the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy()
  }
}
