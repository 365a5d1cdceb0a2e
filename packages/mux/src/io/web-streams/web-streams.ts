import { toError } from '@astranet/interface'
import { checkOptions, type OptionNames } from '@astranet/interface/check'
import { StreamError } from '../../proto/session/errors.js'
import { deliveredBytes } from '../../proto/receive/credit.js'
import type { Stream, StreamHandler } from '../../proto/stream/stream.js'
import type { WebStreams, WebStreamsErrorOf, WebStreamsOptions } from './web-streams-options.js'

const NAMES: OptionNames<WebStreamsOptions> = { initialBytes: true, errorOf: true }

/**
 * Makes a stream a pair of Web Streams. `cancel` sends STOP_SENDING, `abort` RESET_STREAM, `close` FIN; the peer's
 * reset errors the readable, its STOP_SENDING the writable. A write resolves when its bytes are the caller's again.
 * The stream's handler and context belong to the pair. Throws a TypeError that names an option that is not known.
 */
export function toWebStreams(stream: Stream, options: WebStreamsOptions = {}): WebStreams {
  const sides = new Sides(stream, checkOptions('options', options, NAMES))
  const { readable, writable, closed } = sides
  return { readable, writable, closed, destroy: () => sides.destroy() }
}

class Sides {
  readonly stream: Stream
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  readonly closed: Promise<void>
  #resolveClosed!: () => void
  #rejectClosed!: (error: Error) => void
  #reader!: ReadableStreamDefaultController<Uint8Array>
  #writer!: WritableStreamDefaultController
  readonly #errorOf: WebStreamsErrorOf
  #isReadEnded = false
  #isWriteEnded = false
  /** The peer's reset. */
  #resetError: Error | undefined = undefined
  /** The peer reads no more; the writable fails in the next microtask. */
  #isStopping = false
  /** Resolves or rejects the write whose bytes have not come back. */
  #finishWrite: ((error: unknown) => void) | undefined = undefined
  /** Why that write fails when they do. */
  #writeError: unknown = undefined
  #pushedBytes = 0
  /** Chunks that were written to the writable and have not reached `#write`. */
  #queuedWrites = 0

  constructor(stream: Stream, { initialBytes, errorOf = (error) => error }: WebStreamsOptions) {
    this.stream = stream
    this.#errorOf = errorOf
    this.closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve
      this.#rejectClosed = reject
    })
    // Reading and writing report the error too, so a caller that ignores `closed` misses nothing.
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
          this.#queuedWrites -= 1
          return this.#write(chunk)
        },
        close: () => this.#close(),
      },
      {
        highWaterMark: 1,
        // Called once for each chunk that is written.
        size: () => {
          this.#queuedWrites += 1
          return 1
        },
      },
    )
    stream.context = this
    stream.manualCredit = true
    if (initialBytes !== undefined && initialBytes.length > 0) {
      this.#pushedBytes = Math.min(initialBytes.length, deliveredBytes(stream))
      this.#reader.enqueue(new Uint8Array(initialBytes))
    }
    if (!stream.canReceive) this.end()
    if (!stream.canSend)
      this.failWriting(new TypeError('the stream is unidirectional and opened by the peer'))
    stream.handle(sidesHandler)
    if (!this.#isReadEnded && (this.#reader.desiredSize ?? 0) <= 0) stream.pause()
  }

  received(chunk: Uint8Array): void {
    this.#pushedBytes += chunk.length
    this.#reader.enqueue(new Uint8Array(chunk))
    if ((this.#reader.desiredSize ?? 0) > 0) return
    this.stream.pause()
    this.stream.widen()
  }

  end(): void {
    if (this.#isReadEnded) return
    this.#isReadEnded = true
    this.#reader.close()
  }

  /** The peer has reset its direction. */
  reset(error: Error): void {
    this.#resetError ??= error
    this.failReading(error)
  }

  /**
   * The peer reads no more. When it gives up both directions, its reset follows at once: the writable fails when both
   * are known.
   */
  stopped(error: Error): void {
    this.#isStopping = true
    queueMicrotask(() => {
      this.#isStopping = false
      this.failWriting(error)
    })
  }

  failReading(error: Error): void {
    if (this.#isReadEnded) return
    this.#isReadEnded = true
    this.#reader.error(this.#errorOf(error, 'read', this.#resetError))
  }

  failWriting(error: Error): void {
    const reported = this.#errorOf(error, 'write', this.#resetError)
    if (!this.#isWriteEnded) {
      this.#isWriteEnded = true
      this.#writer.error(reported)
    }
    this.#writeError ??= reported
    this.released()
  }

  /** The bytes of the write in flight are the caller's again, or there is room for more. */
  released(): void {
    if (this.stream.isFlushOwed || this.#isStopping) return
    const finish = this.#finishWrite
    this.#finishWrite = undefined
    finish?.(this.#writeError)
  }

  /** Both directions have ended. */
  streamClosed(error: Error | undefined): void {
    this.#isStopping = false
    const reason = error === undefined ? givenUp(this.stream) : (this.#resetError ?? error)
    this.failReading(reason)
    this.failWriting(error ?? reason)
    const syscall = reason === this.#resetError ? 'read' : 'write'
    if (error === undefined) this.#resolveClosed()
    else this.#rejectClosed(this.#errorOf(reason, syscall, this.#resetError))
  }

  destroy(): void {
    const { stream } = this
    // After an end the peer would believe that all of them arrived.
    if (this.#queuedWrites > 0 && stream.canWrite && stream.host.peer.resetStreamAt)
      stream.resetAt(stream.sentBytes + stream.bufferedBytes)
    else if (this.#queuedWrites > 0 && stream.canWrite) stream.reset()
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
    this.#isReadEnded = true
    this.stream.stopSending()
  }

  #startWriting(controller: WritableStreamDefaultController): void {
    this.#writer = controller
    // The sink's own `abort` would come only after a write in flight, which may wait for the peer.
    controller.signal.addEventListener('abort', () => {
      this.#isWriteEnded = true
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
      // It breaks the writable; the peer must not take what it has for the whole.
      this.#isWriteEnded = true
      stream.reset()
      throw error
    }
    return new Promise((resolve, reject) => {
      this.#finishWrite = (error) => (error === undefined ? resolve() : reject(toError(error)))
    })
  }

  #close(): void {
    this.#isWriteEnded = true
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
  onClose: (stream, error) => sidesOf(stream).streamClosed(error),
}

function givenUp(stream: Stream): StreamError {
  return new StreamError('ECONNABORTED', `stream ${stream.id} was given up by this side`)
}

function sidesOf(stream: Stream): Sides {
  return stream.context as Sides
}
