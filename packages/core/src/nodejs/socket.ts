import type { Stream } from '@astranet/mux'
import { socketError } from '../api/socket-error.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { DialedDetails, DialInFlight, DialOutcome } from '../dial/dial-request.js'
import type { EarlySource } from '../dial/early-data.js'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { SocketDetails, SocketSettings } from '../node/socket-details.js'
import { NOTHING } from './addressed-duplex.js'
import { keepAlive } from './keep-alive.js'
import { closedBeforeConnection, socketClosed } from './net/errors.js'
import { TimedDuplex } from './timed-duplex.js'

/**
 * A stream between two nodes, with the methods, events and properties of `net.Socket`: it can be used wherever a
 * socket is expected. The addresses are IPv6 addresses made of node ids; `remoteNode` and `localNode` are the ids.
 *
 * States, as for `net.Socket`: *connecting* (made by `AstraNet.connect`; written bytes wait, and count), *connected*
 * (results of `dial`, `accept` and `'connection'`), *destroyed*. Moves: connecting -> connected, with `'connect'` and
 * `'ready'`; either -> destroyed. While it is connecting it has no `stream`, no far end and no port.
 *
 * `connect()`, the events `'lookup'` and `'connectionAttempt'` and the option `onread` are those of the sockets of
 * `AstraNet.net`, which are sockets of this class, too. There is no file descriptor. `setNoDelay` and `setKeepAlive` do
 * nothing: bytes leave at once anyway, and the link below looks after itself. A socket keeps the process alive while it
 * connects, reads or writes, as a handle of the system does; after `unref` not while it only reads.
 *
 * The async contexts (AsyncLocalStorage) are those of `net.Socket`. Events run in the context of the dial, or in none
 * for an accepted socket; callbacks, `'drain'` and `'finish'` in that of their write or end; `'timeout'` in that of
 * `setTimeout`.
 */
export class Socket extends TimedDuplex implements DialOutcome {
  /** While it is connecting: its dial. Connected: `IN_USE` while it keeps the process alive, otherwise `undefined`. */
  #dial: DialInFlight | undefined = undefined

  /** @internal Events run in the context of `origin`, in which this constructor must be called. */
  constructor(stream: Stream, details: SocketDetails)
  /** @internal Without a stream it is not connected: `startConnecting` must be called. */
  constructor(stream: Stream | undefined, details: SocketSettings & Partial<SocketDetails>)
  constructor(stream: Stream | undefined, details: SocketSettings & Partial<SocketDetails>) {
    super(stream, details)
    if (stream === undefined) return
    this.setEnds(details.ends as SocketEnds, details.identity as RemoteIdentity)
    if (details.isPaused === true) this.pause()
    else this.readAhead()
    this.onUse()
  }

  /** @internal It is connecting from now on: `dialing` must be called, then `accepted` or `reject`. */
  startConnecting(): void {
    this.#dial = WAITING
  }

