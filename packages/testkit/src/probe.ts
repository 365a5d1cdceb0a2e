import { concatBytes, systemClock, type ByteDuplex, type ByteDuplexHandler } from '@astranet/interface'
import { check } from './assert.js'

/** How long a probe waits for something before it fails, in ms. */
const PATIENCE_MS = 10_000

interface Waiter {
  isTrue(): boolean
  finish(error: Error | undefined): void
}

/**
 * A handler of a byte duplex that records all calls, and checks that they come in the order of the contract.
 *
 * The suites write only through `write`, which counts the calls of `onDrain` that are owed.
 */
export class Probe implements ByteDuplexHandler {
  readonly duplex: ByteDuplex
  readonly chunks: Uint8Array[] = []
  /** Breaches of the contract, in words. */
  readonly violations: string[] = []
  receivedBytes = 0
  drains = 0
  /** Calls of `writev` that returned `false`. */
  refusals = 0
  hasEnded = false
  closes = 0
  closeReason: Error | undefined
  /** Called after each chunk was recorded. */
  onChunk: ((chunk: Uint8Array) => void) | undefined
  /** Called after each `onDrain` was recorded. */
  onDrained: (() => void) | undefined
  #isCalling = false
  #waiters: Waiter[] = []

  constructor(duplex: ByteDuplex) {
    this.duplex = duplex
  }

  /** A probe that handles `duplex` from now on. */
  static on(duplex: ByteDuplex): Probe {
    const probe = new Probe(duplex)
    duplex.handle(probe)
    return probe
  }

  /** All bytes received. */
  bytes(): Uint8Array {
    return concatBytes(this.chunks)
  }

  /** Calls `writev`, and counts it. Its own `onDrain` from inside the call is a breach; all other calls are allowed there. */
  write(...chunks: Uint8Array[]): boolean {
    const isTaken = this.duplex.writev(chunks)
    if (!isTaken) this.refusals++
    return isTaken
  }

  /** Calls `body`, which calls a method of the duplex that must not call the handler. */
  outside<T>(body: () => T): T {
    this.#isCalling = true
    try {
      return body()
    } finally {
      this.#isCalling = false
    }
  }

  /** Writes `chunks` at once, and resolves when they are the caller's again. */
  async send(...chunks: Uint8Array[]): Promise<void> {
    if (!this.write(...chunks)) await this.until('onDrain', () => this.drains >= this.refusals)
  }

  /** Resolves once `isTrue`, checked after each call of the handler. Rejects when the pipe has closed, or after 10 s. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    if (isTrue()) return
    check(this.closes === 0, `closed (${String(this.closeReason)}) while waiting for ${what}`)
    await new Promise<void>((resolve, reject) => {
      const timer = systemClock.setTimer(PATIENCE_MS, () =>
        waiter.finish(new Error(`waited in vain for ${what}`)),
      )
      const waiter: Waiter = {
        isTrue,
        finish: (error) => {
          timer.cancel()
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Resolves once `bytes` bytes have arrived. */
  received(bytes: number): Promise<void> {
    return this.until(`${bytes} bytes`, () => this.receivedBytes >= bytes)
  }

  /** Resolves once the peer has ended. */
  ended(): Promise<void> {
    return this.until('onEnd', () => this.hasEnded)
  }

  /** Resolves once the pipe has closed, to the reason. */
  async closed(): Promise<Error | undefined> {
    await this.until('onClose', () => this.closes > 0)
    return this.closeReason
  }

  onData(chunk: Uint8Array): void {
    this.#called('onData', chunk.length > 0 && !this.hasEnded)
    this.chunks.push(chunk)
    this.receivedBytes += chunk.length
    this.onChunk?.(chunk)
    this.#checkWaiters()
  }

  onDrain(): void {
    this.drains++
    this.#called('onDrain', this.drains <= this.refusals)
    this.onDrained?.()
    this.#checkWaiters()
  }

  onEnd(): void {
    this.#called('onEnd', !this.hasEnded && this.duplex.capabilities.halfClose)
    this.hasEnded = true
    this.#checkWaiters()
  }

  onClose(reason: Error | undefined): void {
    this.#called('onClose', reason === undefined || reason instanceof Error)
    this.closes++
    this.closeReason = reason
    this.#checkWaiters()
  }

  #called(name: string, isAllowed: boolean): void {
    if (this.#isCalling) this.violations.push(`${name} from inside a call to the duplex`)
    if (this.closes > 0) this.violations.push(`${name} after onClose`)
    if (!isAllowed)
      this.violations.push(`${name} when it is not allowed (empty, out of order, or once too often)`)
  }

  #checkWaiters(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (waiter.isTrue()) waiter.finish(undefined)
      else if (this.closes > 0)
        waiter.finish(new Error(`closed (${String(this.closeReason)}) while something was awaited`))
      else this.#waiters.push(waiter)
    }
  }
}
