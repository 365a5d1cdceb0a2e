import { Socket as NetSocket, type AddressInfo } from 'node:net'
import type { NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { StreamDuplex, type DuplexOptions } from '@astranet/mux/duplex'
import { MAX_TIMEOUT_MS } from '../check.js'
import { nodeAddress } from '../node-address.js'
import { socketError } from '../socket-error.js'
import type { SocketEnds } from '../socket-ends.js'

/**
 * A stream between two nodes, with the methods, events and properties of `net.Socket`: what takes a socket takes this
 * one. The addresses are IPv6 addresses made of node ids; `remoteNode` and `localNode` are the ids.
 *
 * Not there: `connect()` and the events `'connect'`, `'ready'`, `'lookup'` and `'connectionAttempt'` (a socket is handed out
 * connected), the option `onread`, the argument of `'close'`, a file descriptor. `setNoDelay`, `setKeepAlive`, `ref` and
 * `unref` do nothing: bytes leave at once anyway, and the link below keeps itself alive.
 */
export class Socket extends StreamDuplex {
  /** The node at the other end. */
  readonly remoteNode: NodeId
  /** The port at the other end: what was dialed, or the dialer's own. */
  readonly remotePort: number
  /** This node. */
  readonly localNode: NodeId
  /** Always false: a socket is handed out when it is connected. */
  readonly connecting: boolean = false
  /** The inactivity timeout in ms, as set by `setTimeout`; `undefined` before, as on `net.Socket`. */
  timeout: number | undefined = undefined
  readonly #localPort: number
  #timer: NodeJS.Timeout | undefined = undefined
  /** Bytes that had left when the timer was last looked at. */
  #sentBytes = 0

  /** @internal */
  constructor(stream: Stream, ends: SocketEnds, options: DuplexOptions) {
    super(stream, options)
    this.remoteNode = ends.remoteNode
    this.remotePort = ends.remotePort
    this.localNode = ends.localNode
    this.#localPort = ends.localPort
    this.readAhead()
  }

  /** An IPv6 address made of the node's id; `undefined` on the prototype, like all that follow. */
  get remoteAddress(): string {
    return #localPort in this ? nodeAddress(this.remoteNode) : NOTHING
  }

  get remoteFamily(): 'IPv6' {
    return #localPort in this ? 'IPv6' : NOTHING
  }

  /** This end's address; `undefined` once the socket is destroyed, as on `net.Socket`, like port and family. */
  get localAddress(): string {
    return this.#hasLocalEnd() ? nodeAddress(this.localNode) : NOTHING
  }

  /** The port at this end. */
  get localPort(): number {
    return this.#hasLocalEnd() ? this.#localPort : NOTHING
  }

  get localFamily(): 'IPv6' {
    return this.#hasLocalEnd() ? 'IPv6' : NOTHING
  }

  /** Whether it is not connected: once it is destroyed, since it is handed out connected. */
  get pending(): boolean {
    return #localPort in this ? this.destroyed : NOTHING
  }

  /** Bytes in Node's buffer, as on `net.Socket`; `undefined` once the socket is destroyed. */
  get bufferSize(): number {
    return this.#hasLocalEnd() ? this.writableLength : NOTHING
  }

  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** This end, as `net.Socket` gives it: empty once the socket is destroyed. */
  address(): AddressInfo | Record<string, never> {
    if (!this.#hasLocalEnd()) return {}
    return { address: this.localAddress, family: 'IPv6', port: this.#localPort }
  }

  /**
   * Emits `'timeout'` once after `timeoutMs` in which nothing was written and no byte arrived or left; 0 turns it off. The
   * socket is not closed by it, and it keeps no process alive. As for `net.Socket`: a value above 2^31 - 1 is taken for that,
   * with a warning; throws `ERR_INVALID_ARG_TYPE` unless it is a number, `ERR_OUT_OF_RANGE` when it is negative or not finite.
   */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    if (this.destroyed) return this
    this.timeout = timeoutMs
    const delayMs = checkDelay(timeoutMs, onTimeout)
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (delayMs === 0) {
      if (onTimeout !== undefined) this.removeListener('timeout', onTimeout)
      return this
    }
    if (onTimeout !== undefined) this.once('timeout', onTimeout)
    this.#sentBytes = this.stream.sentBytes
    this.#timer = setTimeout(() => this.#timedOut(), delayMs)
    this.#timer.unref()
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  /** Ends the sending direction and destroys the socket once everything written was handed over. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /**
   * Destroys the socket so that the other end sees `ECONNRESET`; what was written and has not left is dropped. Without effect
   * on a socket that is destroyed.
   */
  resetAndDestroy(): this {
    if (this.destroyed) return this
    this.stream.destroy()
    return this.destroy()
  }

  protected override onActivity(): void {
    this.#timer?.refresh()
  }

  protected override errorOf(error: Error, syscall: 'read' | 'write'): Error {
    return socketError(error, syscall)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    super._destroy(error, callback)
  }

  #hasLocalEnd(): boolean {
    return #localPort in this && !this.destroyed
  }

  /** A write that waits and made progress is activity, as for `net.Socket`. */
  #timedOut(): void {
    const { sentBytes } = this.stream
    if (this.stream.bufferedBytes > 0 && sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#timer?.refresh()
    } else this.emit('timeout')
  }
}

/** What `net.Socket` has where there is nothing to say, for programs that look at the prototype for example. */
const NOTHING = undefined as never

/** `delayMs` as Node takes it. What is not plain is Node's own to judge: its errors and its warning. */
function checkDelay(delayMs: number, onTimeout: unknown): number {
  const isPlain = Number.isFinite(delayMs) && delayMs >= 0 && delayMs <= MAX_TIMEOUT_MS
  if (isPlain && (onTimeout === undefined || typeof onTimeout === 'function')) return delayMs
  const socket = new NetSocket()
  socket.setTimeout(delayMs, onTimeout as () => void)
  socket.destroy()
  return Math.min(delayMs, MAX_TIMEOUT_MS)
}
