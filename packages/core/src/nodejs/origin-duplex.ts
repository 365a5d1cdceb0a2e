import { AsyncResource } from 'node:async_hooks'
import type { Stream } from '@astranet/mux'
import { StreamDuplex } from '@astranet/mux/duplex'
import type { Origin } from '../node/origin.js'
import type { SocketDetails, SocketSettings } from '../node/socket-details.js'
import { addressWrapper, isWrapped } from './js-wrapper.js'

/** Nothing has to be done when it is collected, so it needs no destroy hook. */
const ONCE = { requireManualDestroy: true }

/** A Duplex over a stream whose events run in the async context of its origin. */
export class OriginDuplex extends StreamDuplex {
  /** Not set yet while the base class's constructor runs, which delivers what has arrived. */
  protected origin: Origin | undefined

  constructor(stream: Stream | undefined, details: SocketSettings & Partial<SocketDetails>) {
    super(stream, {
      initialBytes: details.initialBytes,
      isPaused: details.isPaused,
      readsLater: details.isPaused !== true,
      ...details.options,
    })
    this.origin = details.origin
  }

  override resume(): this {
    addressWrapper(this)
    return super.resume()
  }

  /**
   * See `node:stream`. Node's wrapper fails with an assertion, which ends the process, if it has to write while it waits
   * for the end of its direction, and an HTTP/2 session that is destroyed then does write. So the end counts at once for
   * the wrapper, and the direction ends in the next turn, behind what the session still writes.
   */
  override end(callback?: () => void): this
  override end(chunk: unknown, callback?: () => void): this
  override end(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this
  override end(...args: unknown[]): this {
    const [callback] = args
    if (args.length !== 1 || typeof callback !== 'function' || !isWrapped(this)) {
      return super.end(...(args as []))
    }
    setImmediate(() => super.end())
    callback()
    return this
  }

  /** @internal */
  override received(chunk: Uint8Array): void {
    this.inOrigin(super.received, chunk)
  }

  /** @internal */
  override ended(): void {
    this.inOrigin(super.ended, undefined)
  }

  /**
   * TLS over a `net.Socket` takes its handle, so that only the TLS socket sees the end, writes what it still has, and
   * ends its direction. Here this socket sees the end, too, and must stay open until TLS ends it.
   */
  protected override readEnded(): void {
    if (!this.allowHalfOpen && isWrapped(this)) this.allowHalfOpen = true
    super.readEnded()
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

  /** The first bytes run in the origin itself, however late reading begins: later ones see what their handlers enter. */
  protected override beginReading(initialBytes: Uint8Array | undefined): void {
    this.inOrigin(super.beginReading, initialBytes)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.origin?.closed()
    // As over `net`, `'close'` is emitted in the socket's own context, and an error in that of the call of `destroy`.
    const emitError = error === null ? callback : AsyncResource.bind(callback)
    this.inOrigin(() => super._destroy(error, emitError), undefined)
  }

  /**
   * Calls a method in the context of this socket's events, for an event that is not one of the connection itself: as
   * over `net`, where the request to connect is a resource of its own, later events do not see what it enters.
   */
  protected inOriginOnce(method: (this: this) => void): void {
    this.inOrigin(() => new AsyncResource('ASTRANET_CONNECT', ONCE).runInAsyncScope(method, this), undefined)
  }

  /** Calls a method that may emit events in the context of this socket's events. */
  protected inOrigin<T>(method: (this: this, argument: T) => void, argument: T): void {
    if (this.origin === undefined) method.call(this, argument)
    else this.origin.runInAsyncScope(method, this, argument)
  }
}
