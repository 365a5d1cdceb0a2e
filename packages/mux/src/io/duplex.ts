import { Duplex, type Writable } from 'node:stream'
import { StreamError } from '../proto/errors.js'
import { deliveredBytes } from '../proto/receive-credit.js'
import { COPY_LIMIT_BYTES } from '../proto/slab.js'
import type { Stream, StreamHandler } from '../proto/stream.js'
import { nodeOptions, type DuplexOptions } from './duplex-options.js'

/** The callback of a Node stream's `_write` and its like. */
type Callback = (error?: Error | null) => void

/** The callback of a Node stream's `write`. */
type WriteCallback = (error: Error | null | undefined) => void

/**
 * A stream as a `node:stream` Duplex. A write's callback means that the bytes are the caller's again: large ones are
 * passed by reference and come back when the connection has taken them, small ones are copied at once.
 *
 * `destroy()` with no error and nothing left to send is FIN and STOP_SENDING, otherwise RESET_STREAM and STOP_SENDING.
 * A peer that stopped reading is `EPIPE` on the next write; a reset or the session's end is `ECONNRESET`. When this side
 * closed the session the Duplex is destroyed without an `'error'` event: whoever closed it knows. Once the peer's end has
 * arrived, what waits can be read to its end, whatever becomes of the sending direction.
 */
export class StreamDuplex extends Duplex {
  /** The stream underneath. */
  readonly stream: Stream
  readonly #destroyCode: number
  /** Bytes pushed that count as unread until the next `_read`. */
  #pushedBytes = 0
  // No value here, but in the constructor: they pass 2^31 (see float-zero.ts).
  #bytesRead: number
  #bytesWritten: number
  /** Bytes of the write under way: handed to the stream, and in Node's buffer until they come back. */
  #bytesUnderWay = 0
  /** Of the write whose bytes have not come back. */
  #writeCallback: Callback | undefined = undefined
  /** What that write is to be told when they do. */
  #writeError: Error | null = null
  /** Why nothing can be sent any more. */
  #stopped: Error | undefined = undefined
  #hasReadEnd = false
  /** Inside the constructor the methods of a subclass cannot be called: its fields are not there yet. */
  #isStarting = true
  /** Offset in the stream of the first byte written here. */
  readonly #firstOffset: number

  /** Takes over `stream`, its handler and its context. */
  constructor(stream: Stream, options: DuplexOptions = {}) {
    super(nodeOptions(stream, options))
    this.stream = stream
    this.#bytesRead = 0
    this.#bytesWritten = 0
    this.#destroyCode = options.destroyCode ?? 0
    this.#firstOffset = stream.sendOffset + stream.bufferedBytes
    stream.context = this
    stream.manualCredit = true
    const { initialBytes } = options
    if (initialBytes !== undefined && initialBytes.length > 0) {
      this.#bytesRead = initialBytes.length
      this.#pushedBytes = Math.min(initialBytes.length, deliveredBytes(stream))
      super.push(Uint8Array.prototype.slice.call(initialBytes))
    }
    stream.handle(duplexHandler)
    this.#isStarting = false
  }

