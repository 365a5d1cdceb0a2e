import { AstraError, type Clock, type Timer } from '@astranet/interface'
import { reasonOf } from './health-check.js'
import type { HealthPlan } from './health-plan.js'
import { HealthThresholds, type Health } from './health-thresholds.js'

/** By how much an interval may be shorter, so that the checks of many services do not fall together. */
const JITTER = 0.1

/** @internal What a monitor needs. */
export interface HealthMonitorParts {
  readonly plan: HealthPlan
  readonly clock: Clock
  readonly random: () => number
  /** The state has changed: never from inside `start`, and never after `close`. */
  readonly onChange: (health: Health, reason: string) => void
}

/** A check that has begun. */
interface Run {
  readonly startedAt: number
  readonly ending: AbortController
  readonly deadline: Timer
}

/**
 * @internal Checks a service again and again until it is closed. States: idle -> waiting (for the next check) <->
 * checking; closed from any. Its timers keep no process alive. It holds one timer, and a second one during a check.
 *
 * A check that takes too long has failed and is aborted. If it goes on all the same, the next one does not begin; each
 * interval counts as a failure until it has ended.
 */
export class HealthMonitor {
  readonly #parts: HealthMonitorParts
  readonly #thresholds: HealthThresholds
  #timer: Timer | undefined = undefined
  #run: Run | undefined = undefined
  /** The check's own promise is not settled. */
  #isBusy = false
  #isClosed = false

  constructor(parts: HealthMonitorParts) {
    this.#parts = parts
    this.#thresholds = new HealthThresholds(parts.plan)
  }

  /** The state now. */
  get health(): Health {
    return this.#thresholds.health
  }

  /** Begins: the first check starts in a later turn. Called once. */
  start(): void {
    this.#schedule(0)
  }

  /** Stops: the timers are cancelled, and a check in progress is aborted. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#run?.deadline.cancel()
    this.#run?.ending.abort(new AstraError('ECONNABORTED', 'the listener was closed'))
    this.#run = undefined
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return
    this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#begin(), { background: true })
  }

  #begin(): void {
    const { clock, plan } = this.#parts
    const startedAt = clock.now()
    if (this.#isBusy) {
      this.#took('the check has not ended, although its time was over', startedAt)
      return
    }
    const ending = new AbortController()
    const deadline = clock.setTimer(plan.timeoutMs, () => this.#timedOut(run), { background: true })
    const run: Run = { startedAt, ending, deadline }
    this.#run = run
    this.#isBusy = true
    plan.check(ending.signal).then(
      (fault) => this.#ended(run, fault),
      (error: unknown) => this.#ended(run, `the check failed: ${reasonOf(error)}`),
    )
  }

  #ended(run: Run, fault: string | undefined): void {
    this.#isBusy = false
    if (this.#run === run) this.#finish(run, fault)
  }

  #timedOut(run: Run): void {
    const fault = `no answer within ${this.#parts.plan.timeoutMs} ms`
    this.#finish(run, fault)
    run.ending.abort(new AstraError('ETIMEDOUT', fault))
  }

  #finish(run: Run, fault: string | undefined): void {
    run.deadline.cancel()
    this.#run = undefined
    this.#took(fault, run.startedAt)
  }

  #took(fault: string | undefined, startedAt: number): void {
    const { clock, random, onChange, plan } = this.#parts
    const intervalMs = plan.intervalMs * (1 - JITTER * random())
    this.#schedule(Math.max(0, startedAt + intervalMs - clock.now()))
    if (!this.#thresholds.took(fault === undefined ? 'passing' : 'failing')) return
    onChange(this.health, fault ?? 'the check succeeded')
  }
}
