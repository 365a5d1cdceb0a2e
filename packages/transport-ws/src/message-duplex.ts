import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler, PipeSecurity } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { DrainCounter } from '@astranet/interface/transport-tools'
import { messagesOf } from './messages.js'

/** Something that carries messages in order: a WebSocket of any runtime. */
export interface MessagePipe {
  /** Bytes sent and not yet handed to the system. */
  readonly bufferedBytes: number
  /** Sends messages. Returns `false` when some wait: they must not change until `sent`. */
  send(messages: readonly Uint8Array[]): boolean
  /** Stops messages soon. Idempotent, as is `resume`. */
  pause(): void
  resume(): void
  /** Closes once everything has been sent. */
  close(): void
  /** Closes at once. */
  cut(): void
  /** As a byte duplex's. Browsers have none. */
  linger?(ms: number): void
  /** As a byte duplex's. Browsers have none. */
  ref?(): void
  unref?(): void
}

/** What a {@link MessageDuplex} is like. */
export interface MessageDuplexOptions {
  readonly localAddress: string
  readonly remoteAddress: string
  /** Default: nothing is known. */
  readonly security?: PipeSecurity | undefined
}

/**
 * A byte duplex over messages; their boundaries mean nothing. Its pipe reports with `received`, `sent` and `closed`.
 *
 * What arrives without a handler, or while paused, waits in a queue, and the pipe is paused.
 */
export class MessageDuplex implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities = { halfClose: false }
  readonly localAddress: string
  readonly remoteAddress: string
  readonly security?: PipeSecurity
  readonly #pipe: MessagePipe
  readonly #queue = new FifoQueue<Uint8Array>()
  readonly #drains = new DrainCounter()
  #handler: ByteDuplexHandler | undefined
  #isPaused = false
  #isEnding = false
  #closed: { readonly reason: Error | undefined } | undefined
  #isCloseReported = false

  constructor(pipe: MessagePipe, { security, localAddress, remoteAddress }: MessageDuplexOptions) {
    this.#pipe = pipe
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
    if (security !== undefined) this.security = security
  }

  get bufferedBytes(): number {
    return this.#closed === undefined ? this.#pipe.bufferedBytes : 0
  }

  handle(handler: ByteDuplexHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (!isFirst) return
    if (this.#closed === undefined) this.#deliver()
    else queueMicrotask(() => this.#deliver())
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding || this.#closed !== undefined) return true
    const messages = messagesOf(chunks)
    return messages.length === 0 || this.#pipe.send(messages) || this.#drains.owe()
  }

  pause(): void {
    this.#isPaused = true
    this.#pipe.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#handler !== undefined) this.#deliver()
  }

  end(): void {
    if (this.#isEnding || this.#closed !== undefined) return
    this.#isEnding = true
    this.#queue.clear()
    this.#pipe.close()
    // The peer's close comes after everything that it has sent, which is read and dropped.
    this.resume()
  }

  linger(ms: number): void {
    this.#pipe.linger?.(ms)
  }

  ref(): void {
    this.#pipe.ref?.()
  }

  unref(): void {
    this.#pipe.unref?.()
  }

  abort(reason: Error): void {
    if (this.#isCloseReported) return
    this.#queue.clear()
    this.#isPaused = false
    if (this.#closed === undefined) {
      this.#closed = { reason }
      this.#pipe.cut()
    }
    queueMicrotask(() => this.#deliver())
  }

  /** A message has arrived. */
  received(bytes: Uint8Array): void {
    if (this.#closed !== undefined || this.#isEnding || bytes.length === 0) return
    if (this.#handler !== undefined && !this.#isPaused && this.#queue.size === 0) {
      this.#handler.onData(bytes)
      return
    }
    this.#queue.push(bytes)
    this.#pipe.pause()
  }

  /** Everything sent was handed to the system. */
  sent(): void {
    this.#drains.makeDue()
    while (this.#closed === undefined && this.#drains.takeDue()) this.#handler?.onDrain()
  }

  /** The pipe is closed; `reason` is `undefined` after a clean close. */
  closed(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#deliver()
  }

  #deliver(): void {
    while (this.#handler !== undefined && !this.#isPaused) {
      const bytes = this.#queue.shift()
      if (bytes === undefined) break
      this.#handler.onData(bytes)
    }
    if (this.#handler === undefined || this.#isPaused || this.#queue.size > 0) return
    if (this.#closed === undefined) this.#pipe.resume()
    else if (!this.#isCloseReported) {
      this.#isCloseReported = true
      this.#handler.onClose(this.#closed.reason)
    }
  }
}
