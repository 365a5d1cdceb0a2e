import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import { systemClock, type ByteDuplex, type Clock, type Timer } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import { opaqueToWire, type ControlMessage } from '../proto/control-message.js'
import { CloseCode, linkError, LinkError, protocolError, StreamCode } from '../proto/error-codes.js'
import { goAwayToWire } from '../proto/go-away.js'
import type { Hello } from '../proto/hello.js'
import type { Preamble } from '../proto/preamble.js'
import type { LinkFacts, RankedLink } from '../proto/preferred-link.js'
import type { SessionRole } from '../proto/settle-role.js'
import { DialError, RefusalReason } from '../proto/stream-answer.js'
import type { StreamHeader, UnknownHeader } from '../proto/stream-header.js'
import { closeReason } from './close-reason.js'
import { ControlStream, controlEndedEarly } from './control-stream.js'
import { Dialer } from './dialer.js'
import { acceptStream, IncomingStreams, refuseStream } from './incoming-streams.js'
import { DEFAULT_HELLO_TIMEOUT_MS, type LinkHandler, type LinkOptions } from './link-options.js'
import type { DialHandler, OutgoingDial } from './outgoing-dial.js'
import { ownHello } from './own-hello.js'
import { PreambleExchange } from './preamble-exchange.js'

/**
 * Where a {@link Link} is in its life. Legal moves: `new` -> `preamble` -> `hello` -> `open` -> `closing` -> `closed`;
 * from every state to `closed` when the pipe breaks or the link is destroyed, from `hello` to `closing` when a HELLO is
 * refused or late. `draining` is not a state: streams go on in `open` until the last one ends.
 */
export type LinkState = 'new' | 'preamble' | 'hello' | 'open' | 'closing' | 'closed'

/**
 * An adjacency of two nodes: a QMux session over one pipe with the node protocol `astranet/1` spoken on it.
 *
 * It exchanges preambles and HELLOs within `helloTimeoutMs`, then dials and accepts streams, carries control messages
 * and ends in good order. What the peer does wrong closes the link with a code and a sentence (`onClose`); it never
 * throws. Until both HELLOs are accepted the peer gets one stream and 64 KiB of credit.
 *
 * Holds about 2 KiB and one timer besides its session; for each dial under way one small object; for streams that are
 * handed over nothing.
 */
export class Link implements RankedLink {
  readonly #duplex: ByteDuplex
  readonly #options: LinkOptions
  readonly #handler: LinkHandler
  readonly #clock: Clock
  readonly #hello: Hello
  readonly #dialer: Dialer
  readonly #incoming: IncomingStreams
  #state: LinkState = 'new'
  #preambles: PreambleExchange | undefined = undefined
  #timer: Timer | undefined = undefined
  #role: SessionRole = 'server'
  #claimedId: bigint = 0n
  #session: Session | undefined = undefined
  /** Streams that arrived while the session was being made. */
  #earlyStreams: Stream[] = []
  #control: ControlStream | undefined = undefined
  #peer: Hello | undefined = undefined
  /** The id that the peer's next stream will have. */
  #nextPeerStreamId = 0
  /** What this side's go-away said. */
  #ownGoAwayId: number | undefined = undefined
  #isPeerGoingAway = false
  /** Why this side closes. */
  #error: Error | undefined = undefined

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong. Nothing happens until `start`. */
  constructor(duplex: ByteDuplex, options: LinkOptions) {
    const { helloTimeoutMs = DEFAULT_HELLO_TIMEOUT_MS } = options
    if (!Number.isInteger(helloTimeoutMs) || helloTimeoutMs < 1 || helloTimeoutMs > 0x7fffffff) {
      throw new RangeError(`helloTimeoutMs must be an integer from 1 to 2^31 - 1, got ${helloTimeoutMs}`)
    }
    this.#duplex = duplex
    this.#options = options
    this.#handler = options.handler
    this.#clock = options.clock ?? systemClock
    this.#hello = ownHello(options, duplex.remoteAddress)
    this.#dialer = new Dialer(this.#clock)
    this.#incoming = new IncomingStreams((header, stream, rest) => this.#onHeader(header, stream, rest))
  }
