import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import type { ByteDuplex, ByteDuplexHandler, Clock, NodeId, Timer } from '@astranet/interface'
import { CloseCode, LinkError } from '../../proto/error-codes.js'
import { negotiateRole, type SessionRole } from '../../proto/negotiate-role.js'
import { encodePreamble, NONCE_BYTES, type LinkRole, type Preamble } from '../../proto/preamble.js'
import { PreambleParser } from '../../proto/preamble-parser.js'

/**
 * How long a pipe stays open after the preambles did not match, in ms: the peer can read this side's preamble and
 * close. Until then the pipe counts as a pending handshake.
 */
const LINGER_MS = 1_000

/** What a {@link Doorway} needs to know. */
export interface DoorwayOptions {
  readonly role: LinkRole
  readonly nodeId: NodeId
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
}

/** What came out of a {@link Doorway}: a pipe on which a session can start. */
export interface Passage {
  /** Carries the session's bytes. It has to be taken over with `handle` inside `onPassed`. */
  readonly duplex: ByteDuplex
  /** The part that this side plays in the session. */
  readonly role: SessionRole
  readonly ownPreamble: Preamble
  readonly peerPreamble: Preamble
  /** What arrived behind the preamble; may be empty. */
  readonly initialBytes: Uint8Array
}

/** What a {@link Doorway} reports: `onPassed`, or `onFailed` and then `onPipeClosed`; each once. */
export interface DoorwayEvents {
  onPassed(passage: Passage): void
  /** The preambles did not match. The pipe is being closed: by the peer, or after 1 s by this side. */
  onFailed(error: LinkError): void
  /** The pipe is closed; also after `abort` and `cut`. */
  onPipeClosed(): void
}

/**
 * What stands in front of a link: a pipe goes in, both sides' preambles are exchanged (spec section 3), and the pipe,
 * the negotiated role and the bytes behind the preamble come out. A handshake that encrypts the pipe belongs here.
 *
 * It has no deadline of its own: its owner calls `cut`.
 */
export class Doorway implements ByteDuplexHandler {
  readonly #duplex: ByteDuplex
  readonly #own: Preamble
  readonly #clock: Clock
  readonly #events: DoorwayEvents
  readonly #parser: PreambleParser
  /** Passed, failed or aborted: what else arrives does not count. */
  #isDone = false
  #lingerTimer: Timer | undefined = undefined

  /** Throws a `RangeError` when `randomBytes` returns another number of bytes than it was asked for. */
  constructor(duplex: ByteDuplex, options: DoorwayOptions, events: DoorwayEvents) {
    this.#duplex = duplex
    this.#own = ownPreamble(options)
    this.#clock = options.clock
    this.#events = events
    this.#parser = new PreambleParser(this.#own.qmuxDraft)
  }

  start(): void {
    // Written first: `handle` may deliver the peer's preamble at once, and then QMux begins to write.
    this.#duplex.writev([encodePreamble(this.#own)])
    this.#duplex.handle(this)
  }

  /** Gives up and destroys the pipe, also one that lingers after `onFailed`. `onFailed` is not called any more. */
  abort(error: Error): void {
    this.#isDone = true
    this.#lingerTimer?.cancel()
    this.#duplex.abort(error)
  }

  /** `abort`, without waiting until the pipe reports that it is closed. */
  cut(error: Error): void {
    this.abort(error)
    this.#events.onPipeClosed()
  }

  onData(chunk: Uint8Array): void {
    if (this.#isDone) return
    const result = this.#parser.push(chunk)
    if (result.kind === 'incomplete') return
    if (result.kind === 'error') {
      this.#fail(result.error)
      return
    }
    const { preamble, initialBytes } = result
    const role = negotiateRole(this.#own, preamble)
    if (role instanceof LinkError) {
      this.#fail(role)
      return
    }
    this.#isDone = true
    this.#events.onPassed({
      duplex: this.#duplex,
      role,
      ownPreamble: this.#own,
      peerPreamble: preamble,
      initialBytes,
    })
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#isDone) this.#duplex.end()
    else this.#fail(closed('the peer ended the connection before its preamble was complete'))
  }

  onClose(reason: Error | undefined): void {
    if (!this.#isDone)
      this.#fail(
        closed(`the connection closed during the preamble${reason ? `: ${reason.message}` : ''}`, reason),
      )
    this.#lingerTimer?.cancel()
    this.#events.onPipeClosed()
  }

  #fail(error: LinkError): void {
    this.#isDone = true
    // Reported first: the pipe may close from inside `end`.
    this.#events.onFailed(error)
    this.#lingerTimer = this.#clock.setTimer(LINGER_MS, () => this.cut(error), { background: true })
    // A foreign protocol is cut off. A peer that can read this side's preamble gets it, so that it can report the same.
    if (error.code === 'ASTRA_ERR_LINK_FOREIGN') this.#duplex.abort(error)
    else this.#duplex.end()
  }
}

function ownPreamble({ role, nodeId, randomBytes }: DoorwayOptions): Preamble {
  const nonce = randomBytes(NONCE_BYTES)
  if (nonce.length !== NONCE_BYTES) {
    throw new RangeError(
      `randomBytes must return ${NONCE_BYTES} bytes when asked for them, got ${nonce.length}`,
    )
  }
  return { qmuxDraft: QMUX_DRAFT_NUMBER, role, isResuming: false, nonce, nodeId }
}

function closed(message: string, cause?: Error): LinkError {
  return new LinkError('ASTRA_ERR_LINK_CLOSED', message, { closeCode: CloseCode.NO_ERROR, cause })
}
