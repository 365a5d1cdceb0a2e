import { AstraError, type ByteDuplex, type ByteDuplexHandler } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { DrainCounter } from '@astranet/interface/transport-tools'
import type { DuplexPair } from './duplex-suite-options.js'

/** Bytes that may wait for a reader before `writev` returns false. */
const BUFFER_BYTES = 65_536

/** The options of {@link synchronousPair}. */
export interface SynchronousPairOptions {
  /** Whether each direction ends on its own. Default `true`. */
  halfClose?: boolean
}

/**
 * Two ends of a pipe without a turn of the event loop between them. It calls its handlers from inside every method
 * from which the contract of `ByteDuplexHandler` allows that: the other end has what was written, and may have
 * answered, before `writev` returns; an `onDrain` that is owed comes from inside the next call to that end, or in a
 * microtask; the last `end` closes both ends before it returns. Each chunk of a `writev` arrives as one chunk. At
 * most 64 KiB wait for a paused reader before `writev` returns `false`.
 */
export function synchronousPair(options: SynchronousPairOptions = {}): DuplexPair {
  const { halfClose = true } = options
  const [a, b] = [new SynchronousEnd(halfClose), new SynchronousEnd(halfClose)]
  a.join(b)
  b.join(a)
  return { a, b }
}

/** How the pipe closed. */
interface Closed {
  readonly reason: Error | undefined
}

class SynchronousEnd implements ByteDuplex {
  readonly capabilities: { readonly halfClose: boolean }
  readonly security = { isPrivate: true }
  readonly localAddress = ''
  readonly remoteAddress = ''
  readonly #drains = new DrainCounter()
  #peer!: SynchronousEnd
  #handler: ByteDuplexHandler | undefined
  /** What the peer has written and the handler has not received. */
  readonly #arrived = new FifoQueue<Uint8Array>()
  #arrivedBytes = 0
  #hasPeerEnded = false
  #hasReadEnd = false
  #isPaused = false
  #isEnding = false
  #closed: Closed | undefined
  #isCloseReported = false

  constructor(halfClose: boolean) {
    this.capabilities = { halfClose }
  }

  /** Gives the end its peer. Called once, before anything else. */
  join(peer: SynchronousEnd): void {
    this.#peer = peer
  }

  get bufferedBytes(): number {
    return this.#closed === undefined ? Math.max(0, this.#peer.#arrivedBytes - BUFFER_BYTES) : 0
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    this.#callDrains()
    this.#deliver()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    this.#callDrains()
    for (const chunk of chunks) {
      if (this.#isEnding || this.#closed !== undefined) return true
      if (chunk.length > 0) this.#peer.#receive(new Uint8Array(chunk))
    }
    return this.bufferedBytes === 0 || this.#drains.owe()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#callDrains()
    this.#deliver()
  }

  end(): void {
    if (this.#isEnding || this.#closed !== undefined) return
    this.#isEnding = true
    if (!this.capabilities.halfClose) this.#drop()
    this.#callDrains()
    this.#peer.#hasPeerEnded = true
    this.#peer.#deliver()
  }

  abort(reason: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#drop()
    queueMicrotask(() => this.#reportClose())
    this.#peer.#close(new AstraError('ECONNRESET', 'The other end of the pipe aborted it.'))
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed !== undefined || (this.#isEnding && !this.capabilities.halfClose)) return
    this.#arrived.push(bytes)
    this.#arrivedBytes += bytes.length
    this.#deliver()
  }

  #canDeliver(): boolean {
    return this.#handler !== undefined && !this.#isPaused && this.#closed === undefined
  }

  /** Delivers what has arrived. A handler may cause another call from inside, and then gets the next chunk there. */
  #deliver(): void {
    while (this.#canDeliver() && this.#arrived.size > 0) {
      const chunk = this.#arrived.shift() as Uint8Array
      this.#arrivedBytes -= chunk.length
      this.#handler?.onData(chunk)
    }
    this.#peer.#drained()
    if (this.#canDeliver() && this.#arrived.size === 0 && this.#hasPeerEnded && !this.#hasReadEnd)
      this.#readEnd()
    if (this.#closed !== undefined) this.#reportClose()
  }

  #readEnd(): void {
    this.#hasReadEnd = true
    if (this.capabilities.halfClose) {
      this.#handler?.onEnd()
      if (!this.#peer.#hasReadEnd) return
    }
    this.#close(undefined)
    this.#peer.#close(undefined)
  }

  #drained(): void {
    if (this.#drains.isOwing && this.bufferedBytes === 0) queueMicrotask(() => this.#callDrains())
  }

  #callDrains(): void {
    if (this.bufferedBytes > 0) return
    this.#drains.makeDue()
    while (this.#handler !== undefined && this.#closed === undefined && this.#drains.takeDue())
      this.#handler.onDrain()
  }

  #close(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#drop()
    this.#reportClose()
  }

  #drop(): void {
    this.#arrived.clear()
    this.#arrivedBytes = 0
  }

  #reportClose(): void {
    if (this.#handler === undefined || this.#isCloseReported) return
    this.#isCloseReported = true
    this.#handler.onClose(this.#closed?.reason)
  }
}
