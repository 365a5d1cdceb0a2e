import {
  AstraError,
  type ByteDuplex,
  type ByteDuplexCapabilities,
  type ByteDuplexHandler,
} from '@astranet/interface'
import type { Flow } from './flow.js'
import type { PairSettings } from './options.js'

/** One end of a pair. */
export class MemoryEnd implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities
  readonly localAddress: string
  readonly remoteAddress: string
  readonly #settings: PairSettings
  #peer!: MemoryEnd
  #out!: Flow
  #in!: Flow
  #handler: ByteDuplexHandler | undefined
  #drainsOwed = 0
  #isPaused = false
  #isEnding = false
  #closed: { readonly reason: Error | undefined } | undefined
  #hasToldClose = false

  constructor(settings: PairSettings, localAddress: string, remoteAddress: string) {
    this.#settings = settings
    // Its bytes never leave the process.
    this.capabilities = { halfClose: settings.halfClose, confidential: true }
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
  }

  /** Gives the end its peer and its two directions. Once, before anything else. */
  join(peer: MemoryEnd, out: Flow, into: Flow): void {
    this.#peer = peer
    this.#out = out
    this.#in = into
  }

  get bufferedBytes(): number {
    return this.#out.excessBytes
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    if (this.#closed === undefined) this.#in.schedule()
    else this.#settings.clock.defer(() => this.#tellClosed())
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding || this.#closed !== undefined || chunks.length === 0) return true
    this.#out.send(chunks)
    if (this.#out.excessBytes === 0) return true
    this.#drainsOwed++
    return false
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#in.schedule()
  }

  end(): void {
    if (this.#isEnding || this.#closed !== undefined) return
    this.#isEnding = true
    this.#out.end()
  }

  abort(reason: Error): void {
    if (this.#closed !== undefined) return
    this.close(reason)
    const peer = this.#peer
    const reset = new AstraError('ECONNRESET', 'The other end of the connection aborted it.')
    this.#settings.clock.setTimer(this.#settings.delayMs, () => peer.close(reset))
  }

  canReceive(): boolean {
    return this.#handler !== undefined && !this.#isPaused && this.#closed === undefined
  }

  receive(bytes: Uint8Array): void {
    this.#handler?.onData(bytes)
  }

  receiveEnd(): void {
    if (this.capabilities.halfClose) {
      this.#handler?.onEnd()
      if (!this.#out.isOver) return
    }
    this.close(undefined)
    this.#peer.close(undefined)
  }

  drain(): void {
    for (let owed = this.#drainsOwed; owed > 0 && this.#closed === undefined; owed--) {
      this.#drainsOwed--
      this.#handler?.onDrain()
      // The handler has written, and that waits: so do the calls still owed.
      if (this.#drainsOwed >= owed) return
    }
  }

  /** Both directions are over: the handler is told in a later turn. Idempotent. */
  close(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#out.stop()
    this.#in.stop()
    this.#settings.clock.defer(() => this.#tellClosed())
  }

  #tellClosed(): void {
    if (this.#handler === undefined || this.#hasToldClose) return
    this.#hasToldClose = true
    this.#handler.onClose(this.#closed?.reason)
  }
}
