import { AstraError, type ByteDuplex, type ByteDuplexHandler, type Clock } from '@astranet/interface'
import type { SimDirection } from './direction.js'

/** One end of a simulated link. */
export class SimEnd implements ByteDuplex {
  readonly capabilities: { readonly halfClose: boolean }
  readonly localAddress: string
  readonly remoteAddress: string
  readonly #clock: Clock
  #peer!: SimEnd
  #out!: SimDirection
  #in!: SimDirection
  #handler: ByteDuplexHandler | undefined
  #drainsOwed = 0
  #isPaused = false
  #isEnding = false
  #closed: { readonly reason: Error | undefined } | undefined
  #hasToldClose = false

  constructor(clock: Clock, capabilities: { readonly halfClose: boolean }, local: string, remote: string) {
    this.#clock = clock
    this.capabilities = capabilities
    this.localAddress = local
    this.remoteAddress = remote
  }

  connect(peer: SimEnd, out: SimDirection, into: SimDirection): void {
    this.#peer = peer
    this.#out = out
    this.#in = into
  }

  get bufferedBytes(): number {
    return this.#out.excessBytes
  }

  get canDeliver(): boolean {
    return this.#handler !== undefined && !this.#isPaused && this.#closed === undefined
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    if (this.#closed === undefined) this.#in.schedule()
    else this.#clock.defer(() => this.#tellClosed())
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
    this.#close(reason)
    const peer = this.#peer
    const reset = new AstraError('ECONNRESET', 'The other end of the simulated link aborted it.')
    this.#clock.setTimer(this.#out.delayMs, () => peer.break(reset))
  }

  received(bytes: Uint8Array): void {
    this.#handler?.onData(bytes)
  }

  drained(): void {
    for (let owed = this.#drainsOwed; owed > 0 && this.#closed === undefined; owed--) {
      this.#drainsOwed--
      this.#handler?.onDrain()
      // The handler has written, and that waits: so do the calls still owed.
      if (this.#drainsOwed >= owed) return
    }
  }

  peerEnded(): void {
    if (this.capabilities.halfClose) this.#handler?.onEnd()
    if (this.capabilities.halfClose && !this.#out.isOver) return
    this.break(undefined)
    this.#peer.break(undefined)
  }

  break(reason: Error | undefined): void {
    if (this.#closed === undefined) this.#close(reason)
  }

  #close(reason: Error | undefined): void {
    this.#closed = { reason }
    this.#out.stop()
    this.#in.stop()
    this.#clock.defer(() => this.#tellClosed())
  }

  #tellClosed(): void {
    if (this.#handler === undefined || this.#hasToldClose) return
    this.#hasToldClose = true
    this.#handler.onClose(this.#closed?.reason)
  }
}
