import type { Clock, Timer, TimerOptions } from '@astranet/interface'
import { checkNumber } from '@astranet/interface/check'
import { turn } from '../turn.js'
import { TimerHeap, type HeapTimer } from './timer-heap.js'

const MAX_TIMER_DELAY_MS = 0x7fffffff

/** How a {@link VirtualClock} behaves. */
export interface VirtualClockOptions {
  /** What `now()` starts at, in ms. Default 0. */
  startMs?: number
  /** The most events of one call; more throw, so that a livelock ends. Default 10,000,000. */
  maxEvents?: number
}

/**
 * A clock whose time stands still until it is moved: the same calls give the same order on every run.
 *
 * Timers run in the order of their time, and those of one time in the order in which they were set. Deferred callbacks run
 * before the next timer, in rounds, as the turns of an event loop do. The call that moves the clock throws what a callback
 * throws.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap()
  readonly #maxEvents: number
  #deferred: (() => void)[] = []
  #nowMs: number
  #sequence = 0

  constructor(options: VirtualClockOptions = {}) {
    this.#nowMs = options.startMs ?? 0
    this.#maxEvents = options.maxEvents ?? 10_000_000
  }

  /** Timers set and neither fired nor cancelled, without those in the background. */
  get pendingTimers(): number {
    return this.#timers.foregroundCount
  }

  now(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer {
    const dueMs = this.#nowMs + Math.min(Math.max(delayMs, 0), MAX_TIMER_DELAY_MS)
    const isBackground = options?.background === true
    const timer: HeapTimer = { dueMs, sequence: this.#sequence++, callback, isBackground, isDone: false }
    this.#timers.push(timer)
    return { cancel: () => this.#timers.cancel(timer) }
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback)
  }

  /**
   * Runs what comes next: one round of deferred callbacks, or the earliest timer, moving time to it. Returns `false`, and
   * does nothing, when there is neither.
   */
  step(): boolean {
    return this.#stepUntil(Infinity)
  }

  /** Moves time on by `ms`, and runs everything that becomes due. Throws a `RangeError` unless `ms` is 0 or more. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + checkNumber('ms', ms, { min: 0, max: Infinity })
    for (let events = 0; this.#stepUntil(untilMs); events++) this.#checkLivelock(events)
    this.#nowMs = untilMs
  }

  /** Runs everything until only background timers are left. Returns how many steps that took. */
  runUntilIdle(): number {
    let events = 0
    while (this.#deferred.length > 0 || this.#timers.foregroundCount > 0) {
      this.step()
      this.#checkLivelock(++events)
    }
    return events
  }

  /**
   * Runs until `promise` settles, letting promises and the runtime's own queues run between two steps. Rejects as
   * `promise` does, or with an `Error` when nothing is left that could settle it.
   */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = (): void => void (isSettled = true)
    promise.then(settled, settled)
    for (let events = 0; ; events++) {
      await turn()
      if (isSettled) return promise
      if (!this.step())
        throw new Error('The clock has nothing left to run, and the promise is still pending.')
      this.#checkLivelock(events)
    }
  }

  #stepUntil(untilMs: number): boolean {
    if (this.#deferred.length > 0) {
      const round = this.#deferred
      this.#deferred = []
      for (const callback of round) callback()
      return true
    }
    const timer = this.#timers.popDue(untilMs)
    if (timer === undefined) return false
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
    timer.callback()
    return true
  }

  #checkLivelock(events: number): void {
    if (events >= this.#maxEvents)
      throw new Error(`More than ${this.#maxEvents} events in one call: a livelock?`)
  }
}
