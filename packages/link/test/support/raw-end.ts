import type { ByteDuplexHandler } from '@astranet/interface'
import { frameMessage } from '@astranet/secure/proto'
import type { MemoryEnd } from './memory-pipe.js'

/** The end of a pipe at which a test reads and writes bytes. */
export class RawEnd implements ByteDuplexHandler {
  readonly end: MemoryEnd
  hasEnded = false
  closes: (Error | undefined)[] = []
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(end: MemoryEnd) {
    this.end = end
    end.handle(this)
  }

  /** What has arrived and was not taken. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  write(...chunks: Uint8Array[]): void {
    this.end.writev(chunks)
  }

  /** Writes a message of the handshake. */
  send(message: Uint8Array): void {
    this.write(frameMessage(message))
  }

  /** The next `length` bytes, which must have arrived. */
  take(length: number): Uint8Array {
    if (this.#bytes.length < length)
      throw new Error(`only ${this.#bytes.length} of ${length} bytes have arrived`)
    const taken = this.#bytes.slice(0, length)
    this.#bytes = this.#bytes.slice(length)
    return taken
  }

  /** The next message of the handshake, which must have arrived. */
  takeMessage(): Uint8Array {
    const [high = 0, low = 0] = this.take(2)
    return this.take(high * 256 + low)
  }

  /** The code of the refusal that has arrived. */
  takeRefusal(): number | undefined {
    const [high, low, code] = this.take(3)
    return high === 0 && low === 0 ? code : undefined
  }

  onData(chunk: Uint8Array): void {
    this.#bytes = Uint8Array.from([...this.#bytes, ...chunk])
  }

  onDrain(): void {}

  onEnd(): void {
    this.hasEnded = true
  }

  onClose(reason: Error | undefined): void {
    this.closes.push(reason)
  }
}
