import { Duplex, type Writable } from 'node:stream'
import { StreamError, writeAfterStop } from '../proto/errors.js'
import { deliveredBytes } from '../proto/receive-credit.js'
import { COPY_LIMIT_BYTES } from '../proto/slab.js'
import type { Stream, StreamHandler } from '../proto/stream.js'
import { Later } from './async-context.js'
import { nodeOptions, type DuplexOptions } from './duplex-options.js'
import { StoppedWrites } from './stopped-writes.js'
import { currentTurn, inNextTurn, isCurrentTurn } from './turn.js'

/** The callback of a Node stream's `_write` and its like. */
type Callback = (error?: Error | null) => void

/** The callback of a Node stream's `write`. */
type WriteCallback = (error: Error | null | undefined) => void

/**
 * A stream as a `node:stream` Duplex. A write's callback means that the bytes are the caller's again: small ones are copied
 * at once; large ones are passed by reference and come back when the connection has taken them, or when they were copied
 * because the peer's credit, not the connection, holds them up.
 *
 * It ends as a `net.Socket` does. `destroy()`, with or without an error, delivers what was written, as a kernel would, and
 * then an end; only where more waits than `Stream.close` keeps the peer gets a reset behind it. After the peer has closed,
 * one write counts as taken, and the next one is `EPIPE`, or `ECONNRESET` when the peer's end has not arrived; what the peer
 * sent last can be read. A reset, or the session's end, is `ECONNRESET`. When this side closed the session the Duplex is
 * destroyed without an `'error'` event, because the caller knows. No error and no `'end'` is emitted in the turn in which the
 * Duplex is made. What a listener or callback throws is an uncaught exception, and the Duplex goes on.
 */
export class StreamDuplex extends Duplex {
  /** The stream underneath; `undefined` as long as a subclass that was made without one has not attached one. */
  stream!: Stream
  readonly #destroyCode: number
  /** Bytes pushed that count as unread until the next `_read`. */
  #pushedBytes = 0
  // No value here, but in the constructor: they pass 2^31 (see float-zero.ts).
  #bytesRead: number
  #bytesWritten: number
  /** Bytes of the write in flight: handed to the stream, and in Node's buffer until they come back. */
  #bytesInFlight = 0
  /** Of the write whose bytes have not come back; before there is a stream, what tells Node that there is one. */
  #writeCallback: Later<[Error | null]> | undefined = undefined
  /** What that write gets when they do. */
  #writeError: Error | null = null
  /** Why nothing can be sent any more. */
  #stopped: Error | undefined = undefined
  /** Deals with writes after the peer's stop; the write in flight waits for its word while `#isHeld`. */
  #stoppedWrites: StoppedWrites | undefined = undefined
  #isHeld = false
  #hasReadEnd = false
  #isFailing = false
  /**
   * The turn in which it got its stream; -1 before, and in the constructor, where methods of a subclass cannot be called: it
   * has no fields yet.
   */
  #birthTurn = -1

  /** Takes over `stream`, its handler and its context. */
  constructor(stream: Stream, options?: DuplexOptions)
  /** @internal Without a stream Node keeps back what is written, until `attach`. */
  constructor(stream: Stream | undefined, options?: DuplexOptions)
  constructor(stream: Stream | undefined, options: DuplexOptions = {}) {
    const toNode = nodeOptions(stream, options)
    super(stream === undefined ? { ...toNode, construct: waitForStream } : toNode)
    this.#bytesRead = 0
    this.#bytesWritten = 0
    this.#destroyCode = options.destroyCode ?? 0
    if (stream !== undefined) this.#take(stream, options.initialBytes)
  }

  /**
   * Gives a Duplex that was made without a stream its stream: what was written goes out in this turn, and what arrives is read
   * from `stream.resume()` on. Once, unless it is destroyed.
   */
  protected attach(stream: Stream, initialBytes: Uint8Array | undefined): void {
    this.#take(stream, initialBytes)
    this.#constructed()
  }

