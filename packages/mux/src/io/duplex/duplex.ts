import { checkOptions } from '@astranet/interface/check'
import type { Stream } from '../../proto/stream/stream.js'
import { ignoreEvents, type DuplexEvents } from './duplex-handler.js'
import { DUPLEX_NAMES, nodeOptions, type DuplexOptions } from './duplex-options.js'
import { EarlyDuplex } from './early-duplex.js'
import { revive } from './node-state.js'
import { inNextTurn } from './turn.js'
import type { Callback } from './writing-duplex.js'

/**
 * A stream as a `node:stream` Duplex. A write's callback means that the bytes are the caller's again: small writes
 * are copied at once; large ones are passed by reference and come back when the connection has taken them, or when
 * they were copied because the peer's credit, not the connection, delays them.
 *
 * It ends as a `net.Socket` does. `destroy()`, with or without an error, delivers what was written, as a kernel
 * would, and then an end; only when more waits than `Stream.close` keeps, the peer receives a reset behind what is
 * kept. After the peer has closed, one write counts as taken, and the next one fails with `EPIPE`, or with
 * `ECONNRESET` when the peer's end has not arrived; what the peer sent last can be read. A reset, or the session's
 * end, is `ECONNRESET`. When this side closed the session the Duplex is destroyed without an `'error'` event, because
 * the caller knows. An exception of a listener or callback is an uncaught exception, and the Duplex continues.
 *
 * The end of the peer, and an error, come in a later turn of the event loop than the Duplex itself and the bytes in
 * front: what a listener does about those, in nextTicks and microtasks, is done by then.
 */
export class StreamDuplex extends EarlyDuplex implements DuplexEvents {
  readonly #destroyCode: number

  /** Takes over `stream`, its handler and its context. */
  constructor(stream: Stream, options?: DuplexOptions)
  /** @internal Without a stream what is written waits, until `attach`. */
  constructor(stream: Stream | undefined, options?: DuplexOptions)
  constructor(stream: Stream | undefined, options: DuplexOptions = {}) {
    super(nodeOptions(stream, options))
    this.#destroyCode = options.destroyCode ?? 0
    if (stream === undefined) return
    if (options.readsLater === true) {
      this.attach(stream)
      this.readLater(options.initialBytes)
    } else this.takeStream(stream, options)
  }

  /**
   * Gives a Duplex that was made without a stream its stream. The first `earlyBytes` of what was written are on the
   * stream already; {@link streamReady} sends the others, and what arrives is read from {@link readLater} on. Once,
   * unless it is destroyed.
   */
  protected attach(stream: Stream, earlyBytes = 0): void {
    this.takeStream(stream, { isPaused: true })
    this.deferReading()
    if (earlyBytes > 0) this.takeEarly(earlyBytes)
  }

  /**
   * Begins to read in the next turn, as a handle of the system does: what the program does when it gets the connection
   * comes first, its nextTicks and microtasks included. `initialBytes` were read from the stream already.
   */
  protected readLater(initialBytes: Uint8Array | undefined): void {
    if (!this.hasStream) return
    const { stream } = this
    inNextTurn(() => {
      // It may be connecting again by now.
      if (this.stream !== stream) return
      try {
        this.beginReading(initialBytes)
      } catch (error) {
        this.threw(error)
      }
    })
  }

  /**
   * Makes a destroyed Duplex one without a stream, as new: `net.Socket` can be connected again. Its former stream does
   * not reach it any more.
   */
  protected renew(): void {
    if (!this.isStarting) ignoreEvents(this.stream)
    this.forget()
    revive(this)
  }

  /** See `node:stream`; what was written is handed to the stream first. */
  override destroy(error?: Error, callback?: (error: Error | null) => void): this {
    if (!this.destroyed) this.handOver()
    // The types leave the callback out.
    const args = [error, callback] as unknown as [Error?]
    return super.destroy(...args)
  }

  /**
   * Aborts both directions at once: what was written to the Duplex and was not sent is dropped. What was written to
   * the stream before the Duplex took it still arrives, for example an answer to the peer.
   */
  protected reset(): void {
    const { stream } = this
    const before = stream.sentBytes + stream.bufferedBytes - this.handedBytes
    if (before > stream.sentBytes && stream.host.peer.resetStreamAt) {
      stream.resetAt(before, this.#destroyCode)
      stream.stopSending(this.#destroyCode)
    } else stream.destroy(this.#destroyCode)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (!this.isStarting) {
      this.stopWaiting()
      this.stream.close(this.#destroyCode)
      this.endWrites()
    }
    callback(error)
    this.emitClose(error !== null)
  }

  /** Emits `'close'` a turn later, as for a handle of the system that has to be closed first. */
  protected emitClose(hadError: boolean): void {
    inNextTurn(() => this.emit('close', hadError))
  }

  /** @internal */
  streamClosed(error: Error | undefined): void {
    if (this.destroyed) return
    const isReadingCutOff = this.stream.canReceive && !this.hasReadEnd
    if (isReadingCutOff || (error !== undefined && !this.stream.canReceive && !this.writableFinished)) {
      this.failed(error)
    } else if (error !== undefined) this.stopped(error)
  }

  /** @internal A listener or callback of the application threw: an uncaught exception, and the Duplex continues. */
  override threw(error: unknown): void {
    process.nextTick(() => {
      throw error
    })
    process.nextTick(goOn, this)
  }
}

/**
 * The exception interrupted Node, which would have read on, or finished what was ended. Not a private method: with
 * one, each Duplex would take 8 bytes more.
 */
function goOn(duplex: StreamDuplex): void {
  // Without a stream it is connecting, and begins later.
  if ((duplex.stream as Stream | undefined) === undefined) return
  duplex.read(0)
  if (!duplex.writableEnded || duplex.writableFinished || duplex.writableLength > 0) return
  duplex.stream.end()
  if (duplex.readableEnded) duplex.destroy()
}

/**
 * Makes a stream a `node:stream` Duplex; see {@link StreamDuplex}. The stream's handler and context belong to it. Throws
 * a TypeError that names an option that is not known.
 */
export function toDuplex(stream: Stream, options: DuplexOptions = {}): StreamDuplex {
  checkOptions('options', options, DUPLEX_NAMES)
  return new StreamDuplex(stream, options)
}
