import { onAbort, type Clock, type NodeId, type Timer } from '@astranet/interface'
import { DialError, RefusalReason, type Link, type OutgoingDial, type PairFacts } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { LinkCredentials } from '../link-credentials.js'
import { ownPairFacts } from '../pair-secrets.js'
import { tellingError } from './way-errors.js'

/** How long a path has to answer before the next one is tried as well, in ms. */
const NEXT_AFTER_MS = 400

/** How long the paths have together, in ms. */
const TIMEOUT_MS = 9_000

/** A path that a tunnel may take. */
export interface TunnelPath {
  /** The link to the first router. */
  readonly link: Link
  readonly via: readonly NodeId[]
  /** All nodes, this one and the destination included. */
  readonly nodes: readonly NodeId[]
  /** What let this node in at the first router. */
  readonly credentials: LinkCredentials
  /** The key id of the grant by which this node has come in at the first router; `undefined`: it knows the secret. */
  readonly keyId: Uint8Array | undefined
}

/** The tunnel that was opened. The stream is paused. */
export interface OpenedTunnel {
  readonly path: TunnelPath
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
  /** What the destination and the first router have sent about the secret of the two ends. */
  readonly pair: PairFacts | undefined
}

/**
 * Opens a tunnel over the first of `paths`, and over the next one as well when that refuses or is slow to answer. The
 * first that is accepted wins; the others are given up. Rejects with the most telling refusal, or with the signal's
 * reason.
 */
export function raceTunnels(
  paths: readonly TunnelPath[],
  clock: Clock,
  signal: AbortSignal,
): Promise<OpenedTunnel> {
  return new Promise((resolve, reject) => new TunnelRace(paths, clock, { signal, resolve, reject }).start())
}

interface RaceOutcome {
  readonly signal: AbortSignal
  readonly resolve: (opened: OpenedTunnel) => void
  readonly reject: (error: Error) => void
}

/** One race. It finishes once. */
class TunnelRace {
  readonly #paths: readonly TunnelPath[]
  readonly #clock: Clock
  readonly #outcome: RaceOutcome
  readonly #dials = new Set<OutgoingDial>()
  readonly #errors: unknown[] = []
  #started = 0
  #timer: Timer | undefined = undefined
  #deadline: Timer | undefined = undefined
  #ignoreSignal: () => void = () => undefined
  #isFinished = false

  constructor(paths: readonly TunnelPath[], clock: Clock, outcome: RaceOutcome) {
    this.#paths = paths
    this.#clock = clock
    this.#outcome = outcome
  }

  start(): void {
    const { signal } = this.#outcome
    this.#ignoreSignal = onAbort(signal, () => this.#fail(signal.reason as Error))
    this.#deadline = this.#clock.setTimer(TIMEOUT_MS, () => this.#fail(timedOut()), { background: true })
    this.#next()
  }

  #next(): void {
    this.#timer?.cancel()
    if (this.#isFinished) return
    const path = this.#paths[this.#started]
    if (path === undefined) {
      if (this.#dials.size === 0) this.#fail(tellingError(this.#errors))
      return
    }
    this.#started += 1
    this.#timer = this.#clock.setTimer(NEXT_AFTER_MS, () => this.#next(), { background: true })
    const pair = ownPairFacts(path.keyId)
    this.#dials.add(
      path.link.dial(
        { kind: 'tunnel', path: path.nodes, position: 1, pair },
        {
          onAccepted: (dial, stream, initialBytes) => {
            this.#dials.delete(dial)
            this.#accepted({ path, stream, initialBytes, pair: dial.pair })
          },
          onFailed: (dial, error) => {
            this.#dials.delete(dial)
            this.#errors.push(error)
            this.#next()
          },
        },
      ),
    )
  }

  #accepted(opened: OpenedTunnel): void {
    if (opened.path.keyId === undefined || opened.pair?.psk !== undefined) {
      this.#finish()
      this.#outcome.resolve(opened)
      return
    }
    opened.stream.destroy()
    this.#errors.push(
      new DialError('EHOSTUNREACH', 'the router on the way does not know the secret of the network'),
    )
    this.#next()
  }

  #fail(error: Error): void {
    if (this.#isFinished) return
    this.#finish()
    this.#outcome.reject(error)
  }

  #finish(): void {
    this.#isFinished = true
    this.#timer?.cancel()
    this.#deadline?.cancel()
    this.#ignoreSignal()
    for (const dial of this.#dials) dial.cancel()
  }
}

function timedOut(): DialError {
  return new DialError('ETIMEDOUT', `no router answered within ${TIMEOUT_MS} ms`, {
    reason: RefusalReason.TIMED_OUT,
  })
}
