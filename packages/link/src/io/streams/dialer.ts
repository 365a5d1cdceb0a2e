import type { Clock } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import type { Session } from '@astranet/mux'
import type { LinkError } from '../../proto/error-codes.js'
import { GoAwayState, type GoAway } from '../../proto/go-away.js'
import { DialError } from '../../proto/stream-answer.js'
import { checkStreamHeader, type StreamHeader } from '../../proto/stream-header.js'
import { OutgoingDial, type DialHandler } from './outgoing-dial.js'

/** How many waiting dials are failed in one turn of the event loop. */
const FAILURES_PER_TURN = 1024

/** Opens streams for dials, in their order, as the peer allows them. */
export class Dialer {
  readonly #clock: Clock
  /** Dials that wait until the peer allows more streams; cancelled ones stay until they come first. */
  readonly #queue = new FifoQueue<OutgoingDial>()
  readonly #peerGoAway = new GoAwayState()
  #session: Session | undefined = undefined
  /** Why no dial can succeed any more; `undefined` while dials can succeed. */
  #end: DialError | undefined = undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The peer allows streams, or more of them. */
  open(session: Session): void {
    this.#session = session
    for (let dial = this.#firstWaiting(); dial !== undefined; dial = this.#firstWaiting()) {
      const stream = session.tryOpenStream()
      if (stream === undefined) return
      this.#queue.shift()
      dial.begin(stream)
      dial.handler.onAsked?.(dial, stream)
    }
  }

  /** See `Link.dial`. */
  dial(header: StreamHeader, handler: DialHandler, context: unknown): OutgoingDial {
    checkStreamHeader(header)
    const dial = new OutgoingDial(header, handler, { context, peerGoAway: this.#peerGoAway })
    const end = this.#end
    if (end !== undefined) {
      this.#clock.defer(() => dial.failed(end))
      return dial
    }
    const stream = this.#firstWaiting() === undefined ? this.#session?.tryOpenStream() : undefined
    if (stream === undefined) this.#queue.push(dial)
    else dial.begin(stream)
    return dial
  }

  /** The peer takes no new streams. `ownStreamType`: the type of stream (id modulo 4) that this side opens. */
  receiveGoAway(goAway: GoAway, ownStreamType: number): LinkError | undefined {
    const error = this.#peerGoAway.receive(goAway, ownStreamType)
    if (error === undefined) {
      this.stop(
        new DialError('ECONNREFUSED', 'the peer takes no new streams: it is going away', {
          isRetryable: true,
        }),
      )
    }
    return error
  }

  /** No dial succeeds from now on; those that wait fail, in a later turn of the event loop. */
  stop(error: DialError): void {
    if (this.#end !== undefined) return
    this.#end = error
    this.#session = undefined
    this.#clock.defer(() => this.#failWaiting(error))
  }

  /** The first dial that still needs a stream; it stays in the queue. */
  #firstWaiting(): OutgoingDial | undefined {
    let dial = this.#queue.peek()
    for (; dial?.isFinished === true; dial = this.#queue.peek()) this.#queue.shift()
    return dial
  }

  #failWaiting(error: DialError): void {
    for (let count = 0; count < FAILURES_PER_TURN; count++) {
      const dial = this.#firstWaiting()
      if (dial === undefined) return
      this.#queue.shift()
      dial.failed(error)
    }
    this.#clock.defer(() => this.#failWaiting(error))
  }
}