  /** @internal The dial has begun. */
  dialing(dial: DialInFlight): void {
    if (this.#dial === WAITING) {
      this.#dial = dial
    } else if (this.#dial !== FAILED) dial.giveUp()
    if (this.writableLength > 0 || this.writableEnded) this.onEarlyWrite()
  }

  /** @internal What is written while it is connecting. */
  get early(): EarlySource {
    return this
  }

  /** @internal The dial has succeeded. */
  accepted(stream: Stream, { ends, identity, initialBytes, sentEarly }: DialedDetails): void {
    if (!this.connecting) {
      stream.destroy()
      return
    }
    this.#dial = undefined
    if (unrefNext.delete(this)) unreferenced.add(this)
    this.setEnds(ends, identity)
    this.attach(stream, sentEarly)
    this.inOriginOnce(this.#begin)
    this.inOrigin(this.readLater, initialBytes)
  }

  /** @internal The dial has failed. The error is emitted later, also when this is called from within `connect`. */
  reject(reason: unknown): void {
    if (!this.connecting) return
    this.#dial = FAILED
    process.nextTick(() => {
      if (this.#dial === FAILED) this.inOrigin(() => this.destroy(this.errorOfDial(reason)), undefined)
    })
  }

  /** Whether it waits for the far side to accept. */
  get connecting(): boolean {
    return #dial in this ? this.#dial !== undefined && this.#dial !== IN_USE : NOTHING
  }

  /** Whether it is not connected: not yet, or not any more. */
  get pending(): boolean {
    return !this.hasStream || this.destroyed
  }

  /** Bytes in Node's buffer, as on `net.Socket`; `undefined` once the socket is destroyed. */
  get bufferSize(): number {
    return this.isActive && !this.destroyed ? this.writableLength : NOTHING
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  /** The socket keeps the process alive again while it reads, as every connected socket does. */
  ref(): this {
    unrefNext.delete(this)
    if (unreferenced.delete(this)) this.onUse()
    return this
  }

  /**
   * The socket does not keep the process alive any more while it reads. As for `net.Socket`, a dial in flight and a
   * write that waits still do. A socket that is not connected remembers it for the next connection.
   */
  unref(): this {
    if (this.destroyed || !this.isActive) unrefNext.add(this)
    else {
      unreferenced.add(this)
      this.onUse()
    }
    return this
  }

  /** Ends the sending direction, and destroys the socket when everything written was handed over. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /**
   * Destroys the socket so that the other end sees `ECONNRESET`; written bytes that have not left are dropped. Without
   * effect on a destroyed socket; one that was never connected fails with `ERR_SOCKET_CLOSED`.
   */
  resetAndDestroy(): this {
    if (this.destroyed) return this
    if (!this.isActive) return this.destroy(socketClosed())
    if (this.connecting) return this.once('connect', () => this.resetAndDestroy())
    this.reset()
    return this.destroy()
  }

  /** Whether it is connecting or connected, or was when it was destroyed. */
  protected get isActive(): boolean {
    return this.connecting || this.hasStream
  }

  /** The error that the application gets when the dial has failed. For subclasses; the reason itself here. */
  protected errorOfDial(reason: unknown): Error {
    return reason as Error
  }

  protected override errorOf(error: Error, syscall: 'read' | 'write'): Error {
    return socketError(error, syscall)
  }

  protected override onEarlyWrite(): void {
    this.#dial?.wrote()
  }

  /**
   * Like a handle of the system, the socket keeps the process alive as long as it reads, or a write waits: not while
   * the program has paused it or does not read what has arrived, and not when the far side has ended. While it is
   * connecting its dial does.
   */
  protected override onUse(): void {
    if (!(#dial in this) || (this.#dial !== undefined && this.#dial !== IN_USE)) return
    const isInUse = this.isWriteWaiting || (this.isReceiving && !unreferenced.has(this))
    if (isInUse === (this.#dial === IN_USE)) return
    this.#dial = isInUse ? IN_USE : undefined
    if (isInUse) keepAlive.hold()
    else keepAlive.release()
  }

  protected override get earlyError(): Error | undefined {
    return this.connecting ? undefined : socketClosed()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const dial = this.#dial
    const isUnused = !this.isActive
    if (dial === IN_USE) this.onUse()
    else this.#dial = undefined
    unreferenced.delete(this)
    // Taken now: by the time of 'close' it may be connecting again, with other writes.
    const drop = this.hasStream ? undefined : this.dropEarly()
    if (drop !== undefined) this.once('close', () => drop(closedBeforeConnection()))
    dial?.giveUp()
    if (isUnused) this.#dial = UNUSED
    super._destroy(error, callback)
    if (isUnused) this.#dial = undefined
  }

  /** A socket that was never connected has nothing to close, so `'close'` comes earlier, and without an argument. */
  protected override emitClose(hadError: boolean): void {
    if (this.#dial === UNUSED) process.nextTick(() => this.emit('close'))
    else super.emitClose(hadError)
  }

  /** In this order: the handlers of `'connect'`, what was written before, `'ready'`. */
  #begin(): void {
    this.#emit('connect')
    this.#writeOn()
    this.#emit('ready')
  }

  /** An exception of a write's callback is an uncaught one, and the socket lives on. */
  #writeOn(): void {
    try {
      this.streamReady()
    } catch (error) {
      this.threw(error)
    }
  }

  /** An exception of a listener is an uncaught one, and the socket lives on. */
  #emit(event: 'connect' | 'ready'): void {
    try {
      this.emit(event)
    } catch (error) {
      this.threw(error)
    }
  }
}

/** Sockets that do not keep the process alive. They are few, so that sockets have no field for it. */
const unreferenced = new WeakSet<Socket>()

/** Those that were unref'd while they had no connection, and will not keep it alive with the next one. */
const unrefNext = new WeakSet<Socket>()

/** The socket is connected, and keeps the process alive. */
const IN_USE: DialInFlight = { giveUp: () => undefined, wrote: () => undefined }

/** The dial has not begun. */
const WAITING: DialInFlight = { ...IN_USE }

/** The socket is being destroyed, and was never connected. */
const UNUSED: DialInFlight = { ...IN_USE }

/** The dial has failed, and the socket is about to be destroyed. */
const FAILED: DialInFlight = { ...WAITING }
