import { channel } from 'node:diagnostics_channel'
import { addAbortSignal } from 'node:stream'
import type { Stream } from '@astranet/mux'
import type { DialedDetails } from '../../dial/dial-request.js'
import { nodeAddress } from '../../api/node-address.js'
import { NOTHING } from '../addressed-duplex.js'
import { callerOrigin } from '../async-origin.js'
import { Socket } from '../socket.js'
import { AcceptedStream } from './accepted-stream.js'
import { checkConnect, checkSocket, normalArguments, type Given } from './arguments.js'
import { ConnectAttempt } from './connect-attempt.js'
import { againError, callErrors } from './errors.js'
import type { NetNetwork } from './network.js'
import { OnRead, onReadOf } from './on-read.js'
import { familyOf, socketOptions } from './socket-values.js'

/** Where Node publishes each socket that connects. */
const clientSockets = channel('net.client.socket')

/** What few sockets have, or for a short time only. */
interface NetState {
  readonly onRead?: OnRead
  readonly attempt?: ConnectAttempt
  /** The address of both ends, for a connection of this node with itself. */
  readonly loopback?: string | undefined
  /** The address of this end, if the program has chosen one for such a connection. */
  readonly local?: string | undefined
  /** Bytes that came along with the dial of an accepted socket that is not read yet. */
  readonly kept?: Uint8Array | undefined
}

/**
 * A socket of a `net` module: `new Socket(options)` makes one that is not connected, `connect` connects it, and again
 * after `'close'`.
 */
export class NetSocket extends Socket {
  /** The server that has accepted it; `null` for one that connects. */
  server: object | null
  /** The same; Node has both. An HTTP server sets `server` where it is `null`. */
  _server: object | null
  #net: NetState | undefined = undefined
  readonly #network: NetNetwork

  constructor(network: NetNetwork, options: AcceptedStream | Given | undefined) {
    if (options instanceof AcceptedStream) {
      const { server, loopback, details } = options
      const { isPaused, initialBytes } = details
      // What came along with the dial waits, too, when nothing is to be read yet.
      super(options.stream, isPaused === true ? { ...details, initialBytes: undefined } : details)
      this.server = server
      this._server = server
      this.#network = network
      const kept = isPaused === true ? initialBytes : undefined
      if (loopback !== undefined || kept !== undefined) this.#net = { loopback, kept }
      this.on('end', onEnd)
      return
    }
    const given = options ?? {}
    checkSocket(given)
    super(undefined, { options: socketOptions(given), origin: callerOrigin() })
    this.server = null
    this._server = null
    this.#network = network
    this.on('end', onEnd)
    const onread = onReadOf(given['onread'])
    if (onread !== undefined) this.#net = { onRead: new OnRead(onread) }
    if (given['signal'] instanceof AbortSignal) addAbortSignal(given['signal'], this)
  }

  /**
   * Connects: `(port, host)`, `(options)` or `(path)`, each with a handler of `'connect'` behind it. The errors are
   * Node's: wrong arguments throw, everything else is emitted. See `AstraNet.net` for what a host and a path mean.
   */
  connect(...args: readonly unknown[]): this {
    const { options, callback } = normalArguments(args)
    if (clientSockets.hasSubscribers) clientSockets.publish({ socket: this })
    if (callback !== undefined) this.once('connect', callback)
    checkConnect(options)
    if (this.destroyed || !this.isActive) this.#begin(options)
    else {
      const code = this.connecting ? 'EALREADY' : 'EISCONN'
      const { host, path, port } = options
      const where = {
        address: String(host ?? path ?? ''),
        port: port === undefined ? undefined : Number(port),
      }
      // A connecting socket has no port of its own yet; the system shows 0 for that.
      const local = { address: this.localAddress ?? '0.0.0.0', port: this.localPort ?? 0 }
      const error = againError(code, where, local)
      process.nextTick(() => this.destroy(error))
    }
    return this
  }

  /** There is no handle of the system, neither open nor closed. */
  get _handle(): null {
    return null
  }

  /** An older name of `connecting`. */
  get _connecting(): boolean {
    return this.connecting
  }

  /** Bytes that were handed over to be sent: `bytesWritten` without those that wait in Node's buffer. */
  get _bytesDispatched(): number {
    return #net in this ? this.handedBytes : NOTHING
  }

