import { toError } from '@astranet/interface'
import { StreamError } from '../proto/session/errors.js'
import { deliveredBytes } from '../proto/receive/credit.js'
import type { Stream, StreamHandler } from '../proto/stream/stream.js'

/** A stream as a pair of WHATWG streams of `Uint8Array`. A direction that the stream has not is closed from the start. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  /**
   * Settles when both directions are over: rejects with the first error that either had, but with the peer's reset rather
   * than with its STOP_SENDING; resolves when they ended or were given up here. Nobody needs to catch it.
   */
  readonly closed: Promise<void>
  /**
   * Closes both directions as a kernel closes a socket (`Stream.close`): what waits on either side of the pair fails with
   * `ECONNABORTED`. What was written still reaches the peer, and its readable ends after it; where more waits than is kept,
   * the peer gets what is kept and then a reset, so that it never takes a part for the whole. Idempotent.
   */
  destroy(): void
}

/** See {@link WebStreamsOptions.errorOf}. */
type WebStreamsErrorOf = (error: Error, syscall: 'read' | 'write', reset: Error | undefined) => Error

/** Settings of {@link toWebStreams}. */
export interface WebStreamsOptions {
  /**
   * Bytes that were read from the stream already, behind a header for example: they come first. As far as they do not
   * count as consumed yet, which is so while the `onData` that brought them has not returned, or with `manualCredit`, they
   * will when the application takes them.
   */
  initialBytes?: Uint8Array | undefined
  /**
   * What the application is told of an error of the stream, in reading or in writing. `reset` is the peer's reset, when one
   * came, also along with its STOP_SENDING. Default: the error itself.
   */
  errorOf?: WebStreamsErrorOf
}

/**
 * Makes a stream a pair of Web Streams. `cancel` is STOP_SENDING, `abort` is RESET_STREAM, `close` is FIN; the peer's
 * reset errors the readable, its STOP_SENDING the writable. A write resolves when its bytes are the caller's again. The
 * stream's handler and context belong to the pair.
 */
export function toWebStreams(stream: Stream, options: WebStreamsOptions = {}): WebStreams {
  const sides = new Sides(stream, options)
  const { readable, writable, closed } = sides
  return { readable, writable, closed, destroy: () => sides.destroy() }
}

class Sides {
  readonly stream: Stream
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  readonly closed: Promise<void>
  #settle!: (error: Error | undefined) => void
  #reader!: ReadableStreamDefaultController<Uint8Array>
  #writer!: WritableStreamDefaultController
  readonly #errorOf: WebStreamsErrorOf
  #isReadOver = false
  #isWriteOver = false
  /** Why the peer sends no more. */
  #resetError: Error | undefined = undefined
  /** The peer reads no more; the writable is about to be told. */
  #isStopping = false
  /** Settles the write whose bytes have not come back. */
  #writeDone: ((error: unknown) => void) | undefined = undefined
  /** What that write is to be told when they do. */
  #writeError: unknown = undefined
  #pushedBytes = 0
  /** Chunks that were written to the writable and have not come here. */
  #keptBack = 0

