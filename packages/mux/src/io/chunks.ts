import { StreamError } from '../proto/session/errors.js'
import type { Stream, StreamHandler } from '../proto/stream/stream.js'

/**
 * The bytes of a stream by async iteration, with back-pressure: while the loop's body runs nothing more is delivered,
 * and credit returns with the next step. The loop ends with the peer's end and throws the stream's error; leaving it
 * early is `stopSending`. The stream's handler and context belong to the iteration.
 */
export async function* chunksOf(stream: Stream): AsyncGenerator<Uint8Array, void, void> {
  const inbox = new Inbox(stream)
  try {
    for (;;) {
      const chunk = await inbox.next()
      if (chunk === undefined) return
      yield chunk
      stream.consume(chunk.length)
    }
  } finally {
    stream.stopSending()
  }
}

/** Holds at most one chunk; the rest waits in the stream. */
class Inbox {
  readonly #stream: Stream
  #chunk: Uint8Array | undefined = undefined
  #isEnded = false
  #error: Error | undefined = undefined
  #wake: (() => void) | undefined = undefined

  constructor(stream: Stream) {
    this.#stream = stream
    stream.context = this
    stream.manualCredit = true
    stream.handle(inboxHandler)
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#chunk === undefined && !this.#isEnded) {
      this.#stream.resume()
      if (this.#chunk !== undefined || this.#isEnded) break
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const chunk = this.#chunk
    this.#chunk = undefined
    if (chunk === undefined && this.#error !== undefined) throw this.#error
    return chunk
  }

  put(chunk: Uint8Array): void {
    this.#stream.pause()
    this.#chunk = new Uint8Array(chunk)
    this.#signal()
  }

  finish(error: Error | undefined): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#error = error
    this.#signal()
  }

  #signal(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

const inboxHandler: StreamHandler = {
  onData: (stream, chunk) => (stream.context as Inbox).put(chunk),
  onEnd: (stream) => (stream.context as Inbox).finish(undefined),
  onReset: (stream, error) => (stream.context as Inbox).finish(error),
  onClose: (stream, error) => (stream.context as Inbox).finish(error ?? givenUp(stream)),
}

/** The stream closed without an end of the peer: this side stopped it, and not by leaving the loop. */
function givenUp(stream: Stream): StreamError {
  return new StreamError('ECONNABORTED', `stream ${stream.id} was given up by this side`)
}
