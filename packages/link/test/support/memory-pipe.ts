import {
  AstraError,
  type ByteDuplex,
  type ByteDuplexHandler,
  type Clock,
  type PipeSecurity,
} from '@astranet/interface'

/**
 * One end of a pipe in memory. It does not know its own address, so a peer needs none for a private pipe.
 * What is written arrives a turn later, in pieces of at most `pieceBytes`. It does not
 * pause, as a WebSocket in a browser.
 */
export class MemoryEnd implements ByteDuplex {
  readonly capabilities = { halfClose: true }
  readonly localAddress: string = ''
  readonly remoteAddress: string
  readonly bufferedBytes = 0
  /** Private unless a test changes it: what links write behind the handshake can then be read. */
  security: PipeSecurity = { isPrivate: true }
  /** The bytes that this end wrote. */
  readonly written: number[] = []
  other!: MemoryEnd
  isClosed = false
  readonly #clock: Clock
  readonly #pieceBytes: number
  #handler: ByteDuplexHandler | undefined = undefined
  #waiting: ((handler: ByteDuplexHandler) => void)[] = []
  #hasEnded = false

  constructor(clock: Clock, options: { remoteAddress: string; pieceBytes: number }) {
    this.#clock = clock
    this.#pieceBytes = options.pieceBytes
    this.remoteAddress = options.remoteAddress
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    this.#clock.defer(() => this.#deliver())
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#hasEnded || this.isClosed) return true
    for (const chunk of chunks) {
      this.written.push(...chunk)
      for (let at = 0; at < chunk.length; at += this.#pieceBytes) {
        const piece = chunk.slice(at, at + this.#pieceBytes)
        this.other.#later((handler) => handler.onData(piece))
      }
    }
    return true
  }

  pause(): void {}
  resume(): void {}

  end(): void {
    if (this.#hasEnded || this.isClosed) return
    this.#hasEnded = true
    this.other.#later((handler) => handler.onEnd())
    if (!this.other.#hasEnded) return
    this.#close(undefined)
    this.other.#close(undefined)
  }

  abort(reason: Error): void {
    this.#close(reason)
    this.other.#close(new AstraError('ECONNRESET', 'the pipe was cut'))
  }

  #close(reason: Error | undefined): void {
    if (this.isClosed) return
    if (reason !== undefined) this.#waiting = []
    this.#later((handler) => handler.onClose(reason))
    this.isClosed = true
  }

  #later(call: (handler: ByteDuplexHandler) => void): void {
    if (this.isClosed) return
    this.#waiting.push(call)
    this.#clock.defer(() => this.#deliver())
  }

  #deliver(): void {
    if (this.#handler === undefined) return
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift())
      call(this.#handler)
  }
}

/** Both ends of a pipe. */
export function memoryPipe(clock: Clock, pieceBytes = Infinity): [MemoryEnd, MemoryEnd] {
  const left = new MemoryEnd(clock, { remoteAddress: '10.0.0.2:2', pieceBytes })
  const right = new MemoryEnd(clock, { remoteAddress: '10.0.0.1:1', pieceBytes })
  left.other = right
  right.other = left
  return [left, right]
}
