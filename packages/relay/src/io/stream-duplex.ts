import {
  AstraError,
  concatBytes,
  type ByteDuplex,
  type ByteDuplexCapabilities,
  type ByteDuplexHandler,
  type Clock,
  type PipeSecurity,
} from '@astranet/interface'
import { checkOptions, type OptionNames } from '@astranet/interface/check'
import { DrainCounter } from '@astranet/interface/transport-tools'
import { StreamCode } from '@astranet/link'
import type { Stream, StreamError, StreamHandler } from '@astranet/mux'

/** Bytes that a tunnel may receive ahead, at most, before its session has taken them. */
const MAX_WINDOW_BYTES = 16_777_216

/** Small writes are copied at once. A write has to wait when more than this waits already, in bytes. */
const SMALL_WRITES_BYTES = 16_384

const NOTHING = new Uint8Array(0)

/** What a {@link StreamDuplex} is made of. */
export interface StreamDuplexOptions {
  readonly clock: Clock
  readonly localAddress: string
  readonly remoteAddress: string
  /** The stream's first bytes, which arrived with the header or the answer. */
  readonly initialBytes?: Uint8Array | undefined
}

const NAMES: OptionNames<StreamDuplexOptions> = {
  clock: true,
  localAddress: true,
  remoteAddress: true,
  initialBytes: true,
}

/**
 * A byte duplex over one stream of a session: the pipe of a tunnel. The stream belongs to it. An abort is a reset and a
 * STOP_SENDING with `CANCELLED`. A reset from the other end breaks the pipe with `ECONNRESET`. A STOP_SENDING alone
 * does so when everything has arrived: a process that exits sends it ahead of its last bytes.
 */
export class StreamDuplex implements ByteDuplex, StreamHandler {
  readonly capabilities: ByteDuplexCapabilities = { halfClose: true }
  readonly security: PipeSecurity = { isPrivate: false }
  readonly localAddress: string
  readonly remoteAddress: string
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #drains = new DrainCounter()
  #initialBytes: Uint8Array | undefined
  #handler: ByteDuplexHandler | undefined = undefined
  #isPaused = false
  #isEnding = false
  #closed: { readonly reason: Error | undefined } | undefined = undefined
  #isCloseReported = false

  /** `stream` is paused. */
  /** Throws a `TypeError` that names an option that is not known. */
  constructor(stream: Stream, options: StreamDuplexOptions) {
    const { clock, localAddress, remoteAddress, initialBytes } = checkOptions('options', options, NAMES)
    this.#stream = stream
    this.#clock = clock
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
    this.#initialBytes = initialBytes
    stream.carry(MAX_WINDOW_BYTES)
  }

  get bufferedBytes(): number {
    return this.#closed === undefined ? this.#stream.bufferedBytes : 0
  }

  get sendableBytes(): number {
    return this.#stream.sendableBytes
  }

  beforeFlush(callback: () => void): void {
    this.#stream.beforeFlush(callback)
  }

  handle(handler: ByteDuplexHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (this.#closed !== undefined) this.#clock.defer(() => this.#reportClose())
    else if (isFirst) this.#begin()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding || this.#closed !== undefined) return true
    const stream = this.#stream
    for (const chunk of chunks) if (chunk.length > 0) stream.writeReferenced(chunk)
    if (!stream.isFlushOwed && stream.bufferedBytes <= SMALL_WRITES_BYTES) return true
    return this.#drains.owe()
  }

  pause(): void {
    this.#isPaused = true
    if (this.#handler !== undefined) this.#stream.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#handler === undefined || this.#closed !== undefined) return
    this.#deliverInitialBytes()
    if (!this.#isPaused) this.#stream.resume()
  }

  end(): void {
    if (this.#isEnding || this.#closed !== undefined) return
    this.#isEnding = true
    this.#stream.end()
  }

  abort(reason: Error): void {
    this.#close(reason)
  }

  onData(stream: Stream, chunk: Uint8Array): void {
    if (this.#closed !== undefined) return
    if (!this.#isPaused) this.#deliver(stream, chunk)
    else {
      // A stream delivers what waits when it gets its handler.
      stream.pause()
      this.#initialBytes = concatBytes([this.#initialBytes ?? NOTHING, chunk])
    }
  }

  #deliver(stream: Stream, chunk: Uint8Array): void {
    const isKept = stream.isLent && this.#handler?.returnsChunks !== true
    // A Buffer's own `slice` would not copy.
    this.#handler?.onData(isKept ? Uint8Array.prototype.slice.call(chunk) : chunk)
  }

  onEnd(): void {
    if (this.#closed === undefined) this.#handler?.onEnd()
  }

  onReset(_stream: Stream, error: StreamError): void {
    this.#close(broken(error))
  }

  onProgress(): void {
    this.#drain()
  }

  onFlushed(): void {
    this.#drain()
  }

  onClose(_stream: Stream, error: Error | undefined): void {
    this.#close(error === undefined ? undefined : broken(error))
  }

  #begin(): void {
    this.#deliverInitialBytes()
    // The handler may have aborted the pipe, or given it to another one.
    if (this.#closed !== undefined) return
    this.#stream.handle(this)
    if (this.#isPaused) this.#stream.pause()
  }

  #deliverInitialBytes(): void {
    const bytes = this.#initialBytes
    if (bytes === undefined || this.#isPaused) return
    this.#initialBytes = undefined
    this.#handler?.onData(bytes)
  }

  #drain(): void {
    const { bufferedBytes, isFlushOwed } = this.#stream
    if (bufferedBytes > 0 || isFlushOwed) return
    this.#drains.makeDue()
    while (this.#closed === undefined && this.#drains.takeDue()) this.#handler?.onDrain()
  }

  /** Idempotent: the first reason counts. */
  #close(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#initialBytes = undefined
    this.#stream.destroy(StreamCode.CANCELLED)
    this.#clock.defer(() => this.#reportClose())
  }

  #reportClose(): void {
    if (this.#handler === undefined || this.#isCloseReported) return
    this.#isCloseReported = true
    this.#handler.onClose(this.#closed?.reason)
  }
}

function broken(cause: Error): AstraError {
  const code = (cause as Partial<StreamError>).applicationCode
  const message =
    code === StreamCode.PATH_LOST
      ? 'The tunnel broke: a node on its path has lost the next one.'
      : `The tunnel broke: ${cause.message}.`
  return new AstraError('ECONNRESET', message, { cause })
}