  /** Bytes received, as on `net.Socket`. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Bytes written, those that wait included, as on `net.Socket`. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength - this.#bytesUnderWay
  }

  /**
   * As of `node:stream`. A small write that nobody wants to hear back of, with nothing waiting before it, goes straight to
   * the stream, which copies it; once the stream is full, `write` returns false as if the bytes were in here.
   */
  override write(chunk: unknown, callback?: WriteCallback): boolean
  override write(chunk: unknown, encoding: BufferEncoding, callback?: WriteCallback): boolean
  override write(
    chunk: unknown,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    if (encoding === undefined && callback === undefined && this.#isShortcut(chunk)) {
      this.onSend()
      this.#bytesWritten += chunk.length
      return this.stream.write(chunk)
    }
    const isWritable = super.write(chunk, encoding as BufferEncoding, callback)
    return isWritable && !(this.#isStreamFull() && needsDrain(this))
  }

  /** Called for a write's callback that cannot be called at once; returns what is called later. For subclasses. */
  protected bound(callback: Callback): Callback {
    return callback
  }

  /** Called for all that is written, when it is handed to the stream. For subclasses; does nothing here. */
  protected onSend(): void {}

  override _read(): void {
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    if (this.#isRefused(callback)) return
    this.onSend()
    this.#bytesWritten += chunk.length
    this.#afterWrite(this.stream.writeReferenced(chunk), chunk.length, callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: Callback): void {
    if (this.#isRefused(callback)) return
    this.onSend()
    let isWritable = true
    let bytes = 0
    for (const { chunk } of chunks) {
      bytes += chunk.length
      isWritable = this.stream.writeReferenced(chunk)
    }
    this.#bytesWritten += bytes
    this.#afterWrite(isWritable, bytes, callback)
  }

  override _final(callback: Callback): void {
    this.stream.end()
    const isSent = this.#firstOffset + this.#bytesWritten <= this.stream.sendOffset
    if (this.#stopped === undefined || (isSent && isStop(this.#stopped))) callback()
    else this.#refuse(this.#stopped, callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const { stream } = this
    // What was written before `end` still goes out: Node destroys a stream as soon as both directions have ended.
    const isSent = this.writableFinished || (this.writableLength === 0 && stream.bufferedBytes === 0)
    const isClean = error === null && isSent
    if (!isClean) stream.destroy(this.#destroyCode)
    else {
      stream.end()
      stream.stopSending(this.#destroyCode)
    }
    // As net.Socket does: without an error the write's callback only gives its bytes back.
    this.#failWrite(error)
    callback(error)
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    this.#pushedBytes += chunk.length
    this.#bytesRead += chunk.length
    // Bytes that may wait in the readable buffer get a buffer of their own: a piece would keep the whole read alive.
    const isPassedOn = this.readableFlowing === true && this.readableLength === 0
    const bytes = isPassedOn ? chunk : Uint8Array.prototype.slice.call(chunk)
    if (!(this.#isStarting ? super.push(bytes) : this.push(bytes))) this.stream.pause()
  }

  /** @internal */
  ended(): void {
    this.#hasReadEnd = true
    if (this.#isStarting) super.push(null)
    else this.push(null)
  }

  /** @internal The bytes of the write under way are the caller's again, or there is room for more. */
  released(): void {
    if (this.stream.isFlushOwed) return
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    this.#bytesUnderWay = 0
    callback?.(this.#writeError)
  }

  /** @internal */
  failed(error: Error | undefined): void {
    if (this.#isStarting) queueMicrotask(() => this.failed(error))
    else this.destroy(isClosedHere(error) ? undefined : error)
  }

  /**
   * @internal Nothing can be sent any more. The next write finds out; until then, and when there is none, what the peer
   * has sent can be read.
   */
  stopped(error: Error): void {
    this.#stopped ??= error
    if (this.#writeCallback === undefined) return
    if (isClosedHere(error)) this.failed(error)
    else this.#failWrite(error)
  }

  /** @internal */
  streamClosed(error: Error | undefined): void {
    if (this.destroyed) return
    const isReadingCutOff = this.stream.canReceive && !this.#hasReadEnd
    if (isReadingCutOff || (error !== undefined && !this.stream.canReceive && !this.writableFinished)) {
      this.failed(error)
    } else if (error !== undefined) this.stopped(error)
  }

  /** Whether a write of `chunk` need not pass through Node's buffer, nor through a `_write` that somebody has put in place. */
  #isShortcut(chunk: unknown): chunk is Uint8Array {
    return (
      chunk instanceof Uint8Array &&
      chunk.length <= COPY_LIMIT_BYTES &&
      this.writableLength === 0 &&
      this.writableCorked === 0 &&
      this.writable &&
      this._write === StreamDuplex.prototype._write &&
      this.stream.hasRoomFor(chunk.length)
    )
  }

  /** Whether a write waits because the stream is full, and not only for its bytes to come back. */
  #isStreamFull(): boolean {
    return this.#writeCallback !== undefined && !this.stream.isFlushOwed
  }

  #isRefused(callback: Callback): boolean {
    const { stream } = this
    if (stream.canWrite) return false
    this.#refuse(this.#stopped ?? writeAfterReset(stream), callback)
    return true
  }

  #afterWrite(isWritable: boolean, bytes: number, callback: Callback): void {
    if (isWritable && !this.stream.isFlushOwed) {
      callback()
      return
    }
    this.#writeCallback = this.bound(callback)
    this.#bytesUnderWay = bytes
  }

  #refuse(error: Error, callback: Callback): void {
    if (isClosedHere(error)) this.destroy()
    callback(error)
  }

  /** The write under way will not succeed; its callback still waits until nobody refers to its bytes. */
  #failWrite(error: Error | null): void {
    if (this.#writeCallback === undefined) return
    this.#writeError ??= error
    this.released()
  }
}

/** Makes a stream a `node:stream` Duplex; see {@link StreamDuplex}. The stream's handler and context belong to it. */
export function toDuplex(stream: Stream, options?: DuplexOptions): StreamDuplex {
  return new StreamDuplex(stream, options)
}

/** One for all: the Duplex of a stream is its context. */
const duplexHandler: StreamHandler = {
  onData: (stream, chunk) => duplexOf(stream).received(chunk),
  onEnd: (stream) => duplexOf(stream).ended(),
  onReset: (stream, error) => duplexOf(stream).failed(error),
  onStopSending: (stream, error) => duplexOf(stream).stopped(error),
  onWritable: (stream) => duplexOf(stream).released(),
  onFlushed: (stream) => duplexOf(stream).released(),
  onClose: (stream, error) => duplexOf(stream).streamClosed(error),
}

/** Whether the error says that this side closed the session. */
function isClosedHere(error: Error | undefined): boolean {
  return error instanceof StreamError && error.code === 'ECONNABORTED'
}

/** Whether the error says that the peer stopped reading. */
function isStop(error: Error): boolean {
  return error instanceof StreamError && error.code === 'EPIPE'
}

function writeAfterReset(stream: Stream): StreamError {
  return new StreamError('EPIPE', `stream ${stream.id} cannot be written to: this side ended or reset it`)
}

/** Has Node emit `'drain'` after the write under way. It has no method for that; whether it heard is the result. */
function needsDrain(writable: Writable): boolean {
  const { _writableState: state } = writable as unknown as { _writableState: { needDrain: boolean } }
  state.needDrain = true
  return writable.writableNeedDrain
}

function duplexOf(stream: Stream): StreamDuplex {
  return stream.context as StreamDuplex
}
