import type { StreamError } from '../proto/errors.js'
import type { Stream, StreamHandler } from '../proto/stream.js'

/** A stream as a pair of WHATWG streams of `Uint8Array`. A direction that the stream has not is closed from the start. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/**
 * Makes a stream a pair of Web Streams. `cancel` is STOP_SENDING, `abort` is RESET_STREAM, `close` is FIN; the peer's
 * reset errors the readable, its STOP_SENDING the writable. The stream's handler and context belong to the pair.
 */
export function toWebStreams(stream: Stream): WebStreams {
  const sides = new Sides(stream)
  return { readable: sides.readable, writable: sides.writable }
}

class Sides {
  readonly stream: Stream
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  #reader!: ReadableStreamDefaultController<Uint8Array>
  #writer!: WritableStreamDefaultController
  #isReadOver = false
  #writeDone: (() => void) | undefined = undefined
  #pushedBytes = 0

  constructor(stream: Stream) {
    this.stream = stream
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#reader = controller),
      pull: () => this.#pull(),
      cancel: () => stream.stopSending(),
    })
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => void (this.#writer = controller),
      write: (chunk) => this.#write(chunk),
      close: () => stream.end(),
      abort: () => stream.reset(),
    })
    stream.context = this
    stream.manualCredit = true
    if (!stream.canReceive) this.end()
    if (!stream.canSend)
      this.#writer.error(new TypeError('the stream is unidirectional and opened by the peer'))
    stream.handle(sidesHandler)
    if (!this.#isReadOver) stream.pause()
  }

  received(chunk: Uint8Array): void {
    this.#pushedBytes += chunk.length
    this.#reader.enqueue(chunk.slice())
    if ((this.#reader.desiredSize ?? 0) <= 0) this.stream.pause()
  }

  end(): void {
    if (this.#isReadOver) return
    this.#isReadOver = true
    this.#reader.close()
  }

  failReading(error: Error): void {
    if (this.#isReadOver) return
    this.#isReadOver = true
    this.#reader.error(error)
  }

  failWriting(error: Error): void {
    this.#writer.error(error)
    this.released()
  }

  released(): void {
    const done = this.#writeDone
    this.#writeDone = undefined
    done?.()
  }

  #pull(): void {
    const taken = this.#pushedBytes
    this.#pushedBytes = 0
    if (taken > 0) this.stream.consume(taken)
    this.stream.resume()
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    const isWritable = this.stream.writeReferenced(chunk)
    if ((isWritable && !this.stream.isFlushOwed) || this.stream.isClosed) return undefined
    return new Promise((resolve) => (this.#writeDone = resolve))
  }
}

const sidesHandler: StreamHandler = {
  onData: (stream, chunk) => sidesOf(stream).received(chunk),
  onEnd: (stream) => sidesOf(stream).end(),
  onReset: (stream, error) => sidesOf(stream).failReading(error),
  onStopSending: (stream, error: StreamError) => sidesOf(stream).failWriting(error),
  onWritable(stream) {
    if (!stream.isFlushOwed) sidesOf(stream).released()
  },
  onFlushed: (stream) => sidesOf(stream).released(),
  onClose(stream, error) {
    if (error === undefined) return
    sidesOf(stream).failReading(error)
    sidesOf(stream).failWriting(error)
  },
}

function sidesOf(stream: Stream): Sides {
  return stream.context as Sides
}
