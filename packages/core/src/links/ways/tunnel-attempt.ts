import type { Clock, NodeId, Timer } from '@astranet/interface'
import {
  CloseCode,
  DialError,
  linkError,
  RefusalReason,
  type Link,
  type OutgoingDial,
  type PairFacts,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { LinkCredentials } from '../link-credentials.js'
import { isForWantOfPlace } from '../no-place-error.js'
import { ownPairFacts } from '../pair-secrets.js'
import { lastingRefusal } from './way-errors.js'

/** How long a tunnel that was asked for may stay without an answer, in ms. */
const ANSWER_MS = 9_000

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

/** A tunnel that was accepted. The stream is paused. */
export interface OpenedTunnel {
  readonly path: TunnelPath
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
  /** What the destination and the first router have sent about the secret of the two ends. */
  readonly pair: PairFacts | undefined
}

/** Makes a link in a tunnel; resolves when it is open. `onMade` is called once, from inside the call. */
export type LinkInTunnel = (tunnel: OpenedTunnel, onMade: (link: Link) => void) => Promise<unknown>

/** What comes of a {@link TunnelAttempt}. None is called from inside the constructor. */
export interface TunnelAttemptEvents {
  /** There is a tunnel, as the first router says; the handshake begins. */
  onAnswered(): void
  /** The link is open. */
  onOpen(): void
  onFailed(failure: TunnelFailure): void
}

/** Why there is no link over a path. */
export interface TunnelFailure {
  readonly error: Error
  /** Whether the path was accepted and then led to no link, or got no answer at all. */
  readonly isPathToBlame: boolean
  /** Whether it is the answer of the destination itself, which it would give over every path. */
  readonly isFinal: boolean
}

interface TunnelAttemptParts extends TunnelAttemptEvents {
  readonly path: TunnelPath
  readonly clock: Clock
  readonly linkIn: LinkInTunnel
}

/**
 * One path that is tried. States: *asked* (for a tunnel), *greeting* (the handshake in it), *finished* (open, failed or
 * given up).
 */
export class TunnelAttempt {
  readonly #parts: TunnelAttemptParts
  readonly #dial: OutgoingDial
  readonly #timer: Timer
  #state: 'asked' | 'greeting' | 'finished' = 'asked'
  #link: Link | undefined = undefined

  constructor(parts: TunnelAttemptParts) {
    this.#parts = parts
    const { path, clock } = parts
    const header = { kind: 'tunnel', path: path.nodes, position: 1, pair: ownPairFacts(path.keyId) } as const
    this.#timer = clock.setTimer(ANSWER_MS, () => this.#timedOut(), { background: true })
    this.#dial = path.link.dial(header, {
      onAccepted: ({ pair }, stream, initialBytes) => this.#accepted({ path, stream, initialBytes, pair }),
      onFailed: (_, error) => this.#fail({ error, isPathToBlame: false, isFinal: false }),
    })
  }

  get isFinished(): boolean {
    return this.#state === 'finished'
  }

  /**
   * Another path was faster. A link that the destination may use already is not cut: then there are two for a while, of
   * which both nodes choose the same one.
   */
  giveUp(): void {
    if (!this.#finish()) return
    this.#dial.cancel()
    if (this.#link?.remote === undefined) this.#link?.destroy(GIVEN_UP)
  }

  #accepted(tunnel: OpenedTunnel): void {
    const { path, linkIn, onAnswered, onOpen } = this.#parts
    this.#timer.cancel()
    if (path.keyId !== undefined && tunnel.pair?.psk === undefined) {
      tunnel.stream.destroy()
      this.#fail({ error: noSecret(), isPathToBlame: false, isFinal: false })
      return
    }
    this.#state = 'greeting'
    linkIn(tunnel, (link) => (this.#link = link)).then(
      () => this.#finish() && onOpen(),
      (error: Error) => this.#refused(error),
    )
    onAnswered()
  }

  #refused(error: Error): void {
    // Only the destination can say that it does not admit this node: a refusal in the clear never says so.
    const isRefusal = lastingRefusal(error)
    // It may have a place for links through other routers.
    this.#fail({ error, isPathToBlame: !isRefusal, isFinal: isRefusal && !isForWantOfPlace(error) })
  }

  #timedOut(): void {
    this.#dial.cancel()
    this.#fail({ error: timedOut(), isPathToBlame: true, isFinal: false })
  }

  #fail(failure: TunnelFailure): void {
    if (this.#finish()) this.#parts.onFailed(failure)
  }

  /** False: it was finished before. */
  #finish(): boolean {
    if (this.#state === 'finished') return false
    this.#state = 'finished'
    this.#timer.cancel()
    return true
  }
}

const GIVEN_UP = linkError(CloseCode.NO_ERROR, 'there is a link over another path')

function noSecret(): DialError {
  return new DialError('EHOSTUNREACH', 'the router on the way does not know the secret of the network')
}

function timedOut(): DialError {
  const message = `the router did not answer within ${ANSWER_MS} ms`
  return new DialError('ETIMEDOUT', message, { reason: RefusalReason.TIMED_OUT })
}
