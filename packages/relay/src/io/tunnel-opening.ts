import type { Clock, NodeId, Timer } from '@astranet/interface'
import {
  RefusalReason,
  StreamPlace,
  type DialError,
  type Link,
  type OutgoingDial,
  type PairFacts,
  type TunnelHeader,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import type { TunnelRefusal } from '../proto/tunnel/hop.js'
import type { ForwardedPath } from './hop-choice.js'
import { answerWithSecret, headerWithSecret, type TunnelSecret } from './tunnel-secrets.js'
import type { NextHop, TunnelRequest } from './tunnel-request.js'

/** What opening a tunnel to the next hop needs. */
export interface TunnelOpeningParts {
  readonly clock: Clock
  /** The link on which it was asked for. */
  readonly link: Link
  /** What was asked for; nobody handles its stream yet. */
  readonly request: TunnelRequest
  readonly next: NextHop
  readonly timeoutMs: number
  readonly secretFor: TunnelSecret | undefined
  /** One of these two is called, once, and not from inside the constructor. The stream is paused. */
  readonly onAccepted: (accepted: AcceptedTunnel) => void
  /** Without a refusal: the node that asked has gone. */
  readonly onFailed: (refusal: TunnelRefusal | undefined) => void
}

/** What the next hop has accepted. */
export interface AcceptedTunnel {
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
  /** What the answer to the node that asked says of the secret of the two ends. */
  readonly answer: PairFacts | undefined
}

/**
 * A tunnel for which the next hop was asked and has not answered yet. States: *preparing* (a secret is made for the
 * next hop), *asked*, *answering* (a secret is made for the node that asked), *finished*. Preparing and answering take
 * no time where no secret is needed.
 */
export class TunnelOpening {
  readonly #parts: TunnelOpeningParts
  readonly #timer: Timer
  #dial: OutgoingDial | undefined = undefined
  /** The stream to the next hop while the answer is made. */
  #accepted: Stream | undefined = undefined
  #isFinished = false

  constructor(parts: TunnelOpeningParts) {
    this.#parts = parts
    const { clock, request, next, timeoutMs, secretFor } = parts
    request.stream.context = new StreamPlace({ take: () => true, release: () => this.giveUp() })
    this.#timer = clock.setTimer(timeoutMs, () => this.giveUp(TIMED_OUT), { background: true })
    const header = headerWithSecret(next.header, next.link, secretFor)
    if (header instanceof Promise) this.#askWith(header)
    else this.#ask(next)
  }

  /** The tunnel as the policy sees it. */
  get path(): ForwardedPath {
    const { link, next } = this.#parts
    const { path } = next.header
    return { near: link, far: next.link, source: path[0] as NodeId, end: path.at(-1) as NodeId }
  }

  /** Asks no longer. Without effect once there is an answer. */
  giveUp(refusal?: TunnelRefusal): void {
    if (this.#isFinished) return
    this.#finish()
    this.#dial?.cancel()
    this.#accepted?.destroy()
    this.#parts.onFailed(refusal)
  }

  #askWith(header: Promise<TunnelHeader>): void {
    const { next } = this.#parts
    header.then((made) => this.#ask({ ...next, header: made })).catch(() => this.giveUp(NO_SECRET))
  }

  #ask({ link, header }: NextHop): void {
    if (this.#isFinished) return
    this.#dial = link.dial(header, {
      onAccepted: (dial, stream, initialBytes) => this.#onAccepted(dial, stream, initialBytes),
      onFailed: (_, error) => {
        if (this.#isFinished) return
        this.#finish()
        this.#parts.onFailed(refusalOf(error))
      },
    })
  }

  #onAccepted({ pair }: OutgoingDial, stream: Stream, initialBytes: Uint8Array | undefined): void {
    const { link, request, secretFor } = this.#parts
    // What follows the answer counts as unread until it is forwarded, however long the secret takes.
    stream.manualCredit = true
    const made = answerWithSecret(request.header, pair, { link, secretFor })
    if (!(made instanceof Promise)) return this.#pass({ stream, initialBytes, answer: made })
    this.#accepted = stream
    made
      .then((answer) => this.#pass({ stream, initialBytes, answer }))
      .catch(() => {
        if (!this.#isFinished) return this.giveUp(NO_SECRET)
        // The answer could not be passed on, so nobody else ends the two streams.
        stream.destroy()
        request.stream.destroy()
      })
  }

  #pass(accepted: AcceptedTunnel): void {
    if (this.#isFinished) return
    this.#finish()
    this.#parts.onAccepted(accepted)
  }

  #finish(): void {
    this.#isFinished = true
    this.#timer.cancel()
    this.#parts.request.stream.context = undefined
  }
}

const TIMED_OUT: TunnelRefusal = {
  reason: RefusalReason.TIMED_OUT,
  text: 'the next node on the path did not answer in time',
}

const NO_SECRET: TunnelRefusal = {
  reason: RefusalReason.INTERNAL_ERROR,
  text: 'this router could not make the secret of the two ends',
}

const KNOWN_REASONS: readonly number[] = Object.values(RefusalReason)

/** What the opener is answered: the reason of the next hop, or that it could not be asked. */
function refusalOf({ reason, text, message }: DialError): TunnelRefusal {
  if (reason === undefined || reason === RefusalReason.GOING_AWAY)
    return { reason: RefusalReason.UNREACHABLE, text: `the next node on the path is gone: ${message}` }
  if (!KNOWN_REASONS.includes(reason)) return { reason: RefusalReason.UNREACHABLE, text: text ?? '' }
  return { reason: reason as RefusalReason, text: text ?? '' }
}
