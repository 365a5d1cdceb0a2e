import { DrainCounter } from './drain-counter.js'
import type { PortLike } from './port-like.js'

/** The longest message, in bytes. */
const MESSAGE_BYTES = 65_536

/** What one end of a MessagePort sends: as many bytes as the other end allows; the rest waits. */
export class PortOutbox {
  readonly #port: Pick<PortLike, 'postMessage'>
  readonly #drains = new DrainCounter()
  #credit = 0
  #chunks: Uint8Array[] = []
  #bytes = 0
  #isEnding = false
  #hasEnded = false

  constructor(port: Pick<PortLike, 'postMessage'>) {
    this.#port = port
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the end was sent. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Returns `false` when some of it waits. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding) return true
    for (const chunk of chunks) {
      if (chunk.length === 0) continue
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
    }
    this.#flush()
    return this.#bytes === 0 || this.#drains.owe()
  }

  /** The other end takes this many bytes more. */
  allow(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, Number.MAX_SAFE_INTEGER)
    this.#flush()
    if (this.#bytes === 0) this.#drains.makeDue()
  }

  /** Whether an `onDrain` is due. `true` once for each `write` that returned `false`. */
  takeDrain(): boolean {
    return this.#drains.takeDue()
  }

  /** Ends once everything has left. Idempotent. */
  end(): void {
    this.#isEnding = true
    this.#flush()
  }

  drop(): void {
    this.#chunks = []
    this.#bytes = 0
    this.#isEnding = true
    this.#hasEnded = true
  }

  #flush(): void {
    while (this.#bytes > 0 && this.#credit > 0) {
      const message = this.#gather(Math.min(this.#bytes, this.#credit, MESSAGE_BYTES))
      this.#credit -= message.length
      this.#bytes -= message.length
      this.#port.postMessage(message, [message.buffer])
    }
    if (!this.#isEnding || this.#hasEnded || this.#bytes > 0) return
    this.#hasEnded = true
    this.#port.postMessage(null, [])
  }

  /** Copies the next `length` bytes: the message is transferred, and the chunks stay the writer's. */
  #gather(length: number): Uint8Array<ArrayBuffer> {
    const message = new Uint8Array(length)
    let [filled, used] = [0, 0]
    while (filled < length) {
      const chunk = this.#chunks[used] as Uint8Array
      const part = chunk.subarray(0, length - filled)
      message.set(part, filled)
      filled += part.length
      if (part.length === chunk.length) used++
      else this.#chunks[used] = chunk.subarray(part.length)
    }
    this.#chunks.splice(0, used)
    return message
  }
}
