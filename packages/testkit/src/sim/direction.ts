import type { Clock } from '@astranet/interface'
import type { PairDirection, PairEnd } from '@astranet/interface/duplex-pair'
import type { SimDirectionOptions } from './link-options.js'
import type { Rng } from './rng.js'

interface Piece {
  readonly bytes: Uint8Array
  readonly dueMs: number
}

/** The two ends that a direction joins. */
export interface DirectionEnds {
  readonly receiver: Pick<PairEnd, 'canReceive' | 'receive' | 'receiveEnd'>
  readonly sender: Pick<PairEnd, 'drain'>
  /** The direction has carried `cutAfterBytes`. */
  cut(): void
}

/** One direction of a simulated link: bytes in flight, and when each piece arrives. */
export class SimDirection implements PairDirection {
  readonly #clock: Clock
  readonly #rng: Rng | undefined
  readonly #options: SimDirectionOptions
  readonly #ends: DirectionEnds
  readonly #bufferBytes: number
  #pieces: Piece[] = []
  #queuedBytes = 0
  #deliveredBytes = 0
  #lineFreeMs = 0
  #lastDueMs = 0
  #endDueMs: number | undefined
  #isEnded = false
  #isHeld = false
  #isScheduled = false

  constructor(clock: Clock, options: SimDirectionOptions, rng: Rng | undefined, ends: DirectionEnds) {
    this.#clock = clock
    this.#options = options
    this.#rng = rng
    this.#ends = ends
    this.#bufferBytes = options.bufferBytes ?? 65_536
  }

  get delayMs(): number {
    return this.#options.delayMs ?? 0
  }

  /** Bytes that the buffer has no room for. */
  get excessBytes(): number {
    return Math.max(0, this.#queuedBytes - this.#bufferBytes)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.length;) {
        const end = start + Math.min(this.#pieceLength(), chunk.length - start)
        this.#pieces.push({
          bytes: new Uint8Array(chunk.subarray(start, end)),
          dueMs: this.#dueMs(end - start),
        })
        this.#queuedBytes += end - start
        start = end
      }
    }
    this.schedule()
  }

  end(): void {
    this.#endDueMs ??= this.#dueMs(0)
    this.schedule()
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.schedule()
  }

  /** Drops what is in flight; nothing more is delivered. */
  stop(): void {
    this.#isEnded = true
    this.#pieces = []
    this.#queuedBytes = 0
  }

  /** Delivers later what is in flight. Called whenever the receiver may have become ready. */
  schedule(): void {
    const dueMs = this.#pieces[0]?.dueMs ?? this.#endDueMs
    if (dueMs === undefined || this.#isScheduled || !this.#canDeliver()) return
    this.#isScheduled = true
    const waitMs = dueMs - this.#clock.now()
    if (waitMs > 0) this.#clock.setTimer(waitMs, this.#deliverDue)
    else this.#clock.defer(this.#deliverDue)
  }

  #canDeliver(): boolean {
    return !this.#isEnded && !this.#isHeld && this.#ends.receiver.canReceive()
  }

  readonly #deliverDue = (): void => {
    this.#isScheduled = false
    const nowMs = this.#clock.now()
    const hadExcess = this.excessBytes > 0
    // What a handler writes meanwhile waits for the next event; otherwise two ends that answer each other would stop
    // time.
    const waiting = this.#pieces.length
    let count = 0
    for (; count < waiting && this.#canDeliver(); count++) {
      const piece = this.#pieces[count] as Piece
      if (piece.dueMs > nowMs) break
      if (!this.#deliver(piece.bytes)) return
    }
    this.#pieces.splice(0, count)
    if (hadExcess && this.excessBytes === 0 && !this.#isEnded) this.#ends.sender.drain()
    if (this.#pieces.length === 0 && (this.#endDueMs ?? Infinity) <= nowMs && this.#canDeliver()) {
      this.#isEnded = true
      return this.#ends.receiver.receiveEnd()
    }
    this.schedule()
  }

  /** Returns `false` when that was the link's last byte. */
  #deliver(bytes: Uint8Array): boolean {
    this.#queuedBytes -= bytes.length
    const left = (this.#options.cutAfterBytes ?? Infinity) - this.#deliveredBytes
    const taken = bytes.length > left ? bytes.slice(0, left) : bytes
    this.#deliveredBytes += taken.length
    if (taken.length > 0) this.#ends.receiver.receive(taken)
    if (bytes.length >= left && !this.#isEnded) this.#ends.cut()
    return !this.#isEnded
  }

  #pieceLength(): number {
    const longest = this.#options.maxPieceBytes ?? Infinity
    return this.#rng === undefined || longest === Infinity ? longest : this.#rng.integer(1, longest)
  }

  /** When bytes that leave now arrive. A line carries one byte after the other, and never changes their order. */
  #dueMs(bytes: number): number {
    const { bytesPerSecond = Infinity, jitterMs = 0 } = this.#options
    this.#lineFreeMs = Math.max(this.#lineFreeMs, this.#clock.now()) + (bytes * 1000) / bytesPerSecond
    const jitter = jitterMs > 0 && this.#rng !== undefined ? this.#rng.float() * jitterMs : 0
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#lineFreeMs + this.delayMs + jitter)
    return this.#lastDueMs
  }
}
