import { onAbort, type Clock, type NodeId, type Timer } from '@astranet/interface'
import type { FailedRouters } from './failed-routers.js'
import { TunnelAttempt, type LinkInTunnel, type TunnelFailure, type TunnelPath } from './tunnel-attempt.js'
import { tellingError } from './way-errors.js'

/** How long a path has to answer before the next one is tried as well, in ms. */
const NEXT_AFTER_MS = 400

/** How long the handshake behind an answer may take before the next path is tried as well, in ms. */
const NEXT_AFTER_ANSWER_MS = 1_000

/** What a race needs. */
export interface RaceParts {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly linkIn: LinkInTunnel
  /** Notes the routers whose path was too slow or broke, and forgets the one of the path that has won. */
  readonly routers: FailedRouters
}

/**
 * Makes a link over the first of `paths`, and over the next one as well when that fails or is slow. The first link that
 * is open wins; the others are given up. An answer alone wins nothing: a router can give it itself, and forward nothing.
 * Rejects with the most telling error, or with the signal's reason.
 */
export function raceTunnels(paths: readonly TunnelPath[], parts: RaceParts): Promise<void> {
  return new Promise((resolve, reject) => new TunnelRace(paths, { ...parts, resolve, reject }).start())
}

interface Race extends RaceParts {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One race. It finishes once. */
class TunnelRace {
  readonly #paths: readonly TunnelPath[]
  readonly #race: Race
  readonly #startedAt: number
  /** In the order of the paths. */
  readonly #attempts: TunnelAttempt[] = []
  readonly #errors: unknown[] = []
  #timer: Timer | undefined = undefined
  #ignoreSignal: () => void = () => undefined
  #isFinished = false

  constructor(paths: readonly TunnelPath[], race: Race) {
    this.#paths = paths
    this.#race = race
    this.#startedAt = race.clock.now()
  }

  start(): void {
    const { signal } = this.#race
    this.#ignoreSignal = onAbort(signal, () => this.#fail(signal.reason as Error))
    this.#next()
  }

  #next(): void {
    this.#timer?.cancel()
    if (this.#isFinished) return
    const path = this.#paths[this.#attempts.length]
    if (path === undefined) {
      if (this.#attempts.every(({ isFinished }) => isFinished)) this.#fail(tellingError(this.#errors))
      return
    }
    this.#nextAfter(NEXT_AFTER_MS)
    const { clock, linkIn } = this.#race
    const attempt = new TunnelAttempt({
      ...{ path, clock, linkIn },
      onAnswered: () => this.#nextAfter(NEXT_AFTER_ANSWER_MS),
      onOpen: () => this.#won(attempt),
      onFailed: (failure) => this.#failed(path, failure),
    })
    this.#attempts.push(attempt)
  }

  #nextAfter(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#race.clock.setTimer(ms, () => this.#next(), { background: true })
  }

  #won(winner: TunnelAttempt): void {
    const { routers, resolve } = this.#race
    const place = this.#attempts.indexOf(winner)
    for (const [index, { isFinished }] of this.#attempts.entries())
      if (index < place && !isFinished) routers.add(this.#routerAt(index))
    routers.delete(this.#routerAt(place), this.#startedAt)
    this.#finish()
    resolve()
  }

  #failed(path: TunnelPath, { error, isPathToBlame, isFinal }: TunnelFailure): void {
    this.#errors.push(error)
    if (isPathToBlame) this.#race.routers.add(path.via[0] as NodeId)
    if (isFinal) this.#fail(error)
    else this.#next()
  }

  #fail(error: Error): void {
    if (this.#isFinished) return
    this.#finish()
    this.#race.reject(error)
  }

  #finish(): void {
    this.#isFinished = true
    this.#timer?.cancel()
    this.#ignoreSignal()
    for (const attempt of this.#attempts) attempt.giveUp()
  }

  #routerAt(index: number): NodeId {
    return this.#paths[index]?.via[0] as NodeId
  }
}
