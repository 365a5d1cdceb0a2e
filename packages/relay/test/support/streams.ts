import type { Stream, StreamError } from '@astranet/mux'
import type { Opened } from './chain.js'

/** Takes over one end of a tunnel and notes what happens to it. */
export class Tap {
  readonly stream: Stream
  receivedBytes = 0
  readonly chunks: Uint8Array[] = []
  hasEnded = false
  reset: StreamError | undefined = undefined
  stopped: StreamError | undefined = undefined
  isClosed = false
  #waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []

  /** `isReading`: otherwise it is paused at once, and gives no credit. */
  constructor({ stream, initialBytes }: Opened, { isReading = true }: { readonly isReading?: boolean } = {}) {
    this.stream = stream
    // As the ends of tunnels do.
    stream.carry(16_777_216)
    if (initialBytes !== undefined) this.#take(initialBytes)
    stream.handle({
      onData: (_, chunk) => this.#take(stream.isLent ? chunk.slice() : chunk),
      onEnd: () => this.#note(() => (this.hasEnded = true)),
      onReset: (_, error) => this.#note(() => (this.reset = error)),
      onStopSending: (_, error) => this.#note(() => (this.stopped = error)),
      onClose: () => this.#note(() => (this.isClosed = true)),
      onWritable: () => this.#note(() => undefined),
    })
    if (!isReading) stream.pause()
  }

  /** Resolves when the condition holds, looked at after each event. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ isDone, resolve }))
  }

  #take(chunk: Uint8Array): void {
    this.#note(() => {
      this.receivedBytes += chunk.length
      if (this.receivedBytes <= 1 << 20) this.chunks.push(chunk)
    })
  }

  #note(change: () => void): void {
    change()
    const done = this.#waiting.filter(({ isDone }) => isDone())
    this.#waiting = this.#waiting.filter((each) => !done.includes(each))
    for (const { resolve } of done) resolve()
  }
}
