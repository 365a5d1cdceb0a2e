import type { NodeId } from '@astranet/interface'
import { toWebStreams, type Stream, type WebStreams } from '@astranet/mux'
import { nodeAddress } from '../api/node-address.js'
import { socketError } from '../api/socket-error.js'
import type { SocketEnds } from '../api/socket-ends.js'

/**
 * A stream between two nodes as a pair of Web Streams. Reading slowly holds the peer's writer back, and a write that has
 * resolved has left. The two directions end apart: closing `writable` ends this one, and `readable` ends when the peer has
 * ended its own. Errors are those of `net.Socket`, with `errno` and `syscall`: `ECONNRESET` when the peer or its link broke it off, `EPIPE` when the
 * peer reads no more, `ECONNABORTED` when it was given up here.
 */
export class Socket implements AsyncDisposable {
  /** What the peer sends. `cancel` tells it to stop. */
  readonly readable: ReadableStream<Uint8Array>
  /** What the peer is sent. `close` ends the direction, `abort` resets it. */
  readonly writable: WritableStream<Uint8Array>
  /**
   * Settles when both directions are over: rejects with the first error, `ECONNRESET` when the peer broke it off. Nobody needs
   * to catch it.
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
  readonly #stream: Stream
  readonly #streams: WebStreams

  /** @internal */
  constructor(stream: Stream, ends: SocketEnds, initialBytes: Uint8Array | undefined) {
    this.#stream = stream
    this.#streams = toWebStreams(stream, {
      initialBytes,
      // A peer that has broken it off also reads no more: that is the lesser news.
      errorOf: (error, syscall, reset) => socketError(reset ?? error, syscall),
    })
    this.readable = this.#streams.readable
    this.writable = this.#streams.writable
    this.closed = this.#streams.closed
    this.remoteNode = ends.remoteNode
    this.remotePort = ends.remotePort
    this.localNode = ends.localNode
    this.localPort = ends.localPort
  }

  /** The node at the other end as an IPv6 unique local address, for programs that want one. */
  get remoteAddress(): string {
    return nodeAddress(this.remoteNode)
  }

  /** This node likewise. */
  get localAddress(): string {
    return nodeAddress(this.localNode)
  }

  /**
   * Gives up both directions. What was written reaches the peer; where a write waits behind another the peer sees a reset, so
   * that it never takes incomplete bytes for all. Reads and writes that wait fail with `ECONNABORTED`. Idempotent.
   */
  destroy(): void {
    this.#streams.destroy()
  }

  /** Breaks off both directions, so that the other end sees `ECONNRESET`. Idempotent. */
  resetAndDestroy(): void {
    this.#stream.destroy()
    this.#streams.destroy()
  }

  /** Destroys the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy()
  }
}