  constructor(stream: Stream, { initialBytes, errorOf = (error) => error }: WebStreamsOptions) {
    this.stream = stream
    this.#errorOf = errorOf
    this.closed = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error))
    })
    // Reading and writing tell the error too: who does not ask here has not missed it.
    this.closed.catch(() => undefined)
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#reader = controller),
      pull: () => this.#pull(),
      cancel: () => this.#cancel(),
    })
    this.writable = new WritableStream<Uint8Array>(
      {
        start: (controller) => this.#startWriting(controller),
        write: (chunk) => {
          this.#keptBack -= 1
          return this.#write(chunk)
        },
        close: () => this.#close(),
      },
      {
        highWaterMark: 1,
        // Called once for each chunk that is written.
        size: () => {
          this.#keptBack += 1
          return 1
        },
      },
    )
    stream.context = this
    stream.manualCredit = true
    if (initialBytes !== undefined && initialBytes.length > 0) {
      this.#pushedBytes = Math.min(initialBytes.length, deliveredBytes(stream))
      this.#reader.enqueue(initialBytes.slice())
    }
    if (!stream.canReceive) this.end()
    if (!stream.canSend)
      this.failWriting(new TypeError('the stream is unidirectional and opened by the peer'))
    stream.handle(sidesHandler)
    if (!this.#isReadOver && (this.#reader.desiredSize ?? 0) <= 0) stream.pause()
  }

  received(chunk: Uint8Array): void {
    this.#pushedBytes += chunk.length
    this.#reader.enqueue(chunk.slice())
    if ((this.#reader.desiredSize ?? 0) > 0) return
    this.stream.pause()
    this.stream.widen()
  }

  end(): void {
    if (this.#isReadOver) return
    this.#isReadOver = true
    this.#reader.close()
  }

  /** The peer has reset its direction. */
  reset(error: Error): void {
    this.#resetError ??= error
    this.failReading(error)
  }

  /** The peer reads no more. One that breaks off says so just before its reset: the writable is told when both are known. */
  stopped(error: Error): void {
    this.#isStopping = true
    queueMicrotask(() => {
      this.#isStopping = false
      this.failWriting(error)
    })
  }

  failReading(error: Error): void {
    if (this.#isReadOver) return
    this.#isReadOver = true
    this.#reader.error(this.#errorOf(error, 'read', this.#resetError))
  }

  failWriting(error: Error): void {
    const told = this.#errorOf(error, 'write', this.#resetError)
    if (!this.#isWriteOver) {
      this.#isWriteOver = true
      this.#writer.error(told)
    }
    this.#writeError ??= told
    this.released()
  }

  /** The bytes of the write under way are the caller's again, or there is room for more. */
  released(): void {
    if (this.stream.isFlushOwed || this.#isStopping) return
    const done = this.#writeDone
    this.#writeDone = undefined
    done?.(this.#writeError)
  }

  over(error: Error | undefined): void {
    this.#isStopping = false
    const reason = error === undefined ? givenUp(this.stream) : (this.#resetError ?? error)
    this.failReading(reason)
    this.failWriting(error ?? reason)
    const syscall = reason === this.#resetError ? 'read' : 'write'
    this.#settle(error === undefined ? undefined : this.#errorOf(reason, syscall, this.#resetError))
  }

  destroy(): void {
    const { stream } = this
    // An end would say that all of them arrived.
    if (this.#keptBack > 0 && stream.canWrite && stream.host.peer.resetStreamAt)
      stream.resetAt(stream.sentBytes + stream.bufferedBytes)
    else if (this.#keptBack > 0 && stream.canWrite) stream.reset()
    stream.close()
    this.#isStopping = false
    this.failReading(givenUp(stream))
    this.failWriting(givenUp(stream))
  }

  #pull(): void {
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
  }

  #cancel(): void {
    this.#isReadOver = true
    this.stream.stopSending()
  }

  #startWriting(controller: WritableStreamDefaultController): void {
    this.#writer = controller
    // The sink's own `abort` would come only after a write under way, which may wait for the peer.
    controller.signal.addEventListener('abort', () => {
      this.#isWriteOver = true
      this.#writeError ??= controller.signal.reason
      if (this.stream.canSend) this.stream.reset()
      this.released()
    })
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    const { stream } = this
    try {
      if (!stream.canWrite)
        throw this.#errorOf(
          new StreamError('EPIPE', `stream ${stream.id} cannot be written to any more`),
          'write',
          this.#resetError,
        )
      if (stream.writeReferenced(chunk) && !stream.isFlushOwed) return undefined
    } catch (error) {
      // The writable is broken by it; the peer must not take what it has for the whole.
      this.#isWriteOver = true
      stream.reset()
      throw error
    }
    return new Promise((resolve, reject) => {
      this.#writeDone = (error) => (error === undefined ? resolve() : reject(toError(error)))
    })
  }

  #close(): void {
    this.#isWriteOver = true
    this.stream.end()
  }
}

const sidesHandler: StreamHandler = {
  onData: (stream, chunk) => sidesOf(stream).received(chunk),
  onEnd: (stream) => sidesOf(stream).end(),
  onReset: (stream, error) => sidesOf(stream).reset(error),
  onStopSending: (stream, error) => sidesOf(stream).stopped(error),
  onWritable: (stream) => sidesOf(stream).released(),
  onFlushed: (stream) => sidesOf(stream).released(),
  onClose: (stream, error) => sidesOf(stream).over(error),
}

function givenUp(stream: Stream): StreamError {
  return new StreamError('ECONNABORTED', `stream ${stream.id} was given up by this side`)
}

function sidesOf(stream: Stream): Sides {
  return stream.context as Sides
}
