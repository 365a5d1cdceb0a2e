import type { AddressInfo } from 'node:net'
import type { NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { StreamDuplex } from '@astranet/mux/duplex'
import { checkTimeout } from '../check.js'
import { nodeAddress } from '../node-address.js'
import type { Origin } from '../origin.js'
import type { SocketDetails } from '../socket-details.js'
import { inThisContext } from './async-origin.js'

/**
 * A stream between two nodes, with the methods, events and properties of `net.Socket`: what takes a socket takes this
 * one. The addresses are IPv6 addresses made of node ids; `remoteNode` and `localNode` are the ids.
 *
 * Not there: `connect()` and the events `'connect'`, `'ready'`, `'lookup'` and `'connectionAttempt'` (a socket is handed out
 * connected), `bufferSize`, the option `onread`, the argument of `'close'`, a file descriptor. `setNoDelay`,
 * `setKeepAlive`, `ref` and `unref` do nothing: bytes leave at once anyway, and the link below keeps itself alive.
 *
 * What events run in, as far as AsyncLocalStorage goes, is what `net.Socket` gives: the context of the dial, none for a
 * socket that was accepted; callbacks, `'drain'` and `'finish'` that of their write or end, `'timeout'` that of `setTimeout`.
 */
export class Socket extends StreamDuplex {
  /** The node at the other end. */
  readonly remoteNode: NodeId
  /** The port at the other end: what was dialed, or the dialer's own. */
  readonly remotePort: number
  /** This node. */
  readonly localNode: NodeId
  /** The port at this end. */
  readonly localPort: number
  /** The inactivity timeout in ms, as set by `setTimeout`; 0 when there is none. */
  timeout = 0
  #timer: NodeJS.Timeout | undefined = undefined
  /** Not there yet while the base class's constructor runs, which delivers what has arrived. */
  private readonly origin: Origin | undefined

  /** @internal Events run in the context of `origin`; the constructor is to be called there. */
  constructor(stream: Stream, { ends, rest, allowHalfOpen, origin }: SocketDetails) {
    super(stream, { initialBytes: rest, allowHalfOpen })
    this.origin = origin
    this.remoteNode = ends.remoteNode
    this.remotePort = ends.remotePort
    this.localNode = ends.localNode
    this.localPort = ends.localPort
    // As `net.Socket` does: read ahead, so that a reset shows although nobody reads yet.
    this.read(0)
  }

  /** Always false: a socket is handed out when it is connected. */
  get connecting(): boolean {
    return false
  }

  /** Always false, likewise. */
  get pending(): boolean {
    return false
  }

  get remoteAddress(): string {
    return nodeAddress(this.remoteNode)
  }

  get remoteFamily(): 'IPv6' {
    return 'IPv6'
  }

  get localAddress(): string {
    return nodeAddress(this.localNode)
  }

  get localFamily(): 'IPv6' {
    return 'IPv6'
  }

  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** This end, as `net.Socket` gives it. */
  address(): AddressInfo {
    return { address: this.localAddress, family: 'IPv6', port: this.localPort }
  }

  /**
   * Emits `'timeout'` after `timeoutMs` without a byte read or written; 0 turns it off. The socket is not closed by it,
   * and it keeps no process alive. Throws a TypeError or RangeError unless `timeoutMs` is from 0 to 2^31 - 1.
   */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    if (this.destroyed) return this
    checkTimeout('timeoutMs', timeoutMs)
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.timeout = timeoutMs
    if (timeoutMs === 0) {
      if (onTimeout !== undefined) this.removeListener('timeout', onTimeout)
      return this
    }
    if (onTimeout !== undefined) this.once('timeout', onTimeout)
    this.#timer = setTimeout(() => this.emit('timeout'), timeoutMs)
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

  /** Ends the sending direction and destroys the socket once everything written has left. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Destroys the socket so that the other end sees `ECONNRESET`. */
  resetAndDestroy(): this {
    this.stream.destroy()
    return this.destroy()
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.#timer?.refresh()
    return super.push(chunk, encoding)
  }

  protected override onSend(): void {
    this.#timer?.refresh()
  }

  /** @internal */
  override received(chunk: Uint8Array): void {
    this.inOrigin(super.received, chunk)
  }

  /** @internal */
  override ended(): void {
    this.inOrigin(super.ended, undefined)
  }

  /** @internal */
  override failed(error: Error | undefined): void {
    this.inOrigin(super.failed, error)
  }

  /** @internal */
  override stopped(error: Error): void {
    this.inOrigin(super.stopped, error)
  }

  /** @internal */
  override streamClosed(error: Error | undefined): void {
    this.inOrigin(super.streamClosed, error)
  }

  protected override bound(callback: (error?: Error | null) => void): (error?: Error | null) => void {
    return inThisContext(callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.origin?.closed()
    // As over `net`, an error of the program's own is emitted where the program gave it, and a close where the socket is.
    if (error === null) this.origin?.runInAsyncScope(this.#destroyNow, this, error, callback)
    else this.#destroyNow(error, callback)
  }

  #destroyNow(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    if (error !== null || this.writableLength > 0) {
      super._destroy(error, callback)
      return
    }
    // A write whose callback was called has left, as far as the application knows: the stream sends it before it ends.
    this.stream.end()
    this.stream.stopSending()
    callback(null)
  }

  /** Calls a method of the base class, which may emit events, where this socket's events run. */
  private inOrigin<T>(method: (this: this, argument: T) => void, argument: T): void {
    if (this.origin === undefined) method.call(this, argument)
    else this.origin.runInAsyncScope(method, this, argument)
  }
}
