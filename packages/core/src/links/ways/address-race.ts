import { onAbort, type Clock, type Timer } from '@astranet/interface'
import { tellingError } from './way-errors.js'

/**
 * How long an address is tried before the next one is tried beside it, in ms: the shortest delay that RFC 8305, section
 * 5, recommends. With its usual 250 ms the last of sixteen addresses would wait 4 s.
 */
const NEXT_AFTER_MS = 100

/** The same once an address has connected, in ms: its handshake takes round trips, and work on a busy machine. */
const NEXT_AFTER_CONNECTED_MS = 1_000

/** How many addresses are tried at the same time: as many as a node may advertise. */
export const MAX_IN_FLIGHT = 16

/** What a race needs. */
export interface AddressRaceParts<T> {
  readonly clock: Clock
  /** Gives all attempts up; the race rejects with its reason. */
  readonly signal: AbortSignal
  /** Makes a link at an address; calls `onConnected` when there is a connection, and the handshake begins. */
  readonly attempt: (address: T, signal: AbortSignal, onConnected: () => void) => Promise<void>
}

/**
 * Tries the addresses in their order until one attempt resolves; then the others are given up. The next attempt begins
 * after a short while, or at once when one has failed (RFC 8305). Rejects with the most telling error when all have
 * failed.
 */
export function raceAddresses<T>(addresses: readonly T[], parts: AddressRaceParts<T>): Promise<void> {
  return new Promise((resolve, reject) => new AddressRace(addresses, parts, { resolve, reject }).start())
}

interface Outcome {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One race. It finishes once. */
class AddressRace<T> {
  readonly #waiting: T[]
  readonly #parts: AddressRaceParts<T>
  readonly #outcome: Outcome
  readonly #ending = new AbortController()
  readonly #errors: unknown[] = []
  #inFlight = 0
  #timer: Timer | undefined = undefined
  #ignoreSignal: () => void = () => undefined

  constructor(addresses: readonly T[], parts: AddressRaceParts<T>, outcome: Outcome) {
    this.#waiting = [...addresses]
    this.#parts = parts
    this.#outcome = outcome
  }

  start(): void {
    const { signal } = this.#parts
    const giveUp = (): void => {
      const reason = signal.reason as Error
      this.#finish(reason, () => this.#outcome.reject(reason))
    }
    this.#ignoreSignal = onAbort(signal, giveUp)
    if (signal.aborted) giveUp()
    else this.#next()
  }

  #next(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#ending.signal.aborted || this.#inFlight >= MAX_IN_FLIGHT) return
    const address = this.#waiting.shift()
    if (address === undefined) {
      const error = tellingError(this.#errors)
      if (this.#inFlight === 0) this.#finish(error, () => this.#outcome.reject(error))
      return
    }
    this.#inFlight += 1
    this.#nextAfter(NEXT_AFTER_MS)
    const onConnected = (): void => this.#nextAfter(NEXT_AFTER_CONNECTED_MS)
    this.#parts.attempt(address, this.#ending.signal, onConnected).then(
      () => this.#finish(new Error('another address was faster'), this.#outcome.resolve),
      (error: unknown) => {
        this.#inFlight -= 1
        this.#errors.push(error)
        this.#next()
      },
    )
  }

  #nextAfter(delayMs: number): void {
    this.#timer?.cancel()
    if (this.#ending.signal.aborted || this.#waiting.length === 0) return
    this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#next(), { background: true })
  }

  /** Ends all attempts for this reason, and says what came of the race. */
  #finish(reason: Error, report: () => void): void {
    if (this.#ending.signal.aborted) return
    this.#timer?.cancel()
    this.#ignoreSignal()
    this.#ending.abort(reason)
    report()
  }
}
