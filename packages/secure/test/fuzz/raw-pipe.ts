import { concatBytes, type ByteDuplex, type ByteDuplexHandler } from '@astranet/interface'
import { must } from './must.js'

/** A byte pipe whose other end is the test: it delivers what it likes, and sees every call. */
export class RawPipe implements ByteDuplex {
  readonly capabilities: { readonly halfClose: boolean }
  readonly localAddress = 'victim'
  readonly remoteAddress = 'attacker'
  readonly bufferedBytes = 0
  /** What was written: each call of `writev` is one. */
  readonly writes: Uint8Array[] = []
  readonly #received: Uint8Array[] = []
  isPaused = false
  /** Why this end was aborted. */
  abortReason: Error | undefined
  #hasEnded = false
  #hasReadEnd = false
  #isClosed = false
  #handler: ByteDuplexHandler | undefined

  constructor(halfClose: boolean) {
    this.capabilities = { halfClose }
  }

  /** All bytes that were delivered. */
  get received(): Uint8Array {
    return concatBytes(this.#received)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether nothing more can be delivered. */
  get isOver(): boolean {
    return this.#isClosed || this.abortReason !== undefined
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (!this.isOver && !this.#hasEnded) this.writes.push(concatBytes([...chunks]))
    return true
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    if (this.isOver || this.#hasEnded) return
    this.#hasEnded = true
    if (this.#hasReadEnd || !this.capabilities.halfClose) queueMicrotask(() => this.close(undefined))
  }

  abort(reason: Error): void {
    if (this.isOver) return
    this.abortReason = reason
    queueMicrotask(() => this.close(reason))
  }

  /** Delivers a chunk, which nobody changes afterwards. */
  deliver(chunk: Uint8Array): void {
    must(!this.isOver && !this.#hasReadEnd, 'the test delivers to a pipe that is over')
    if (chunk.length === 0) return
    this.#received.push(chunk)
    this.#handler?.onData(chunk)
  }

  /** The attacker ends its direction, or both where the pipe cannot do one alone. */
  endByPeer(): void {
    if (this.isOver || this.#hasReadEnd) return
    if (!this.capabilities.halfClose) return this.close(undefined)
    this.#hasReadEnd = true
    this.#handler?.onEnd()
    if (this.#hasEnded) this.close(undefined)
  }

  /** The pipe closes. */
  close(reason: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#handler?.onClose(reason)
  }
}
