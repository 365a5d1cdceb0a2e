import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from './byte-duplex.js'
import type { Clock } from './clock.js'
import { DrainCounter } from './drain-counter.js'
import { AstraError } from './errors.js'
import type { PipeSecurity } from './pipe-security.js'

/** One direction of a pair: takes bytes from one end and gives them to the other one in a later turn. */
export interface PairDirection {
  /** How long bytes are in flight, in ms. An abort takes as long. */
  readonly delayMs: number
  /** Bytes that have no room in the buffer. */
  readonly excessBytes: number
  /** Whether its end was delivered, or it was stopped. */
  readonly isEnded: boolean
  /** Copies `chunks`, and delivers them in a later turn. */
  send(chunks: readonly Uint8Array[]): void
  /** Delivers the end after everything that was sent. Idempotent. */
  end(): void
  /** Drops what is in flight; nothing more is delivered. */
  stop(): void
  /** Delivers in a later turn what can be delivered. Called whenever the receiver may have become ready. */
  schedule(): void
}

/** What an end of a pair is like. */
export interface PairEndOptions {
  readonly clock: Clock
  readonly capabilities: ByteDuplexCapabilities
  readonly localAddress: string
  readonly remoteAddress: string
  /** {@link ByteDuplex.security}. Default: absent. */
  readonly security?: PipeSecurity
}

/** What an end of a pair is joined to. */
export interface PairJoint {
  readonly peer: PairEnd
  readonly out: PairDirection
  readonly into: PairDirection
}

/**
 * One end of a pair of byte duplexes within one process. Its two directions decide when bytes arrive, and report with
 * `receive`, `receiveEnd`, `drain` and `close`.
 */
export class PairEnd implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities
  readonly localAddress: string
  readonly remoteAddress: string
  readonly security?: PipeSecurity
  readonly #clock: Clock
  readonly #drains = new DrainCounter()
  #peer!: PairEnd
  #out!: PairDirection
  #in!: PairDirection
  #handler: ByteDuplexHandler | undefined
  #isPaused = false
  #isEnding = false
  #closed: { readonly reason: Error | undefined } | undefined
  #isCloseReported = false

  constructor({ clock, capabilities, localAddress, remoteAddress, security }: PairEndOptions) {
    this.#clock = clock
    this.capabilities = capabilities
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
    if (security !== undefined) this.security = security
  }

  /** Gives the end its peer and its two directions. Called once, before anything else. */
  join({ peer, out, into }: PairJoint): void {
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
    else this.#clock.defer(() => this.#reportClose())
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#isEnding || this.#closed !== undefined || chunks.length === 0) return true
    this.#out.send(chunks)
    return this.#out.excessBytes === 0 || this.#drains.owe()
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
    this.#clock.setTimer(this.#out.delayMs, () => peer.close(reset))
  }

  /** Whether bytes can be delivered now. */
  canReceive(): boolean {
    return this.#handler !== undefined && !this.#isPaused && this.#closed === undefined
  }

  receive(bytes: Uint8Array): void {
    this.#handler?.onData(bytes)
  }

  receiveEnd(): void {
    if (this.capabilities.halfClose) {
      this.#handler?.onEnd()
      if (!this.#out.isEnded) return
    }
    this.close(undefined)
    this.#peer.close(undefined)
  }

  /** The buffer of the sending direction has room for everything that was written. */
  drain(): void {
    this.#drains.makeDue()
    while (this.#closed === undefined && this.#drains.takeDue()) this.#handler?.onDrain()
  }

  /** Both directions have ended: the handler gets `onClose` in a later turn. Idempotent. */
  close(reason: Error | undefined): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#out.stop()
    this.#in.stop()
    this.#clock.defer(() => this.#reportClose())
  }

  #reportClose(): void {
    if (this.#handler === undefined || this.#isCloseReported) return
    this.#isCloseReported = true
    this.#handler.onClose(this.#closed?.reason)
  }
}
