import type { DuplexOptions as NodeDuplexOptions } from 'node:stream'
import { COPY_LIMIT_BYTES } from '../../proto/send/slab.js'
import type { StreamError } from '../../proto/session/errors.js'
import { writeAfterStop } from '../../proto/session/errors.js'
import { Later } from './async-context.js'
import { isClosedHere, isStop, writeAfterReset } from './duplex-errors.js'
import { bufferedWrites, deferWriteCallback, needsDrain } from './node-state.js'
import { ReadingDuplex } from './reading-duplex.js'
import { StoppedWrites } from './stopped-writes.js'
import { inNextTurn } from './turn.js'

/** The callback of a Node stream's `_write` and its like. */
export type Callback = (error?: Error | null) => void

/** The callback of a Node stream's `write`. */
type WriteCallback = (error: Error | null | undefined) => void

/** A written piece, as Node keeps it. */
interface EarlyChunk {
  readonly chunk: Uint8Array
}

/**
 * The first write and the end before there is a stream. The writes in between wait in Node's buffer. As with `net`,
 * they run and call back in the async context of the connection.
 */
interface EarlyWrites {
  readonly write?: {
    readonly chunks: readonly EarlyChunk[]
    readonly callback: Callback
  }
  readonly end?: Callback
}

/** The part of a {@link StreamDuplex} that writes to the stream. */
export class WritingDuplex extends ReadingDuplex {
  // No value here, but in the constructor: it passes 2^31 (see float-zero.ts).
  #bytesWritten: number
  /**
   * Bytes that were handed to the stream and are still in Node's buffer: those of the write in flight, until they come
   * back; while no callback is awaited, early ones that Node has not written yet.
   */
  #bytesInFlight = 0
  /** The callback that Node waits for before it writes on: of the write whose bytes have not come back. */
  #awaitedCallback: Later<[Error | null]> | undefined = undefined
  /** The error of that write, if any. */
  #writeError: Error | null = null
  /** Why nothing can be sent any more. */
  #stopped: Error | undefined = undefined
  /** Decides about writes after the peer's stop; the write in flight waits for that while `#isHeld`. */
  #stoppedWrites: StoppedWrites | undefined = undefined
  #isHeld = false
  /** What Node has written, or ended, before there is a stream. */
  #early: EarlyWrites | undefined = undefined

  constructor(toNode: NodeDuplexOptions) {
    super(toNode)
    this.#bytesWritten = 0
  }

