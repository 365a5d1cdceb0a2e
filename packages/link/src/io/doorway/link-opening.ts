import type { ByteDuplex, Clock, Timer } from '@astranet/interface'
import { invalidReturn } from '@astranet/interface/check'
import { HandshakeChannel } from '@astranet/secure'
import { CloseCode, LinkError, linkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import type { DoorwaySlots } from '../../proto/slots/doorway-slots.js'
import type { DoorwaySlot } from '../../proto/slots/slot.js'
import { Door, type DoorEvents, type DoorSide } from './door.js'
import { busy, closedInDoorway, toLinkError } from './doorway-errors.js'
import { passDoorway } from './doorway.js'
import { FailedPipe } from './failed-pipe.js'
import type { Introduced, Passage } from './passage.js'

/** What is held of a peer before its session runs, over a pipe that does not pause: 128 KiB. */
export const MAX_DOORWAY_BYTES = 131_072

/** What a {@link LinkOpening} needs to know. */
export interface OpeningOptions {
  readonly clock: Clock
  /** From `start` until `onEstablished`. */
  readonly timeoutMs: number
  /** What this side brings; made when the opening starts. */
  readonly makeSide: () => DoorSide
  /** Where the pipe counts as pending; `undefined`: it does not count. */
  readonly slots: DoorwaySlots | undefined
  /** As which remote address it counts there. */
  readonly slotAddress: string
}

/** What a {@link LinkOpening} asks of its link. */
export interface OpeningEvents extends Pick<DoorEvents, 'onIntroduced'> {
  /** Whether this node takes a peer that was introduced. An error refuses it. May throw or reject. */
  admit(hello: Hello): LinkError | undefined | Promise<LinkError | undefined>
  /** The pipe has passed the doorway: start a session on it. `passage.refusal`: and close it at once. */
  onPassed(passage: Passage): void
  /** Both sides have admitted each other. */
  onEstablished(): void
  /** It failed before there was a session; the pipe is being closed. */
  onFailed(error: LinkError): void
  /** The pipe, on which there is no session, is closed. Follows `onFailed`. */
  onPipeClosed(): void
  /** Too many refused peers are waited for: the session that was started to refuse this one is destroyed. */
  onCut(): void
  /** The session has to be closed: the peer has not started its own in time. */
  onViolation(error: LinkError): void
}

/**
 * From a new pipe to an open link, against one deadline: first the doorway, with the admission as its last step; then
 * the session, until the peer's speaks, which shows that the peer has admitted this side. Legal order: `start`; then
 * `onPassed`, or `onFailed` and `onPipeClosed`; after `onPassed` `peerSpoke` and `onEstablished`. `stop` or `abort` at
 * any time, and nothing follows. `closed` comes last.
 */
export class LinkOpening {
  readonly #duplex: ByteDuplex
  readonly #options: OpeningOptions
  readonly #events: OpeningEvents
  #timer: Timer | undefined = undefined
  #failed: FailedPipe | undefined = undefined
  #channel: HandshakeChannel | undefined = undefined
  #door: Door | undefined = undefined
  #slot: DoorwaySlot | undefined = undefined
  #stage: 'doorway' | 'admission' | 'session' | 'failed' | 'stopped' = 'doorway'
  /** Refuses the peer about which `admit` has not decided in time. */
  #refuseLate: ((refusal: LinkError) => void) | undefined = undefined
  #hasClosed = false
  /** Whether the session has only been started to refuse the peer, whose slot is kept until it has closed. */
  #isRefusing = false

  constructor(duplex: ByteDuplex, options: OpeningOptions, events: OpeningEvents) {
    this.#duplex = duplex
    this.#options = options
    this.#events = events
  }

  start(): void {
    const { clock, timeoutMs, makeSide } = this.#options
    if (!this.#takeSlot()) return
    this.#timer = clock.setTimer(timeoutMs, () => this.#expire(), { background: true })
    const channel = new HandshakeChannel(this.#duplex, {
      maxHeldBytes: MAX_DOORWAY_BYTES,
      onClosed: (reason) => this.#onClosed(reason),
    })
    this.#channel = channel
    this.#door = new Door({
      side: makeSide(),
      duplex: this.#duplex,
      channel,
      events: {
        onStage: (stage) => this.#slot?.advance(stage),
        mayBegin: () => this.#slot?.begin(clock.now()) ?? true,
        isNew: (nonce) => this.#slot?.isNew(nonce) ?? true,
        mayAnswer: () => this.#slot?.answer(clock.now()) ?? true,
        onIntroduced: (introduced) => this.#onIntroduced(introduced),
        admit: (hello) => this.#admit(hello),
      },
    })
    passDoorway(this.#door).then(
      (passage) => this.#onPassed(passage),
      (error: unknown) => this.#fail(toLinkError(error)),
    )
  }

  /** The session runs, and the peer's transport parameters have arrived. */
  peerSpoke(): void {
    if (this.#stage !== 'session') return
    this.stop()
    this.#events.onEstablished()
  }

  /** There is no deadline any more: the link is open, or its session ends. A pipe that has failed is still closed. */
  stop(): void {
    if (this.#stage !== 'failed') this.#end()
  }

  /** Gives up before there is a session: destroys the pipe. */
  abort(error: Error): void {
    this.#channel?.fail(error)
    this.#end()
    this.#duplex.abort(error)
  }

  /** The link has closed: a refused peer is not counted any more. */
  closed(): void {
    this.stop()
    this.#slot?.release()
  }

  #end(): void {
    this.#stage = 'stopped'
    this.#timer?.cancel()
    this.#failed?.stop()
    if (!this.#isRefusing) this.#slot?.release()
    // A link keeps nothing of its handshake.
    this.#channel = undefined
    this.#door = undefined
  }

  /** Whether the pipe may be pending. The slot may be lost while it is taken: then the opening has failed. */
  #takeSlot(): boolean {
    const slot = this.#options.slots?.enter(this.#options.slotAddress, {
      onEvicted: () => this.#fail(busy()),
      onCut: () => (this.#failed === undefined ? this.#events.onCut() : this.#failed.cut()),
    })
    this.#slot = slot
    if (this.#stage === 'doorway') return true
    slot?.release()
    return false
  }

  #onIntroduced(introduced: Introduced): void {
    if (this.#stage !== 'doorway') return
    this.#stage = 'admission'
    this.#events.onIntroduced(introduced)
  }

  async #admit(hello: Hello): Promise<LinkError | undefined> {
    if (this.#stage !== 'admission') return undefined
    const isLate = new Promise<LinkError>((resolve) => (this.#refuseLate = resolve))
    try {
      const answer: unknown = await Promise.race([this.#events.admit(hello), isLate])
      if (answer === undefined || answer instanceof LinkError) return answer
      return undecided(invalidReturn('a LinkError or undefined', 'admit', answer))
    } catch (cause) {
      return undecided(cause)
    }
  }

  #onPassed(passage: Passage): void {
    if (this.#stage !== 'doorway' && this.#stage !== 'admission') return
    this.#stage = 'session'
    this.#isRefusing = passage.refusal !== undefined
    if (this.#isRefusing) this.#slot?.linger()
    else this.#slot?.release()
    this.#events.onPassed(passage)
  }

  #expire(): void {
    const after = `within ${this.#options.timeoutMs} ms (helloTimeoutMs)`
    const late = (what: string): LinkError => linkError(CloseCode.HELLO_TIMEOUT, `the peer ${what} ${after}`)
    if (this.#stage === 'admission')
      this.#refuseLate?.(linkError(CloseCode.REFUSED, `this node did not decide about the peer ${after}`))
    else if (this.#stage === 'session') this.#events.onViolation(late('has not started its session'))
    else if (this.#door?.peer === undefined) this.#fail(late('sent no complete preamble'))
    else this.#fail(late('did not complete the handshake'))
  }

  #fail(error: LinkError): void {
    if (this.#stage !== 'doorway' && this.#stage !== 'admission') return
    this.#stage = 'failed'
    this.#timer?.cancel()
    this.#slot?.linger()
    // Reported first: the pipe may close from inside `end`.
    this.#events.onFailed(error)
    if (this.#hasClosed) return
    const farewell = this.#door?.farewell(error)
    this.#channel?.fail(error)
    this.#failed = new FailedPipe(this.#duplex, error, () => this.#reportClosed())
    this.#failed.close(this.#options.clock, farewell)
  }

  #onClosed(reason: Error | undefined): void {
    this.#hasClosed = true
    this.#fail(closedInDoorway(reason))
    this.#reportClosed()
  }

  #reportClosed(): void {
    if (this.#stage !== 'failed') return
    this.#end()
    this.#events.onPipeClosed()
  }
}

function undecided(cause: unknown): LinkError {
  return linkError(CloseCode.REFUSED, 'this node could not decide whether it admits the peer', { cause })
}
