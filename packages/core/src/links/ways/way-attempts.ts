import { toError, type Clock, type NodeId, type Timer } from '@astranet/interface'
import type { LinkWay } from './link-way.js'
import { lastingRefusal } from './way-errors.js'

/** How long a way rests after its first failure, in ms; then twice as long each time. */
const FIRST_REST_MS = 100

/** The longest rest, in ms. */
const MAX_REST_MS = 5_000

/** How long a way that has rested is remembered, in ms, so that the next rest is longer. */
const FORGET_MS = 10_000

/** What trying ways needs of the node. */
export interface WayAttemptsParts {
  readonly clock: Clock
  /** An attempt has ended, or a rest: dials that wait look again. */
  readonly onChange: () => void
}

interface Attempt {
  state: 'trying' | 'resting' | 'rested'
  restMs: number
  error: Error | undefined
  timer: Timer | undefined
}

/**
 * The attempts to make links over one way, at most one for each node at a time. States of an attempt: *trying*;
 * *resting* after a failure; *rested*: it may be tried again, and is forgotten when nobody does. One timer per node that
 * could not be reached lately.
 */
export class WayAttempts {
  readonly way: LinkWay
  readonly #parts: WayAttemptsParts
  readonly #attempts = new Map<NodeId, Attempt>()
  readonly #ending: AbortController = new AbortController()

  constructor(way: LinkWay, parts: WayAttemptsParts) {
    this.way = way
    this.#parts = parts
  }

  /** Whether a link may come of it soon: it is tried, or can be. */
  isHopeful(nodeId: NodeId): boolean {
    const state = this.#attempts.get(nodeId)?.state
    return state === 'trying' || (state !== 'resting' && this.way.canTry(nodeId))
  }

  /** Why the last attempt failed, while the way rests. */
  errorOf(nodeId: NodeId): Error | undefined {
    const attempt = this.#attempts.get(nodeId)
    return attempt?.state === 'resting' ? attempt.error : undefined
  }

  /** The same, if another attempt would fail likewise. */
  refusalOf(nodeId: NodeId): Error | undefined {
    const error = this.errorOf(nodeId)
    return error !== undefined && lastingRefusal(error) ? error : undefined
  }

  /** Tries, unless it is trying or resting, or cannot. Whether it has begun now. */
  begin(nodeId: NodeId): boolean {
    const { signal } = this.#ending
    const before = this.#attempts.get(nodeId)
    if (signal.aborted || !this.way.canTry(nodeId)) return false
    if (before !== undefined && before.state !== 'rested') return false
    before?.timer?.cancel()
    const restMs = before?.restMs ?? FIRST_REST_MS
    const attempt: Attempt = { state: 'trying', restMs, error: undefined, timer: undefined }
    this.#attempts.set(nodeId, attempt)
    this.way.open(nodeId, signal).then(
      () => {
        this.#attempts.delete(nodeId)
        this.#parts.onChange()
      },
      (error: unknown) => this.#failed(nodeId, attempt, toError(error)),
    )
    return true
  }

  /** Gives all up, and tries no more. Idempotent. */
  close(reason: Error): void {
    this.#ending.abort(reason)
    for (const { timer } of this.#attempts.values()) timer?.cancel()
    this.#attempts.clear()
  }

  #failed(nodeId: NodeId, attempt: Attempt, error: Error): void {
    if (this.#ending.signal.aborted) return
    const { clock, onChange } = this.#parts
    attempt.state = 'resting'
    attempt.error = error
    attempt.timer = clock.setTimer(
      attempt.restMs,
      () => {
        attempt.state = 'rested'
        attempt.restMs = Math.min(2 * attempt.restMs, MAX_REST_MS)
        attempt.timer = clock.setTimer(FORGET_MS, () => this.#attempts.delete(nodeId), { background: true })
        onChange()
      },
      { background: true },
    )
    onChange()
  }
}