  /** Bytes written, including those that wait, as on `net.Socket`; `undefined` on the prototype. */
  get bytesWritten(): number {
    if (!(#bytesWritten in this)) return undefined as never
    return this.#bytesWritten + this.writableLength - this.#bytesInFlight
  }

  /** Bytes handed to the stream. */
  protected get handedBytes(): number {
    return this.#bytesWritten
  }

  /**
   * See `node:stream`. A small write without a callback, with nothing waiting before it, goes straight to the stream,
   * which copies it; when the stream is full, `write` returns false as if the bytes were in Node's buffer.
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
    if (this.isStarting) this.onEarlyWrite()
    return isWritable && !(this.#isFull() && needsDrain(this))
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    if (!this.hasStream) return this.#writeEarly([{ chunk }], callback)
    const early = Math.min(this.#earlyBytes, chunk.length)
    if (early > 0 && early === chunk.length) return this.#skip(early, callback)
    if (this.#isRefused(chunk.length - early, chunk.length, callback)) return
    const bytes = this.#behindEarly(chunk)
    this.onActivity()
    this.#bytesWritten += bytes.length
    this.#afterWrite(this.stream.writeReferenced(bytes), chunk.length, callback)
  }

  override _writev(chunks: readonly EarlyChunk[], callback: Callback): void {
    if (!this.hasStream) return this.#writeEarly(chunks, callback)
    let all = 0
    for (const { chunk } of chunks) all += chunk.length
    const early = Math.min(this.#earlyBytes, all)
    if (early > 0 && early === all) return this.#skip(early, callback)
    if (this.#isRefused(all - early, all, callback)) return
    this.onActivity()
    let isWritable = true
    for (const { chunk } of chunks) isWritable = this.stream.writeReferenced(this.#behindEarly(chunk))
    this.#bytesWritten += all - early
    this.#afterWrite(isWritable, all, callback)
  }

  override _final(callback: Callback): void {
    if (!this.hasStream) {
      this.#early = { ...this.#early, end: callback }
      return
    }
    // It has ended with the early bytes.
    if (this.#stopped === undefined && !this.stream.canWrite) return callback()
    this.stream.end()
    // As for a kernel's shutdown(): it takes a turn, and it succeeds although the peer has closed, or has ended and gone.
    if (this.#stopped === undefined || isStop(this.#stopped) || this.hasReadEnd) inNextTurn(callback)
    else this.#refuse(this.#stopped, callback)
  }

  /** @internal The bytes of the write in flight are the caller's again, or there is room for more. */
  released(): void {
    if (this.stream.isFlushOwed || this.#isHeld) return
    const callback = this.#awaitedCallback
    if (callback === undefined) return
    this.onActivity()
    this.#awaitedCallback = undefined
    this.#bytesInFlight = 0
    callback.call(this.#writeError)
    this.onUse()
  }

  /**
   * @internal Nothing can be sent any more. The next write fails; until then, and if there is none, what the peer has
   * sent can be read.
   */
  stopped(error: Error): void {
    if (this.destroyed) return
    this.#stopped ??= error
    if (this.#awaitedCallback === undefined) return
    if (isClosedHere(error)) this.failed(error)
    else if (isStop(error)) {
      if (!this.#isHeld) this.#hold('inFlight')
    } else {
      this.#writeError ??= this.errorOf(error, 'write')
      this.released()
    }
  }

  /** @internal The session is about to close: what is in Node's buffer goes to the stream, and the end behind it. */
  leaving(): void {
    if (this.destroyed || !this.stream.canWrite) return
    if (this.writableLength > 0)
      for (const { chunk } of [...this.heldWrite, ...bufferedWrites(this)])
        this.stream.write(this.#behindEarly(chunk))
    if (this.writableEnded) this.stream.end()
  }

  /** Something was written, ended or uncorked before there is a stream. For subclasses; does nothing here. */
  protected onEarlyWrite(): void {}

  /** Node's buffer begins with `bytes` that the stream has already: it gets only what is behind them. */
  protected takeEarly(bytes: number): void {
    this.#bytesWritten = bytes
    this.#bytesInFlight = bytes
  }

  /** The stream is there: what was written goes to it, and Node goes on. */
  protected streamReady(): void {
    const { write, end } = this.#early ?? {}
    this.#early = undefined
    if (write !== undefined) {
      const { chunks, callback } = write
      const [first] = chunks
      if (chunks.length === 1 && first !== undefined) this._write(first.chunk, 'utf8', callback)
      else this._writev(chunks, callback)
    }
    if (end !== undefined) this._final(end)
  }

  /** Why nothing can be written while there is no stream; `undefined`: it waits. For subclasses. */
  protected get earlyError(): Error | undefined {
    return undefined
  }

  /** The stream will not come: takes back the write that waits for it, to be called back with an error. */
  protected dropEarly(): Callback | undefined {
    const { chunks = [], callback } = this.#early?.write ?? {}
    this.#early = undefined
    if (callback === undefined) return undefined
    return (error) => {
      callback(error)
      // As on `net.Socket`, the bytes still count.
      if (!this.hasStream && this.destroyed)
        for (const { chunk } of chunks) this.#bytesWritten += chunk.length
    }
  }

  protected override forget(): void {
    super.forget()
    this.stopWaiting()
    this.#bytesWritten = 0
    this.#bytesInFlight = 0
    this.#awaitedCallback = undefined
    this.#writeError = null
    this.#stopped = undefined
    this.#stoppedWrites = undefined
    this.#isHeld = false
    this.#early = undefined
  }

  /** The Duplex is destroyed. As with `net.Socket`, the write in flight only gets its bytes back. */
  protected endWrites(): void {
    this.#isHeld = false
    this.released()
  }

  /** Gives up the write that waits for the peer's last bytes. */
  protected stopWaiting(): void {
    this.#stoppedWrites?.close()
  }

  /** The write that Node waits for while there is no stream. */
  protected get heldWrite(): readonly EarlyChunk[] {
    return this.#early?.write?.chunks ?? []
  }

  #writeEarly(chunks: readonly EarlyChunk[], callback: Callback): void {
    const { earlyError } = this
    if (earlyError !== undefined) callback(earlyError)
    else this.#early = { write: { chunks, callback } }
  }

  /** Whether bytes go to the stream as they were written: the application has not replaced `_write`. */
  protected get isPlain(): boolean {
    return this._write === WritingDuplex.prototype._write
  }

  /** Whether a write of `chunk` can skip Node's buffer. Not when the application has replaced `_write`. */
  #isShortcut(chunk: unknown): chunk is Uint8Array {
    return (
      chunk instanceof Uint8Array &&
      chunk.length <= COPY_LIMIT_BYTES &&
      !this.isStarting &&
      this.writableLength === 0 &&
      this.writableCorked === 0 &&
      this.writable &&
      this.isPlain &&
      this.stream.hasRoomFor(chunk.length)
    )
  }

  /**
   * Whether a write waits because the stream is full, and neither for its bytes to come back nor for the peer's last
   * bytes; or for its bytes while the session is full: Node's buffer is not to fill besides.
   */
  #isFull(): boolean {
    const isWaiting = !this.isStarting && this.#awaitedCallback !== undefined && !this.#isHeld
    return isWaiting && (!this.stream.isFlushOwed || this.stream.isSessionFull)
  }

  /** Whether the stream takes nothing any more. `bytes` are new to it, and `all` are those that Node has written. */
  #isRefused(bytes: number, all: number, callback: Callback): boolean {
    const { stream } = this
    if (stream.canWrite) return false
    const isSilent = bytes === 0 && this.#stoppedWrites?.hasTaken !== true
    if (isSilent && this.#stopped !== undefined && isStop(this.#stopped)) {
      callback()
      return true
    }
    const error = this.#stopped ?? writeAfterReset(stream.id)
    if (isStop(error)) {
      this.#awaitedCallback = new Later(callback)
      this.#bytesWritten += bytes
      this.#bytesInFlight = all
      this.#hold('write')
    } else this.#refuse(error, callback)
    return true
  }

  /** The peer stopped reading: `StoppedWrites` decides when the write that Node waits for completes, and how. */
  #hold(kind: 'inFlight' | 'write'): void {
    const { stream } = this
    const unsentBytes = Math.min(this.#bytesInFlight, this.#bytesWritten - stream.sentBytes)
    this.#isHeld = true
    this.#stoppedWrites ??= new StoppedWrites({
      duplex: this,
      error: () => this.#stopError(),
      received: () => this.bytesRead,
    })
    const complete = (error: Error | null): void => {
      this.#isHeld = false
      this.#writeError = error
      this.released()
    }
    this.#stoppedWrites[kind](complete, unsentBytes > stream.keptAfterClose)
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
    this.#awaitedCallback = new Later(callback)
    this.#bytesInFlight = bytes
    this.onUse()
  }

  /** Whether a write waits: what keeps a process alive for every socket of the system, also one that is unref'd. */
  protected get isWriteWaiting(): boolean {
    return this.hasStream && !this.destroyed && this.#awaitedCallback !== undefined
  }

  /** Whether bytes can arrive that this side waits for: what keeps a process alive for a socket unless it is unref'd. */
  protected get isReceiving(): boolean {
    return this.hasStream && !this.destroyed && this.stream.isReading && !this.hasReadEnd
  }

  /** This direction ended because the peer's did: `net.Socket` has its own error for a write after that. */
  #writeAfterEnd(callback: WriteCallback | undefined): false {
    const text = 'This socket has been ended by the other party'
    const error = Object.assign(new Error(text), { code: 'EPIPE' })
    if (callback !== undefined) process.nextTick(callback, error)
    this.destroy(error)
    return false
  }