  /** @internal Node asks this of a Duplex that was made without a stream, and waits for the callback. */
  waitForStream(callback: Callback): void {
    this.#writeCallback = new Later(callback)
    if (this.destroyed || !this.#isStarting) this.#constructed()
  }

  #constructed(): void {
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    callback?.call(null)
  }

  #take(stream: Stream, initialBytes: Uint8Array | undefined): void {
    this.stream = stream
    stream.context = this
    stream.manualCredit = true
    if (initialBytes !== undefined && initialBytes.length > 0) {
      this.#bytesRead = initialBytes.length
      this.#pushedBytes = Math.min(initialBytes.length, deliveredBytes(stream))
      super.push(Uint8Array.prototype.slice.call(initialBytes))
    }
    stream.handle(duplexHandler)
    this.#birthTurn = currentTurn()
  }

  /** Bytes received, as on `net.Socket`; `undefined` on the prototype. */
  get bytesRead(): number {
    return #bytesRead in this ? this.#bytesRead : (undefined as never)
  }

  /** Bytes written, those that wait included, as on `net.Socket`; `undefined` on the prototype. */
  get bytesWritten(): number {
    if (!(#bytesWritten in this)) return undefined as never
    return this.#bytesWritten + this.writableLength - this.#bytesInFlight
  }

  /**
   * As of `node:stream`. A small write without a callback, with nothing waiting before it, goes straight to the stream, which
   * copies it; once the stream is full, `write` returns false as if the bytes were in here.
   */
  override write(chunk: unknown, callback?: WriteCallback): boolean
  override write(chunk: unknown, encoding: BufferEncoding, callback?: WriteCallback): boolean
  override write(
    chunk: unknown,
    encoding?: BufferEncoding | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    if (encoding === undefined && callback === undefined && this.#isShortcut(chunk)) {
      this.onActivity()
      this.#bytesWritten += chunk.length
      return this.stream.write(chunk)
    }
    if (this.writableEnded && this.readableEnded && !this.allowHalfOpen) {
      return this.#writeAfterEnd(typeof encoding === 'function' ? encoding : callback)
    }
    const isWritable = super.write(chunk, encoding as BufferEncoding, callback)
    return isWritable && !(this.#isStreamFull() && needsDrain(this))
  }

  /** As of `node:stream`; what was written is handed to the stream first. */
  override destroy(error?: Error, callback?: (error: Error | null) => void): this {
    if (!this.destroyed) this.#handOver()
    // The types leave the callback out.
    const args = [error, callback] as unknown as [Error?]
    super.destroy(...args)
    // Node waits for the stream first, also to destroy.
    if (this.#isStarting) this.#constructed()
    return this
  }

  /**
   * Breaks off both directions at once: what was written here and has not left is dropped. What was written to the stream
   * before this was made of it still arrives, an answer to the peer for example.
   */
  protected reset(): void {
    const { stream } = this
    const before = stream.sentBytes + stream.bufferedBytes - this.#bytesWritten
    if (before > stream.sentBytes && stream.core.peer.resetStreamAt) {
      stream.resetAt(before, this.#destroyCode)
      stream.stopSending(this.#destroyCode)
    } else stream.destroy(this.#destroyCode)
  }

  /** Called when bytes arrive, are handed to the stream or have left it. For subclasses; does nothing here. */
  protected onActivity(): void {}

  /** What the application is told of a stream's error. For subclasses; the error itself here. */
  protected errorOf(error: Error, _syscall: 'read' | 'write'): Error {
    return error
  }

  override _read(): void {
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    if (this.#isRefused(chunk.length, callback)) return
    this.onActivity()
    this.#bytesWritten += chunk.length
    this.#afterWrite(this.stream.writeReferenced(chunk), chunk.length, callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: Callback): void {
    let bytes = 0
    for (const { chunk } of chunks) bytes += chunk.length
    if (this.#isRefused(bytes, callback)) return
    this.onActivity()
    let isWritable = true
    for (const { chunk } of chunks) isWritable = this.stream.writeReferenced(chunk)
    this.#bytesWritten += bytes
    this.#afterWrite(isWritable, bytes, callback)
  }

  override _final(callback: Callback): void {
    this.stream.end()
    // As for a kernel's shutdown(): it takes a turn, and that the peer has closed is no error of an end.
    if (this.#stopped === undefined || isStop(this.#stopped)) inNextTurn(callback)
    else this.#refuse(this.#stopped, callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (!this.#isStarting) {
      this.#stoppedWrites?.close()
      this.stream.close(this.#destroyCode)
      // As with `net.Socket`, the write in flight only gets its bytes back.
      this.#isHeld = false
      this.released()
    }
    inNextTurn(() => this.emit('close', error !== null))
    callback(error)
  }

  /** Reads ahead, so that a reset shows although nobody reads yet. */
  protected readAhead(): void {
    if (!this.#hasReadEnd) this.read(0)
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    if (!this.#isStarting) this.onActivity()
    this.#pushedBytes += chunk.length
    this.#bytesRead += chunk.length
    // Bytes that may wait in the readable buffer get a buffer of their own: a piece would keep the whole read alive.
    const isPassedOn = this.readableFlowing === true && this.readableLength === 0
    if (!isPassedOn) this.stream.widen()
    const bytes = isPassedOn ? chunk : Uint8Array.prototype.slice.call(chunk)
    if (!(this.#isStarting ? super.push(bytes) : this.push(bytes))) this.stream.pause()
  }

  /** @internal */
  ended(): void {
    if (!this.#isStarting) this.onActivity()
    this.#hasReadEnd = true
    if (this.#isStarting) super.push(null)
    else this.push(null)
    // As `net.Socket` does, so that `'end'` is emitted although nobody reads.
    this.#inLaterTurn(() => this.read(0))
  }

  /** @internal The bytes of the write in flight are the caller's again, or there is room for more. */
  released(): void {
    if (this.stream.isFlushOwed || this.#isHeld) return
    const callback = this.#writeCallback
    if (callback === undefined) return
    this.onActivity()
    this.#writeCallback = undefined
    this.#bytesInFlight = 0
    callback.call(this.#writeError)
  }

  /** @internal */
  failed(error: Error | undefined): void {
    // The first reason counts: the stream's end follows with one of its own.
    if (this.#isFailing) return
    this.#isFailing = true
    this.#inLaterTurn(() => {
      if (this.stream.hasReliableBytes && this.readableLength > 0) this.#failAfterReading(error)
      else this.destroy(this.#emitted(error, 'read'))
    })
  }

  /**
   * @internal Nothing can be sent any more. The next write finds out; until then, and when there is none, what the peer
   * has sent can be read.
   */
  stopped(error: Error): void {
    if (this.destroyed) return
    this.#stopped ??= error
    if (this.#writeCallback === undefined) return
    if (isClosedHere(error)) this.failed(error)
    else if (isStop(error)) {
      if (!this.#isHeld) this.#hold('inFlight')
    } else {
      this.#writeError ??= this.errorOf(error, 'write')
      this.released()
    }
  }

  /** @internal The session leaves within this call: what Node holds back goes to the stream. */
  leaving(): void {
    if (this.writableLength === 0 || this.destroyed || !this.stream.canWrite) return
    for (const { chunk } of bufferedWrites(this)) this.stream.write(chunk)
  }

  /** @internal */
  streamClosed(error: Error | undefined): void {
    if (this.destroyed) return
    const isReadingCutOff = this.stream.canReceive && !this.#hasReadEnd
    if (isReadingCutOff || (error !== undefined && !this.stream.canReceive && !this.writableFinished)) {
      this.failed(error)
    } else if (error !== undefined) this.stopped(error)
  }

  /** @internal A listener or callback of the application threw: its own fault, and only that. */
  threw(error: unknown): void {
    process.nextTick(() => {
      throw error
    })
    process.nextTick(() => this.#goOn())
  }

  /** Node stopped in the middle of what it did, and would have read on, or finished what was ended. */
  #goOn(): void {
    this.read(0)
    if (!this.writableEnded || this.writableFinished || this.writableLength > 0) return
    this.stream.end()
    if (this.readableEnded) this.destroy()
  }

  get #isStarting(): boolean {
    return this.#birthTurn === -1
  }

  /** Runs `action` now, or in a later turn when this one made the Duplex: the program has had no chance to listen yet. */
  #inLaterTurn(action: () => void): void {
    if (this.#isStarting || isCurrentTurn(this.#birthTurn)) inNextTurn(action)
    else action()
  }

  #emitted(error: Error | undefined, syscall: 'read' | 'write'): Error | undefined {
    return error === undefined || isClosedHere(error) ? undefined : this.errorOf(error, syscall)
  }

  /** The bytes in front of the reset are read before it is emitted. */
  #failAfterReading(error: Error | undefined): void {
    this.read = (size?: number): unknown => {
      const chunk: unknown = super.read(size)
      if (this.readableLength === 0) process.nextTick(() => this.destroy(this.#emitted(error, 'read')))
      return chunk
    }
  }

  /** Whether a write of `chunk` need not pass through Node's buffer, nor through a `_write` that somebody has put in place. */
  #isShortcut(chunk: unknown): chunk is Uint8Array {
    return (
      chunk instanceof Uint8Array &&
      chunk.length <= COPY_LIMIT_BYTES &&
      !this.#isStarting &&
      this.writableLength === 0 &&
      this.writableCorked === 0 &&
      this.writable &&
      this._write === StreamDuplex.prototype._write &&
      this.stream.hasRoomFor(chunk.length)
    )
  }

  /** Whether a write waits because the stream is full, and neither for its bytes to come back nor for the peer's last bytes. */
  #isStreamFull(): boolean {
    const isWaiting = !this.#isStarting && this.#writeCallback !== undefined
    return isWaiting && !this.stream.isFlushOwed && !this.#isHeld
  }

  #isRefused(bytes: number, callback: Callback): boolean {
    const { stream } = this
    if (stream.canWrite) return false
    const isSilent = bytes === 0 && this.#stoppedWrites?.hasTaken !== true
    if (isSilent && this.#stopped !== undefined && isStop(this.#stopped)) {
      callback()
      return true
    }
    const error = this.#stopped ?? writeAfterReset(stream)
    if (isStop(error)) {
      this.#writeCallback = new Later(callback)
      this.#bytesWritten += bytes
      this.#bytesInFlight = bytes
      this.#hold('write')
    } else this.#refuse(error, callback)
    return true
  }

  /** Leaves the write in flight to what becomes of writes after the peer's stop. */
  #hold(kind: 'inFlight' | 'write'): void {
    this.#isHeld = true
    this.#stoppedWrites ??= new StoppedWrites({
      duplex: this,
      error: () => this.#stopError(),
      received: () => this.#bytesRead,
    })
    this.#stoppedWrites[kind]((error) => {
      this.#isHeld = false
      this.#writeError = error
      this.released()
    })
  }

  #stopError(): Error {
    const { stream } = this
    const error = writeAfterStop(stream.id, this.#stopped as StreamError, stream.hasPeerEnded)
    return this.errorOf(error, 'write')
  }

  #afterWrite(isWritable: boolean, bytes: number, callback: Callback): void {
    if (isWritable && !this.stream.isFlushOwed) {
      callback()
      return
    }
    this.#writeCallback = new Later(callback)
    this.#bytesInFlight = bytes
  }

  /** The peer has ended, and this direction was ended because of it: `net.Socket` has an error of its own for that. */
  #writeAfterEnd(callback: WriteCallback | undefined): false {
    const error = new StreamError('EPIPE', 'This socket has been ended by the other party')
    if (callback !== undefined) process.nextTick(callback, error)
    this.destroy(error)
    return false
  }

  #refuse(error: Error, callback: Callback): void {
    if (isClosedHere(error)) this.destroy()
    callback(this.errorOf(error, 'write'))
  }

  /**
   * Hands what Node's buffer holds to the stream, as far as the stream would keep it when it is closed. Writes are called
   * back for it where nothing refers to their bytes any more.
   */
  #handOver(): void {
    const { stream } = this
    if (this.#isStarting || !stream.canWrite) return
    const limit = stream.keptAfterClose
    while (this.#writeCallback !== undefined && stream.bufferedBytes <= limit && stream.giveBack()) {
      // Called back in a later turn, as from `net.Socket`, and not from inside the application's call.
      deferWriteCallback(this)
      this.released()
    }
    for (const { chunk } of bufferedWrites(this)) {
      if (stream.bufferedBytes > limit) return
      stream.writeReferenced(chunk)
      this.#bytesWritten += chunk.length
    }
  }
}

/** Makes a stream a `node:stream` Duplex; see {@link StreamDuplex}. The stream's handler and context belong to it. */
export function toDuplex(stream: Stream, options?: DuplexOptions): StreamDuplex {
  return new StreamDuplex(stream, options)
}

/** One for all: the Duplex of a stream is its context. */
const duplexHandler: StreamHandler = {
  onData: (stream, chunk) => {
    const duplex = duplexOf(stream)
    try {
      duplex.received(chunk)
    } catch (error) {
      duplex.threw(error)
    }
  },
  onEnd: (stream) => guarded(stream, (duplex) => duplex.ended()),
  onReset: (stream, error) => guarded(stream, (duplex) => duplex.failed(error)),
  onStopSending: (stream, error) => guarded(stream, (duplex) => duplex.stopped(error)),
  onWritable: (stream) => guarded(stream, released),
  onFlushed: (stream) => guarded(stream, released),
  onLeave: (stream) => duplexOf(stream).leaving(),
  onClose: (stream, error) => guarded(stream, (duplex) => duplex.streamClosed(error)),
}

function released(duplex: StreamDuplex): void {
  duplex.released()
}

/** Calls the Duplex of the stream; what code of the application throws meanwhile is kept from the session. */
function guarded(stream: Stream, call: (duplex: StreamDuplex) => void): void {
  const duplex = duplexOf(stream)
  try {
    call(duplex)
  } catch (error) {
    duplex.threw(error)
  }
}

/** The `construct` of a Duplex that is made without a stream; one function for all. */
function waitForStream(this: Duplex, callback: Callback): void {
  if (this instanceof StreamDuplex) this.waitForStream(callback)
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

/** What is used of Node's state of a Writable: there are no methods for it. */
interface WritableState {
  needDrain: boolean
  sync: boolean
}

function stateOf(writable: Writable): WritableState {
  return (writable as unknown as { _writableState: WritableState })._writableState
}

/** Has Node emit `'drain'` after the write in flight. Returns whether it will. */
function needsDrain(writable: Writable): boolean {
  stateOf(writable).needDrain = true
  return writable.writableNeedDrain
}

/** Has Node call the write in flight back in a later tick. */
function deferWriteCallback(writable: Writable): void {
  stateOf(writable).sync = true
}

/** The writes that Node keeps back. */
function bufferedWrites(writable: Writable): readonly { readonly chunk: Uint8Array }[] {
  return (writable as unknown as { writableBuffer?: { chunk: Uint8Array }[] }).writableBuffer ?? []
}

function duplexOf(stream: Stream): StreamDuplex {
  return stream.context as StreamDuplex
}
