import { concatBytes, type ByteDuplex, type Clock } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'
import { secure, type SecureOptions, type SecurePipe } from '../../src/index.js'

/** What a side does. */
export interface SidePlan {
  readonly options: SecureOptions
  /** What it sends, in this order. */
  readonly chunks: readonly Uint8Array[]
  /** Whether it sends at once and not after pauses. */
  readonly isHasty: boolean
  /** It stops to read for a while once it has received so many bytes. */
  readonly pausesAfterBytes: number
}

/** One side of a simulated run: it sends its chunks, keeps what it receives, and ends. */
export class SimulatedSide {
  /** Resolves once the pipe is over, however it went. */
  readonly over: Promise<void>
  readonly violations: string[] = []
  /** Why the side failed. */
  error: (Error & { readonly code?: unknown }) | undefined
  hasReadEnd = false
  isSecured = false
  readonly sent: Uint8Array
  readonly #clock: Clock
  readonly #random: Rng
  readonly #plan: SidePlan
  readonly #received: Uint8Array[] = []
  #receivedBytes = 0
  #next = 0
  #hasPaused = false
  #isPaused = false
  #isOver = false

  constructor(clock: Clock, random: Rng, pipe: ByteDuplex, plan: SidePlan) {
    this.#clock = clock
    this.#random = random
    this.#plan = plan
    this.sent = concatBytes([...plan.chunks])
    this.over = this.#run(pipe)
  }

  get received(): Uint8Array {
    return concatBytes(this.#received)
  }

  async #run(pipe: ByteDuplex): Promise<void> {
    try {
      const secured = await secure(pipe, this.#plan.options)
      this.isSecured = true
      await new Promise<void>((resolve) => this.#use(secured, resolve))
    } catch (error) {
      this.error = error as Error
    }
  }

  #use(secured: SecurePipe, resolve: () => void): void {
    secured.handle({
      onData: (chunk) => this.#onData(secured, chunk),
      onDrain: () => this.#sendSoon(secured),
      onEnd: () => {
        if (this.hasReadEnd || this.#isPaused) this.violations.push('onEnd out of order')
        this.hasReadEnd = true
      },
      onClose: (reason) => {
        if (this.#isOver) this.violations.push('onClose out of order')
        this.#isOver = true
        this.error = reason
        resolve()
      },
    })
    this.#sendSoon(secured)
  }

  #onData(secured: SecurePipe, chunk: Uint8Array): void {
    if (this.hasReadEnd || this.#isOver || this.#isPaused) this.violations.push('onData out of order')
    this.#received.push(chunk)
    this.#receivedBytes += chunk.length
    if (this.#hasPaused || this.#receivedBytes < this.#plan.pausesAfterBytes) return
    this.#hasPaused = true
    this.#isPaused = true
    secured.pause()
    this.#clock.setTimer(this.#random.integer(1, 3_000), () => {
      this.#isPaused = false
      secured.resume()
    })
  }

  #sendSoon(secured: SecurePipe): void {
    if (this.#isOver) return
    if (this.#plan.isHasty) this.#send(secured)
    else this.#clock.setTimer(this.#random.integer(0, 500), () => this.#send(secured))
  }

  #send(secured: SecurePipe): void {
    for (;;) {
      const chunk = this.#plan.chunks[this.#next]
      if (chunk === undefined) return secured.end()
      this.#next++
      if (!secured.writev([chunk])) return
    }
  }
}
