import { FifoQueue } from './fifo-queue.js'
import type { PortLike } from './port-like.js'

/** What the other end may send beyond what was taken, in bytes: enough for 1 GB/s at a round trip of 1 ms. */
const WINDOW_BYTES = 1_048_576

/** The least credit in one message, in bytes: a credit message for each chunk would double the number of messages. */
const CREDIT_STEP_BYTES = WINDOW_BYTES / 4

/** What one end of a MessagePort receives: at most {@link WINDOW_BYTES} wait. */
export class PortInbox {
  isPaused = false
  readonly #port: Pick<PortLike, 'postMessage'>
  readonly #chunks = new FifoQueue<Uint8Array>()
  /** What the other end may still send. */
  #allowed = WINDOW_BYTES
  /** Bytes that were taken and not yet allowed again. */
  #taken = 0
  #isComplete = false
  #hasEnded = false
  #isDelivering = false

  constructor(port: Pick<PortLike, 'postMessage'>) {
    this.#port = port
    port.postMessage(WINDOW_BYTES, [])
  }

  /** Whether the end has arrived, perhaps behind bytes that wait. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether the end was delivered. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Takes bytes, or `null` for the end. Returns what is wrong with the message, if anything. */
  take(message: ArrayBufferView | null): string | undefined {
    if (this.#isComplete) return 'more after its end'
    if (message === null) {
      this.#isComplete = true
      return undefined
    }
    this.#allowed -= message.byteLength
    if (this.#allowed < 0) return 'more bytes than it was allowed to'
    if (message.byteLength === 0) return 'no bytes'
    this.#chunks.push(ownBytes(message))
    return undefined
  }

  /** Hands on what has arrived, until paused. */
  deliver(onData: (chunk: Uint8Array) => void, onEnd: () => void): void {
    if (this.#isDelivering) return
    this.#isDelivering = true
    while (!this.isPaused) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) break
      // The receiver owns the chunk from then on, and may have released its memory.
      const { length } = chunk
      onData(chunk)
      this.#allowAgain(length)
    }
    if (!this.isPaused && this.#isComplete && !this.#hasEnded && this.#chunks.size === 0) {
      this.#hasEnded = true
      onEnd()
    }
    this.#isDelivering = false
  }

  drop(): void {
    this.#chunks.clear()
    this.#isComplete = true
    this.#hasEnded = true
  }

  #allowAgain(bytes: number): void {
    this.#taken += bytes
    if (this.#taken < CREDIT_STEP_BYTES || this.#isComplete) return
    this.#port.postMessage(this.#taken, [])
    this.#allowed += this.#taken
    this.#taken = 0
  }
}

/** The bytes of a message in a buffer that holds nothing else and is not shared. */
function ownBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? bytes : bytes.slice()
}
