import { Duplex } from 'node:stream'
import { StreamError } from '../proto/errors.js'
import type { Stream, StreamHandler } from '../proto/stream.js'

/** Settings of {@link toDuplex}. */
export interface DuplexOptions {
  /** Bytes read ahead of the application; see `node:stream`. Default Node's own, 64 KiB. */
  readableHighWaterMark?: number
  /** Bytes written at which `write` returns false; see `node:stream`. Default Node's own, 64 KiB. */
  writableHighWaterMark?: number
  /** When false, the end of the peer's direction ends this one as well. Default true, as for `net.Socket` behind `net.connect` with that option. */
  allowHalfOpen?: boolean
  /** Code of the RESET_STREAM and STOP_SENDING that `destroy` sends. Default 0. */
  destroyCode?: number
  /** Bytes that were read from the stream already, behind a header for example: they come first. */
  initialBytes?: Uint8Array | undefined
}

/** The callback of a Node stream's `_write` and its like. */
type Callback = (error?: Error | null) => void

/**
 * A stream as a `node:stream` Duplex. A write's callback means that the bytes are the caller's again: large ones are
 * passed by reference and come back when the connection has taken them, small ones are copied at once.
 *
 * `destroy()` with no error and nothing left to send is FIN and STOP_SENDING, otherwise RESET_STREAM and STOP_SENDING.
 * A peer that stopped reading is `EPIPE` on the next write; a reset or the session's end is `ECONNRESET`. When this side
 * closed the session the Duplex is destroyed without an `'error'` event: whoever closed it knows.
 */
export class StreamDuplex extends Duplex {
  /** The stream underneath. */
  readonly stream: Stream
  readonly #destroyCode: number
  /** Bytes pushed that count as unread until the next `_read`. */
  #pushedBytes = 0
  #bytesRead = 0
  #bytesWritten = 0
  #writeCallback: Callback | undefined = undefined
  #stopped: StreamError | undefined = undefined

  /** Takes over `stream`, its handler and its context. */
  constructor(stream: Stream, options: DuplexOptions = {}) {
    const { readableHighWaterMark, writableHighWaterMark, allowHalfOpen = true, destroyCode = 0 } = options
    super({
      allowHalfOpen,
      ...(readableHighWaterMark === undefined ? {} : { readableHighWaterMark }),
      ...(writableHighWaterMark === undefined ? {} : { writableHighWaterMark }),
    })
    this.stream = stream
    this.#destroyCode = destroyCode
    if (!stream.canReceive) this.push(null)
    if (!stream.canSend) this.end()
    stream.context = this
    stream.manualCredit = true
    const { initialBytes } = options
    if (initialBytes !== undefined && initialBytes.length > 0) {
      this.#bytesRead = initialBytes.length
      this.push(Uint8Array.prototype.slice.call(initialBytes))
    }
    stream.handle(duplexHandler)
  }

  /** Bytes received, as on `net.Socket`. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Bytes written, those that wait included, as on `net.Socket`. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength
  }

  override _read(): void {
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.#bytesWritten += chunk.length
    this.#afterWrite(this.stream.writeReferenced(chunk), callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: Callback): void {
    let isWritable = true
    for (const { chunk } of chunks) {
      this.#bytesWritten += chunk.length
      isWritable = this.stream.writeReferenced(chunk)
    }
    this.#afterWrite(isWritable, callback)
  }

  override _final(callback: Callback): void {
    this.stream.end()
    callback(this.#stopped ?? null)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#writeCallback = undefined
    const { stream } = this
    const isClean = error === null && this.writableLength === 0 && stream.bufferedBytes === 0
    if (!isClean) stream.destroy(this.#destroyCode)
    else {
      stream.end()
      stream.stopSending(this.#destroyCode)
    }
    callback(error)
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    this.#pushedBytes += chunk.length
    this.#bytesRead += chunk.length
    // Bytes that may wait in the readable buffer get a buffer of their own: a piece would keep the whole read alive.
    const isPassedOn = this.readableFlowing === true && this.readableLength === 0
    if (!this.push(isPassedOn ? chunk : Uint8Array.prototype.slice.call(chunk))) this.stream.pause()
  }

  /** @internal */
  released(): void {
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    callback?.()
  }

  /** @internal */
  failed(error: Error): void {
    const isClosedHere = error instanceof StreamError && error.code === 'ECONNABORTED'
    this.destroy(isClosedHere ? undefined : error)
  }

  /** @internal */
  stopped(error: StreamError): void {
    this.#stopped = error
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    callback?.(error)
  }

  /** @internal Whether `error` only says that the peer reads no more. */
  isStopped(error: Error): boolean {
    return error === this.#stopped && this.#stopped.code === 'EPIPE'
  }

  #afterWrite(isWritable: boolean, callback: Callback): void {
    if (this.#stopped !== undefined) callback(this.#stopped)
    else if (isWritable && !this.stream.isFlushOwed) callback()
    else this.#writeCallback = callback
  }
}

/** Makes a stream a `node:stream` Duplex; see {@link StreamDuplex}. The stream's handler and context belong to it. */
export function toDuplex(stream: Stream, options?: DuplexOptions): StreamDuplex {
  return new StreamDuplex(stream, options)
}

/** One for all: the Duplex of a stream is its context. */
const duplexHandler: StreamHandler = {
  onData: (stream, chunk) => duplexOf(stream).received(chunk),
  onEnd: (stream) => void duplexOf(stream).push(null),
  onReset: (stream, error) => duplexOf(stream).failed(error),
  onStopSending: (stream, error) => duplexOf(stream).stopped(error),
  onWritable(stream) {
    if (!stream.isFlushOwed) duplexOf(stream).released()
  },
  onFlushed: (stream) => duplexOf(stream).released(),
  onClose(stream, error) {
    const duplex = duplexOf(stream)
    // An error of the reading direction has been told; that of a writer who has ended is told here. A peer that reads no
    // more is told with the next write: what it has sent is still to be read, and there may be nothing more to write.
    if (error === undefined || duplex.writableFinished || duplex.isStopped(error)) return
    duplex.failed(error)
  },
}

function duplexOf(stream: Stream): StreamDuplex {
  return stream.context as StreamDuplex
}
