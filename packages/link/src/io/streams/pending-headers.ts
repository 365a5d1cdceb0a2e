import type { MessageDecoder } from '@astranet/frame/message'
import type { Clock, Timer } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import type { StreamQuota } from './stream-quota.js'

/** The most streams of one link that the peer has opened and whose header is not complete. Further ones are reset. */
export const MAX_PENDING_HEADERS = 65_536

/** How long the header of a stream may take from the stream's first frame, in ms. Then the stream is reset. */
export const HEADER_TIMEOUT_MS = 30_000

/** How many late streams are reset in one turn of the event loop. */
const EXPIRED_PER_TURN = 1024

/** A stream whose header is not complete. The stream has it as its `context`. */
export class PendingHeader {
  readonly stream: Stream
  /** When it becomes late, by the link's clock. */
  readonly deadlineMs: number
  /** Holds the beginning of the header once it has arrived. */
  decoder: MessageDecoder | undefined = undefined
  /** @internal Whether the quota has counted it. */ readonly isCounted: boolean
  /** @internal */ previous: PendingHeader | undefined
  /** @internal */ next: PendingHeader | undefined = undefined

  constructor(
    stream: Stream,
    deadlineMs: number,
    { isCounted, previous }: { isCounted: boolean; previous: PendingHeader | undefined },
  ) {
    this.stream = stream
    this.deadlineMs = deadlineMs
    this.isCounted = isCounted
    this.previous = previous
  }
}

/**
 * The streams whose header is not complete, oldest first: a linked list, so that any of them is removed in constant
 * time and nothing refers to it afterwards. One timer serves them all. It is not cancelled when the list becomes empty,
 * because that happens with nearly every stream: it then finds nothing late, and the next stream sets it again. The
 * list is intrusive and of this class alone, because it is touched twice per stream.
 */
export class PendingHeaders {
  readonly #clock: Clock
  readonly #onLate: (header: PendingHeader) => void
  /** Set when the link opens. Counts each stream from `add` to `remove`. */
  quota: StreamQuota | undefined = undefined
  /** The newest stream for which the quota had no place. */
  #uncounted: PendingHeader | undefined = undefined
  #size = 0
  #first: PendingHeader | undefined = undefined
  #last: PendingHeader | undefined = undefined
  #timer: Timer | undefined = undefined

  /** `onLate` must `remove` what it is given. */
  constructor(clock: Clock, onLate: (header: PendingHeader) => void) {
    this.#clock = clock
    this.#onLate = onLate
  }

  /** Adds a stream that was just opened; `undefined` when there are too many. */
  add(stream: Stream): PendingHeader | undefined {
    if (this.#size >= MAX_PENDING_HEADERS) return undefined
    const isCounted = this.quota === undefined || this.quota.take()
    const deadlineMs = this.#clock.now() + HEADER_TIMEOUT_MS
    const header = new PendingHeader(stream, deadlineMs, { isCounted, previous: this.#last })
    if (this.#last === undefined) this.#first = header
    else this.#last.next = header
    this.#last = header
    this.#size++
    if (this.#timer === undefined) this.#setTimer(HEADER_TIMEOUT_MS)
    if (!isCounted) this.#keepUncounted(header)
    return header
  }

  /** Removes one that `add` returned. Call it once only. */
  remove(header: PendingHeader): void {
    const { previous, next } = header
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    // A removed header that refers to its neighbours would keep them alive, and they theirs, until a full collection.
    header.previous = undefined
    header.next = undefined
    this.#size--
    if (header.isCounted) this.quota?.release()
    else if (this.#uncounted === header) this.#uncounted = undefined
  }

  /** The link has ended: nothing becomes late any more. */
  stop(): void {
    this.#timer?.cancel()
  }

  /**
   * The quota has no place for the stream. Its header arrives with it as a rule, so one stream may wait for that, until
   * the next one comes: then the dialer gets an answer and not a reset.
   */
  #keepUncounted(header: PendingHeader): void {
    const former = this.#uncounted
    this.#uncounted = header
    if (former !== undefined) this.#onLate(former)
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
