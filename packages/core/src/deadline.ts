import type { Clock, Timer } from '@astranet/interface'
import { onAbort } from './abort-listeners.js'

/** The end of the time that a call may take: a timeout, an abort signal, or whoever calls `expire`. */
export class Deadline {
  readonly #clock: Clock
  readonly #ignoreSignal: () => void
  #timer: Timer | undefined = undefined
  #listener: ((reason: unknown) => void) | undefined = undefined
  /** Why the time is over: the signal's reason for example, or `undefined` for the timeout. */
  reason: unknown = undefined
  isOver = false

  /** `timeoutMs`: 0 means that the time is over from the start. Throws the signal's reason when it is aborted already. */
  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined) {
    signal?.throwIfAborted()
    this.#clock = clock
    this.#ignoreSignal = onAbort(signal, () => this.expire(signal?.reason))
    if (timeoutMs === 0) this.isOver = true
    else this.#timer = clock.setTimer(timeoutMs, () => this.expire(undefined))
  }

  /** Whether it is over for a reason of its own. */
  get isGivenUp(): boolean {
    return this.reason !== undefined
  }

  /** Gives a deadline that was over from the start `timeoutMs` more. */
  extend(timeoutMs: number): void {
    this.isOver = false
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(timeoutMs, () => this.expire(undefined))
  }

  /** Calls `listener` when the time is over; there is one listener at a time. */
  onOver(listener: ((reason: unknown) => void) | undefined): void {
    this.#listener = listener
  }

  /** The time is over, for `reason`; `undefined`: the timeout. The first reason counts. */
  expire(reason: unknown): void {
    if (this.reason !== undefined || (this.isOver && reason === undefined)) return
    this.isOver = true
    this.reason = reason
    this.#listener?.(reason)
  }

  /** Stops the timer. Idempotent. */
  clear(): void {
    this.#timer?.cancel()
    this.#ignoreSignal()
    this.#listener = undefined
  }
}
