import type { Stream } from '@astranet/mux'
import { socketError } from '../api/socket-error.js'
import type { SocketEnds } from '../api/socket-ends.js'
import type { DialOutcome } from '../dial/dial-request.js'
import type { RemoteIdentity } from '../links/remote-identity.js'
import type { SocketDetails, SocketSettings } from '../node/socket-details.js'
import { AddressedDuplex, NOTHING } from './addressed-duplex.js'
import { checkDelay } from './timeout-delay.js'

/**
 * A stream between two nodes, with the methods, events and properties of `net.Socket`: it can be used wherever a
 * socket is expected. The addresses are IPv6 addresses made of node ids; `remoteNode` and `localNode` are the ids.
 *
 * States, as for `net.Socket`: *connecting* (made by `AstraNet.connect`; written bytes wait, and count), *connected*
 * (results of `dial`, `accept` and `'connection'`), *destroyed*. Moves: connecting -> connected, with `'connect'` and
 * `'ready'`; either -> destroyed. While it is connecting it has no `stream`, no far end and no port.
 *
 * It does not have: `connect()` and the events `'lookup'` and `'connectionAttempt'`, the option `onread`, a file
 * descriptor. `setNoDelay`, `setKeepAlive`, `ref` and `unref` do nothing: bytes leave at once anyway, and the link
 * below keeps itself alive.
 *
 * The async contexts (AsyncLocalStorage) are those of `net.Socket`. Events run in the context of the dial, or in none
 * for an accepted socket; callbacks, `'drain'` and `'finish'` in that of their write or end; `'timeout'` in that of
 * `setTimeout`.
 */
export class Socket extends AddressedDuplex implements DialOutcome {
  /** The inactivity timeout in ms, as set by `setTimeout`; `undefined` before, as on `net.Socket`. */
  timeout: number | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  /** Bytes that had left when the timer was last looked at. */
  #sentBytes = 0
  /** Gives up the dial. Set as long as the socket is connecting. */
  #cancelDial: (() => void) | undefined = undefined

  /** @internal Events run in the context of `origin`, in which this constructor must be called. */
  constructor(stream: Stream, details: SocketDetails)
  /** @internal Without a stream it is connecting: `dialing` must be called, then `accepted` or `reject`. */
  constructor(stream: undefined, settings: SocketSettings)
  constructor(stream: Stream | undefined, details: SocketSettings & Partial<SocketDetails>) {
    super(stream, details)
    if (stream === undefined) this.#cancelDial = doNothing
    else {
      this.setEnds(details.ends as SocketEnds, details.identity as RemoteIdentity)
      this.readAhead()
    }
  }

  /** @internal `cancel` gives up the dial of a connecting socket. */
  dialing(cancel: () => void): void {
    if (this.connecting) this.#cancelDial = cancel
    else cancel()
  }

  /** @internal The dial has succeeded. */
  accepted(stream: Stream, { ends, identity, initialBytes }: SocketDetails): void {
    if (this.destroyed) {
      stream.destroy()
      return
    }
    this.#cancelDial = undefined
    this.setEnds(ends, identity)
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

  /** Whether it is not connected: not yet, or not any more. */
  get pending(): boolean {
    return !(#cancelDial in this) || this.connecting || this.destroyed
  }

  /** Bytes in Node's buffer, as on `net.Socket`; `undefined` once the socket is destroyed. */
  get bufferSize(): number {
    return #cancelDial in this && !this.destroyed ? this.writableLength : NOTHING
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /**
   * Emits `'timeout'` once after `timeoutMs` in which nothing was written and no byte arrived or left; 0 turns it
   * off. It does not close the socket, and keeps no process alive. As for `net.Socket`: a value above 2^31 - 1 counts
   * as 2^31 - 1, with a warning; throws `ERR_INVALID_ARG_TYPE` unless it is a number, `ERR_OUT_OF_RANGE` when it is
   * negative or not finite.
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

  /** Ends the sending direction, and destroys the socket when everything written was handed over. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /**
   * Destroys the socket so that the other end sees `ECONNRESET`; written bytes that have not left are dropped. Without
   * effect on a destroyed socket.
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

  override destroy(error?: Error, callback?: (error: Error | null) => void): this {
    const cancel = this.#cancelDial
    this.#cancelDial = undefined
    cancel?.()
    return super.destroy(error, callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    super._destroy(error, callback)
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

  /** A write that waits and made progress is activity, as for `net.Socket`. */
  #timedOut(): void {
    const { sentBytes, bufferedBytes } = this.connecting ? NOTHING_SENT : this.stream
    if (bufferedBytes > 0 && sentBytes !== this.#sentBytes) {
      this.#sentBytes = sentBytes
      this.#timer?.refresh()
    } else this.emit('timeout')
  }
}

const NOTHING_SENT = { sentBytes: 0, bufferedBytes: 0 }

function doNothing(): void {}
