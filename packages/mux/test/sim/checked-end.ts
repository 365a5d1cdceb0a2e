import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from '@astranet/interface'
import { must } from './sim-failure.js'

/** What may be done to bytes on their way, to see whether the simulation notices. */
export type Sabotage = (chunks: readonly Uint8Array[]) => readonly Uint8Array[]

interface Held {
  readonly chunk: Uint8Array
  readonly copy: Uint8Array
}

/**
 * One end of a simulated link, as strict as a socket: what was given to a `writev` that returned false must not
 * change until it has drained, nothing is written behind an end, and there is at most one flush under way. It can
 * also lose its connection for a while.
 */
export class CheckedEnd implements ByteDuplex, ByteDuplexHandler {
  readonly localAddress = ''
  readonly remoteAddress = ''
  readonly #inner: ByteDuplex
  readonly #sabotage: Sabotage | undefined
  #handler: ByteDuplexHandler | undefined
  #held: Held[] = []
  /** Whether a flush is under way. */
  isAwaitingDrain = false
  #hasEnded = false
  isClosed = false

  constructor(inner: ByteDuplex, sabotage: Sabotage | undefined) {
    this.#inner = inner
    this.#sabotage = sabotage
  }

  get capabilities(): ByteDuplexCapabilities {
    return this.#inner.capabilities
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    this.#inner.handle(this)
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    must(!this.isAwaitingDrain, 'a flush was written before the last one had drained')
    must(!this.#hasEnded, 'something was written behind the end')
    must(chunks.length > 0 && chunks.every((chunk) => chunk.length > 0), 'an empty chunk was written')
    const isTaken = this.#inner.writev(this.#sabotage?.(chunks) ?? chunks)
    if (isTaken) return true
    this.isAwaitingDrain = true
    this.#held = chunks.map((chunk) => ({ chunk, copy: chunk.slice() }))
    return false
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  end(): void {
    must(!this.isAwaitingDrain, 'the pipe was ended while a flush was under way')
    this.#hasEnded = true
    this.#inner.end()
  }

  abort(reason: Error): void {
    this.#inner.abort(reason)
  }

  /** The connection is lost (the link must be held meanwhile), or found again. */
  suspend(isSuspended: boolean): void {
    if (this.isClosed) return
    if (isSuspended) this.#handler?.onSuspend?.()
    else this.#handler?.onResume?.()
  }

  onData(chunk: Uint8Array): void {
    this.#handler?.onData(chunk)
  }

  onDrain(): void {
    const isUnchanged = this.#held.every(({ chunk, copy }) => Buffer.compare(chunk, copy) === 0)
    must(isUnchanged, 'bytes of a flush were changed before it had drained')
    this.#held = []
    this.isAwaitingDrain = false
    this.#handler?.onDrain()
  }

  onEnd(): void {
    this.#handler?.onEnd()
  }

  onClose(reason: Error | undefined): void {
    this.isClosed = true
    this.#handler?.onClose(reason)
  }
}
