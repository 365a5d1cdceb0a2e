import { AsyncResource } from 'node:async_hooks'
import { Socket as NetSocket, type AddressInfo } from 'node:net'
import type { NodeId } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { StreamDuplex } from '@astranet/mux/duplex'
import { MAX_TIMEOUT_MS } from '../api/check.js'
import { nodeAddress } from '../api/node-address.js'
import type { DialOutcome } from '../dial/dial-request.js'
import type { Origin } from '../node/origin.js'
import type { SocketDetails, SocketSettings } from '../node/socket-details.js'
import { socketError } from '../api/socket-error.js'
import type { SocketEnds } from '../api/socket-ends.js'

/**
 * A stream between two nodes, with the methods, events and properties of `net.Socket`: what takes a socket takes this
 * one. The addresses are IPv6 addresses made of node ids; `remoteNode` and `localNode` are the ids.
 *
 * States, as for `net.Socket`: *connecting* (made by `AstraNet.connect`; what is written waits, and counts), *connected* (what
 * `dial`, `accept` and `'connection'` hand out), *destroyed*. Moves: connecting -> connected, with `'connect'` and `'ready'`;
 * either -> destroyed. While it is connecting there is no `stream`, no far end and no port.
 *
 * Not there: `connect()` and the events `'lookup'` and `'connectionAttempt'`, the option `onread`, a file descriptor.
 * `setNoDelay`, `setKeepAlive`, `ref` and `unref` do nothing: bytes leave at once anyway, and the link below keeps itself alive.
 *
 * What events run in, as far as AsyncLocalStorage goes, is what `net.Socket` gives: the context of the dial, none for a
 * socket that was accepted; callbacks, `'drain'` and `'finish'` that of their write or end, `'timeout'` that of `setTimeout`.
 */
export class Socket extends StreamDuplex implements DialOutcome {
  /** The node at the other end. */
  readonly remoteNode!: NodeId
  /** The port at the other end: what was dialed, or the dialer's own. */
  readonly remotePort!: number
  /** This node. */
  readonly localNode!: NodeId
  /** The inactivity timeout in ms, as set by `setTimeout`; `undefined` before, as on `net.Socket`. */
  timeout: number | undefined = undefined
  #localPort: number | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** Bytes that had left when the timer was last looked at. */
  #sentBytes = 0
  /** Gives the dial up; there as long as the socket is connecting. */
  #cancelDial: (() => void) | undefined = undefined
  /** Not there yet while the base class's constructor runs, which delivers what has arrived. */
  private readonly origin: Origin | undefined

  /** @internal Events run in the context of `origin`; the constructor is to be called there. */
  constructor(stream: Stream, details: SocketDetails)
  /** @internal Without a stream it is connecting: `dialing` is to be called, and `accepted` or `reject`. */
  constructor(stream: undefined, settings: SocketSettings)
  constructor(stream: Stream | undefined, details: SocketSettings & Partial<SocketDetails>) {
    super(stream, { initialBytes: details.initialBytes, ...details.options })
    this.origin = details.origin
    if (stream === undefined) this.#cancelDial = doNothing
    else {
      this.#setEnds(details.ends as SocketEnds)
      this.readAhead()
    }
  }

  /** @internal `cancel` gives up the dial of a connecting socket. */
  dialing(cancel: () => void): void {
    if (this.connecting) this.#cancelDial = cancel
    else cancel()
  }

  /** @internal The dial has succeeded. */
  accepted(stream: Stream, { ends, initialBytes }: SocketDetails): void {
    if (this.destroyed) {
      stream.destroy()
      return
    }
    this.#cancelDial = undefined
    this.#setEnds(ends)
    this.inOrigin(() => {
      this.attach(stream, initialBytes)
      this.#emitConnected()
    }, undefined)
  }

  /** @internal The dial has failed. */
  reject(reason: unknown): void {
    if (!this.connecting) return
    this.#cancelDial = undefined
    this.inOrigin(() => this.destroy(reason as Error), undefined)
  }

  /** Whether it waits for the far side to accept. */
  get connecting(): boolean {
    return #cancelDial in this ? this.#cancelDial !== undefined : NOTHING
  }

