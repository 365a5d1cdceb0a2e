import { concatBytes } from './concat-bytes.js'
import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from './byte-duplex.js'
import { DrainCounter } from './drain-counter.js'
import { toError } from './errors.js'
import type { PipeSecurity } from './pipe-security.js'
import { invalidType } from './argument-error.js'

/** The part of a WHATWG `ReadableStreamDefaultReader` that {@link fromWebStreams} uses. */
export interface WebReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>
  cancel(reason?: unknown): Promise<void>
}

/** The part of a WHATWG `WritableStreamDefaultWriter` that {@link fromWebStreams} uses. */
export interface WebWriter {
  readonly desiredSize: number | null
  readonly closed: Promise<unknown>
  write(chunk: Uint8Array): Promise<void>
  close(): Promise<void>
  abort(reason?: unknown): Promise<void>
}

/** A pair of WHATWG streams of `Uint8Array`, for example a `WebTransportBidirectionalStream`. */
export interface WebStreamPair {
  /** The bytes that arrive; the duplex owns each chunk. */
  readonly readable: { getReader(): WebReader }
  /** The bytes that are sent. */
  readonly writable: { getWriter(): WebWriter }
}

/** What {@link fromWebStreams} cannot read from the streams. */
export interface WebStreamsOptions {
  /** {@link ByteDuplex.localAddress}. Default: empty. */
  localAddress?: string
  /** {@link ByteDuplex.remoteAddress}. Default: empty. */
  remoteAddress?: string
  /** Whether closing `writable` leaves `readable` open at both ends. Default `true`. */
  halfClose?: boolean
  /** {@link ByteDuplex.security}. Default: absent, nothing is known. */
  security?: PipeSecurity
}

/**
 * A byte duplex over a pair of WHATWG streams, which it locks.
 *
 * - `writev` copies its chunks into one, because a stream may keep what it was given (a `TransformStream` passes it
 *   on). The chunks are the caller's again at once. It returns whether the stream wants more (`desiredSize` above 0);
 *   `onDrain` comes when every write so far is done. `bufferedBytes` counts what was copied and is not yet written.
 * - One chunk is read at a time, and none while the duplex is paused.
 * - `end` closes `writable`. `abort`, and an error of either stream, aborts `writable` and cancels `readable`.
 *
 * Throws a `TypeError` when `pair` lacks a stream or one of them is locked.
 */
export function fromWebStreams(pair: WebStreamPair, options: WebStreamsOptions = {}): ByteDuplex {
  if (typeof pair?.readable?.getReader !== 'function')
    throw invalidType('pair.readable', 'an instance of ReadableStream', pair?.readable)
  if (typeof pair.writable?.getWriter !== 'function')
    throw invalidType('pair.writable', 'an instance of WritableStream', pair.writable)
  return new WebByteDuplex(pair, options)
}

class WebByteDuplex implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities
  readonly localAddress: string
  readonly remoteAddress: string
  readonly security?: PipeSecurity
  readonly #reader: WebReader
  readonly #writer: WebWriter
  readonly #drains = new DrainCounter()
  readonly #onRead = (result: { done: boolean; value?: Uint8Array | undefined }): void => this.#read(result)
  readonly #onError = (error: unknown): void => this.#break(toError(error))
  #handler: ByteDuplexHandler | undefined
  #bufferedBytes = 0
  #isReading = false
  #isPaused = false
  #isEnding = false
  #hasFinished = false
  #hasReadEnd = false
  #closed: { readonly reason: Error | undefined } | undefined
  #isCloseReported = false

  constructor(pair: WebStreamPair, options: WebStreamsOptions) {
    this.capabilities = { halfClose: options.halfClose ?? true }
    this.localAddress = options.localAddress ?? ''
    this.remoteAddress = options.remoteAddress ?? ''
    if (options.security !== undefined) this.security = options.security
    this.#reader = pair.readable.getReader()
    this.#writer = pair.writable.getWriter()
    this.#writer.closed.then(() => this.#finished(), this.#onError)
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    if (this.#closed !== undefined) queueMicrotask(() => this.#reportClose())
    else this.#readNext()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    const bytes = concatBytes(chunks)
    if (this.#isEnding || this.#closed !== undefined || bytes.length === 0) return true
    this.#bufferedBytes += bytes.length
    this.#writer.write(bytes).then(() => this.#written(bytes.length), this.#onError)
    return (this.#writer.desiredSize ?? 0) > 0 || this.#drains.owe()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#readNext()
  }

  end(): void {
    if (this.#isEnding || this.#closed !== undefined) return
    this.#isEnding = true
    this.#writer.close().catch(this.#onError)
  }

  abort(reason: Error): void {
    this.#break(reason)
  }

  #readNext(): void {
    if (this.#isReading || this.#isPaused || this.#hasReadEnd) return
    if (this.#handler === undefined || this.#closed !== undefined) return
    this.#isReading = true
    this.#reader.read().then(this.#onRead, this.#onError)
  }

  #read({ done, value }: { done: boolean; value?: Uint8Array | undefined }): void {
    this.#isReading = false
    if (this.#closed !== undefined) return
    if (done) return this.#readEnd()
    if (!(value instanceof Uint8Array))
      return this.#break(new TypeError('pair.readable gave something else than bytes'))
    if (value.length > 0) this.#handler?.onData(value)
    this.#readNext()
  }

  #readEnd(): void {
    this.#hasReadEnd = true
    if (this.capabilities.halfClose) this.#handler?.onEnd()
    else this.end()
    if (this.#hasFinished) this.#close(undefined)
  }

  #written(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (this.#bufferedBytes > 0) return
    this.#drains.makeDue()
    while (this.#closed === undefined && this.#drains.takeDue()) this.#handler?.onDrain()
  }

  #finished(): void {
    this.#hasFinished = true
    if (!this.#hasReadEnd && this.capabilities.halfClose) return
    if (!this.#hasReadEnd) this.#reader.cancel().catch(ignore)
    this.#close(undefined)
  }

  #break(reason: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#writer.abort(reason).catch(ignore)
    this.#reader.cancel(reason).catch(ignore)
    queueMicrotask(() => this.#reportClose())
  }

  #close(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#reportClose()
  }

  #reportClose(): void {
    this.#bufferedBytes = 0
    if (this.#handler === undefined || this.#isCloseReported) return
    this.#isCloseReported = true
    this.#handler.onClose(this.#closed?.reason)
  }
}

/** The rejections of the streams repeat the reason that was given to them. */
function ignore(): void {}
