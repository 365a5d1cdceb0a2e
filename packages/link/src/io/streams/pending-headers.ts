import type { MessageDecoder } from '@astranet/frame/message'
import type { Clock, Timer } from '@astranet/interface'
import type { Stream } from '@astranet/mux'

/** The most streams of one link that the peer has opened and not yet said what for. Further ones are reset. */
export const MAX_AWAITED_HEADERS = 65_536

/** How long the header of a stream may take from the stream's first frame, in ms. Then the stream is reset. */
export const HEADER_TIMEOUT_MS = 30_000

/** How many late streams are given up in one turn of the event loop. */
const EXPIRED_PER_TURN = 1024

/** A stream whose header is not complete. The stream has it as its `context`. */
export class AwaitedHeader {
  readonly stream: Stream
  /** When it is late, by the link's clock. */
  readonly deadlineMs: number
  /** Holds the header's beginning, once there is one. */
  decoder: MessageDecoder | undefined = undefined
  /** @internal */ previous: AwaitedHeader | undefined
  /** @internal */ next: AwaitedHeader | undefined = undefined

  constructor(stream: Stream, deadlineMs: number, previous: AwaitedHeader | undefined) {
    this.stream = stream
    this.deadlineMs = deadlineMs
    this.previous = previous
  }
}

/**
 * The streams whose header is not complete, oldest first: a linked list, so that one leaves it at once from anywhere and
 * nothing of it stays. One timer serves them all. It is not cancelled when the list empties, which happens with nearly
 * every stream: it finds nothing late and is set again by the next one.
 */
export class AwaitedHeaders {
  readonly #clock: Clock
  readonly #onLate: (header: AwaitedHeader) => void
  #size = 0
  #first: AwaitedHeader | undefined = undefined
  #last: AwaitedHeader | undefined = undefined
  #timer: Timer | undefined = undefined

  /** `onLate` must `remove` what it is given. */
  constructor(clock: Clock, onLate: (header: AwaitedHeader) => void) {
    this.#clock = clock
    this.#onLate = onLate
  }

  /** Notes a stream that was just opened; `undefined` when there are too many. */
  add(stream: Stream): AwaitedHeader | undefined {
    if (this.#size >= MAX_AWAITED_HEADERS) return undefined
    const header = new AwaitedHeader(stream, this.#clock.now() + HEADER_TIMEOUT_MS, this.#last)
    if (this.#last === undefined) this.#first = header
    else this.#last.next = header
    this.#last = header
    this.#size++
    if (this.#timer === undefined) this.#setTimer(HEADER_TIMEOUT_MS)
    return header
  }

  /** Forgets one that `add` returned. Once only. */
  remove(header: AwaitedHeader): void {
    const { previous, next } = header
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    // One that is over and refers to its neighbours would keep them alive, and they theirs, until a full collection.
    header.previous = undefined
    header.next = undefined
    this.#size--
  }

  /** Nothing is late any more. */
  stop(): void {
    this.#timer?.cancel()
  }

  #setTimer(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => this.#expire(), { background: true })
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (let count = 0; count < EXPIRED_PER_TURN && this.#first !== undefined; count++) {
      if (this.#first.deadlineMs > now) break
      this.#onLate(this.#first)
    }
    if (this.#first !== undefined) this.#setTimer(Math.max(0, this.#first.deadlineMs - now))
  }
}