  /** An IPv6 address made of the node's id; `undefined` on the prototype, like all that follow. */
  get remoteAddress(): string {
    return this.hasEnds() ? nodeAddress(this.remoteNode) : NOTHING
  }

  get remoteFamily(): 'IPv6' {
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

  get localFamily(): 'IPv6' {
    return this.hasLocalEnd() ? 'IPv6' : NOTHING
  }

  /** Whether it is not connected: not yet, or no more. */
  get pending(): boolean {
    return !(#localPort in this) || this.connecting || this.destroyed
  }

  /** Bytes in Node's buffer, as on `net.Socket`; `undefined` once the socket is destroyed. */
  get bufferSize(): number {
    return #localPort in this && !this.destroyed ? this.writableLength : NOTHING
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** This end, as `net.Socket` gives it: empty once the socket is destroyed. */
  address(): AddressInfo | Record<string, never> {
    if (!this.hasLocalEnd()) return {}
    return { address: this.localAddress, family: 'IPv6', port: this.localPort }
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
    this.#sentBytes = this.connecting ? 0 : this.stream.sentBytes
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
    if (this.connecting) return this.once('connect', () => this.resetAndDestroy())
    this.reset()
    return this.destroy()
  }

  protected override onActivity(): void {
    this.#timer?.refresh()
  }

  protected override errorOf(error: Error, syscall: 'read' | 'write'): Error {
    return socketError(error, syscall)
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

  override destroy(error?: Error, callback?: (error: Error | null) => void): this {
    const cancel = this.#cancelDial
    this.#cancelDial = undefined
    cancel?.()
    return super.destroy(error, callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.origin?.closed()
    // As over `net`, `'close'` is emitted where the socket's events are, and an error where `destroy` was called.
    const emitError = error === null ? callback : AsyncResource.bind(callback)
    this.inOrigin(() => super._destroy(error, emitError), undefined)
  }

  #setEnds(ends: SocketEnds): void {
    // They are set once, and may be set after the constructor.
    const self: { remoteNode: NodeId; remotePort: number; localNode: NodeId } = this
    self.remoteNode = ends.remoteNode
    self.remotePort = ends.remotePort
    self.localNode = ends.localNode
    this.#localPort = ends.localPort
  }

  #emitConnected(): void {
    try {
      this.emit('connect')
      this.emit('ready')
    } catch (error) {
      this.threw(error)
    }
    if (!this.destroyed && !this.isPaused()) this.stream.resume()
  }

  private hasEnds(): boolean {
    return #localPort in this && this.#localPort !== undefined
  }

  private hasLocalEnd(): boolean {
    return this.hasEnds() && !this.destroyed
  }

  /** A write that waits and made progress is activity, as for `net.Socket`. */
  #timedOut(): void {
    const { sentBytes, bufferedBytes } = this.connecting ? NOTHING_SENT : this.stream
    if (bufferedBytes > 0 && sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#timer?.refresh()
    } else this.emit('timeout')
  }

  /** Calls a method of the base class, which may emit events, where this socket's events run. */
  private inOrigin<T>(method: (this: this, argument: T) => void, argument: T): void {
    if (this.origin === undefined) method.call(this, argument)
    else this.origin.runInAsyncScope(method, this, argument)
  }
}

/** What `net.Socket` has where there is nothing to say, for programs that look at the prototype for example. */
const NOTHING = undefined as never

const NOTHING_SENT = { sentBytes: 0, bufferedBytes: 0 }

function doNothing(): void {}

/** `delayMs` as Node takes it. What is not plain is Node's own to judge: its errors and its warning. */
function checkDelay(delayMs: number, onTimeout: unknown): number {
  const isPlain = Number.isFinite(delayMs) && delayMs >= 0 && delayMs <= MAX_TIMEOUT_MS
  if (isPlain && (onTimeout === undefined || typeof onTimeout === 'function')) return delayMs
  const socket = new NetSocket()
  socket.setTimeout(delayMs, onTimeout as () => void)
  socket.destroy()
  return Math.min(delayMs, MAX_TIMEOUT_MS)
}
