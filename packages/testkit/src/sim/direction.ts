import type { Clock } from '@astranet/interface'
import type { SimDirectionOptions } from './link-options.js'
import type { Rng } from './rng.js'

interface Piece {
  readonly bytes: Uint8Array
  readonly dueMs: number
}

/** Whom a direction tells what happened. */
export interface DirectionEvents {
  /** Whether the receiver takes bytes now. */
  canDeliver(): boolean
  delivered(bytes: Uint8Array): void
  /** The last byte was delivered, and the sender has ended. */
  ended(): void
  /** What the sender was told to wait for fits into the buffer now. */
  drained(): void
  /** `cutAfterBytes` was reached. */
  cut(): void
}

/** One direction of a simulated link: bytes under way, and when each piece arrives. */
export class SimDirection {
  readonly #clock: Clock
  readonly #rng: Rng | undefined
  readonly #options: SimDirectionOptions
  readonly #events: DirectionEvents
  readonly #bufferBytes: number
  #pieces: Piece[] = []
  #queuedBytes = 0
  #deliveredBytes = 0
  #lineFreeMs = 0
  #lastDueMs = 0
  #endDueMs: number | undefined
  #isOver = false
  #isHeld = false
  #isScheduled = false

  constructor(clock: Clock, options: SimDirectionOptions, rng: Rng | undefined, events: DirectionEvents) {
    this.#clock = clock
    this.#options = options
    this.#rng = rng
    this.#events = events
    this.#bufferBytes = options.bufferBytes ?? 65_536
  }

  get delayMs(): number {
    return this.#options.delayMs ?? 0
  }

  /** Bytes that the buffer has no room for. */
  get excessBytes(): number {
    return Math.max(0, this.#queuedBytes - this.#bufferBytes)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.length;) {
        const end = start + Math.min(this.#pieceLength(), chunk.length - start)
        this.#pieces.push({ bytes: chunk.slice(start, end), dueMs: this.#dueMs(end - start) })
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

  /** Drops what is under way. Nothing is told any more. */
  stop(): void {
    this.#isOver = true
    this.#pieces = []
    this.#queuedBytes = 0
  }

  /** Sees to it that what is under way arrives. To be called whenever the receiver may have become ready. */
  schedule(): void {
    const dueMs = this.#pieces[0]?.dueMs ?? this.#endDueMs
    if (dueMs === undefined || this.#isScheduled || !this.#canDeliver()) return
    this.#isScheduled = true
    const waitMs = dueMs - this.#clock.now()
    if (waitMs > 0) this.#clock.setTimer(waitMs, this.#deliverDue)
    else this.#clock.defer(this.#deliverDue)
  }

  #canDeliver(): boolean {
    return !this.#isOver && !this.#isHeld && this.#events.canDeliver()
  }

  readonly #deliverDue = (): void => {
    this.#isScheduled = false
    const nowMs = this.#clock.now()
    const hadExcess = this.excessBytes > 0
    // What a handler writes meanwhile waits for the next event, or two talkative ends would never let time move.
    const waiting = this.#pieces.length
    let count = 0
    for (; count < waiting && this.#canDeliver(); count++) {
      const piece = this.#pieces[count] as Piece
      if (piece.dueMs > nowMs) break
      if (!this.#deliver(piece.bytes)) return
    }
    this.#pieces.splice(0, count)
    if (hadExcess && this.excessBytes === 0 && !this.#isOver) this.#events.drained()
    if (this.#pieces.length === 0 && (this.#endDueMs ?? Infinity) <= nowMs && this.#canDeliver()) {
      this.#isOver = true
      return this.#events.ended()
    }
    this.schedule()
  }

  /** Returns `false` when that was the link's last byte. */
  #deliver(bytes: Uint8Array): boolean {
    this.#queuedBytes -= bytes.length
    const left = (this.#options.cutAfterBytes ?? Infinity) - this.#deliveredBytes
    const taken = bytes.length > left ? bytes.slice(0, left) : bytes
    this.#deliveredBytes += taken.length
    if (taken.length > 0) this.#events.delivered(taken)
    if (bytes.length >= left && !this.#isOver) this.#events.cut()
    return !this.#isOver
  }

  #pieceLength(): number {
    const longest = this.#options.maxPieceBytes ?? Infinity
    return this.#rng === undefined || longest === Infinity ? longest : this.#rng.integer(1, longest)
  }

  /** When bytes that leave now have arrived. A line carries one byte after the other, and never changes their order. */
  #dueMs(bytes: number): number {
    const { bytesPerSecond = Infinity, jitterMs = 0 } = this.#options
    this.#lineFreeMs = Math.max(this.#lineFreeMs, this.#clock.now()) + (bytes * 1000) / bytesPerSecond
    const jitter = jitterMs > 0 && this.#rng !== undefined ? this.#rng.float() * jitterMs : 0
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#lineFreeMs + this.delayMs + jitter)
    return this.#lastDueMs
  }
}