  #refuse(error: Error, callback: Callback): void {
    if (isClosedHere(error)) this.destroy()
    callback(this.errorOf(error, 'write'))
  }

  /**
   * Hands what Node's buffer holds to the stream, up to what the stream would keep when it is closed. The callbacks of
   * writes run when nothing refers to their bytes any more.
   */
  protected handOver(): void {
    const { stream } = this
    if (this.isStarting || !stream.canWrite) return
    const limit = stream.keptAfterClose
    while (this.#awaitedCallback !== undefined && stream.bufferedBytes <= limit && stream.giveBack()) {
      // The callback runs in a later tick, as in `net.Socket`, and not inside the application's call.
      deferWriteCallback(this)
      this.released()
    }
    const unsent = [...this.heldWrite, ...bufferedWrites(this)]
    // `streamReady` has only to call the held write back.
    const { write } = this.#early ?? {}
    if (write !== undefined) this.#early = { write: { ...write, chunks: [] } }
    for (const { chunk } of unsent) {
      if (stream.bufferedBytes > limit) return
      const bytes = this.#behindEarly(chunk)
      stream.writeReferenced(bytes)
      this.#bytesWritten += bytes.length
    }
  }

  /** How many bytes at the front of Node's buffer the stream has already. */
  get #earlyBytes(): number {
    return this.#awaitedCallback === undefined ? this.#bytesInFlight : 0
  }

  /** What the stream does not have yet of the next bytes in Node's buffer. */
  #behindEarly(chunk: Uint8Array): Uint8Array {
    const early = Math.min(this.#earlyBytes, chunk.length)
    if (early === 0) return chunk
    this.#bytesInFlight -= early
    return chunk.subarray(early)
  }

  /** The stream has the whole write already; it may also have ended behind it. */
  #skip(bytes: number, callback: Callback): void {
    this.#bytesInFlight -= bytes
    callback()
  }
}