  override _read(): void {
    if (NetSocket.onReadOf(this)?.isPaused === true) return
    const kept = #net in this ? this.#net?.kept : undefined
    if (kept !== undefined) {
      this.#net = { loopback: this.#net?.loopback }
      this.receiveInitial(kept)
    }
    super._read()
  }

  /** @internal */
  override accepted(stream: Stream, details: DialedDetails): void {
    const { attempt } = this.#net ?? {}
    if (this.connecting && attempt !== undefined) {
      const { loopback, local } = attempt
      attempt.connected(nodeAddress(details.ends.remoteNode))
      if (!this.connecting) return stream.destroy()
      this.#keep({ attempt: undefined, loopback, local })
    }
    super.accepted(stream, details)
  }

  /** @internal */
  override reject(reason: unknown): void {
    const { attempt } = this.#net ?? {}
    super.reject(attempt === undefined || !this.connecting ? reason : attempt.failed(reason))
  }

  /** @internal */
  override received(chunk: Uint8Array): void {
    const onRead = NetSocket.onReadOf(this)
    if (onRead === undefined) super.received(chunk)
    else this.inOrigin(this.#readInto, chunk)
  }

  protected override receiveInitial(bytes: Uint8Array): void {
    const onRead = NetSocket.onReadOf(this)
    if (onRead === undefined) super.receiveInitial(bytes)
    else this.#readInto(bytes)
  }

  override pause(): this {
    NetSocket.onReadOf(this)?.pause()
    return super.pause()
  }

  override resume(): this {
    NetSocket.readOn(this)
    return super.resume()
  }

  override read(size?: number): unknown {
    NetSocket.readOn(this)
    return super.read(size)
  }

  protected override errorOf(error: Error, syscall: 'read' | 'write'): Error {
    return callErrors.of(error, syscall)
  }

  override get remoteAddress(): string {
    return this.#shown(super.remoteAddress)
  }

  override get localAddress(): string {
    const shown = this.#shown(super.localAddress)
    return shown === NOTHING || !(#net in this) ? shown : (this.#net?.local ?? shown)
  }

  override get remoteFamily(): string {
    return familyOf(this.remoteAddress)
  }

  override get localFamily(): string {
    return familyOf(this.localAddress)
  }

  #begin(options: Given): void {
    if (this.destroyed) this.renew()
    this.origin = callerOrigin()
    this.startConnecting()
    this.onActivity()
    NetSocket.onReadOf(this)?.begin(this.isPaused())
    const attempt = new ConnectAttempt(this, this.#network, options)
    this.#keep({ attempt, loopback: undefined, local: undefined })
    attempt.start()
  }

  #keep({
    attempt,
    loopback,
    local,
  }: Pick<NetState, 'loopback' | 'local'> & { attempt: ConnectAttempt | undefined }): void {
    const { onRead } = this.#net ?? {}
    const isEmpty = onRead === undefined && attempt === undefined && loopback === undefined
    if (isEmpty) this.#net = undefined
    else
      this.#net = {
        ...(onRead === undefined ? {} : { onRead }),
        ...(attempt === undefined ? {} : { attempt }),
        ...(loopback === undefined ? {} : { loopback, local }),
      }
  }

  #readInto(chunk: Uint8Array): void {
    this.countRead(chunk.length)
    this.delivering()
    const onRead = this.#net?.onRead as OnRead
    this.#consumed(onRead.take(this, chunk))
    if (!onRead.isPaused || this.destroyed) return
    this.stream.pause()
    this.onUse()
  }

  /** A subclass's part does not exist yet while the base class's constructor runs. */
  static onReadOf(socket: NetSocket): OnRead | undefined {
    return #net in socket ? socket.#net?.onRead : undefined
  }

  static readOn(socket: NetSocket): void {
    const onRead = NetSocket.onReadOf(socket)
    if (onRead?.isPaused !== true) return
    socket.delivering()
    socket.#consumed(onRead.resume(socket))
    if (socket.hasStream) socket._read()
  }

  #consumed(bytes: number): void {
    if (bytes > 0 && !this.destroyed) this.stream.consume(bytes)
  }

  #shown(address: string): string {
    if (!(#net in this) || address === NOTHING) return address
    return this.#net?.loopback ?? address
  }
}

/** Node's sockets listen to their own `'end'`; programs that count listeners find one. */
function onEnd(): void {}
