import type { PairSettings } from './options.js'

/** The longest piece that bytes are copied and delivered in: what a socket's read gives. */
const PIECE_BYTES = 65_536

/** The two ends that a flow joins. */
export interface FlowEnds {
  readonly receiver: { canReceive(): boolean; receive(bytes: Uint8Array): void; receiveEnd(): void }
  readonly sender: { drain(): void }
  /** The flow has carried `cutAfterBytes`. */
  cut(): void
}

/** One direction of a pair: the bytes under way, delivered in a later turn when their time has come. */
export class Flow {
  readonly #settings: PairSettings
  readonly #ends: FlowEnds
  #pieces: { readonly bytes: Uint8Array; readonly dueMs: number }[] = []
  #underWayBytes = 0
  #carriedBytes = 0
  #lineFreeMs = 0
  #endDueMs: number | undefined
  #isScheduled = false
  #isOver = false

  constructor(settings: PairSettings, ends: FlowEnds) {
    this.#settings = settings
    this.#ends = ends
  }

  /** Bytes that have no room in the buffer. */
  get excessBytes(): number {
    return Math.max(0, this.#underWayBytes - this.#settings.bufferBytes)
  }

  /** Whether its end was delivered, or it was stopped. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Copies `chunks`, small ones together: the receiver owns what it gets, and the writer gets its chunks back. */
  send(chunks: readonly Uint8Array[]): void {
    let left = 0
    for (const chunk of chunks) left += chunk.length
    let piece = new Uint8Array(Math.min(left, PIECE_BYTES))
    let filled = 0
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.length;) {
        const taken = Math.min(chunk.length - start, piece.length - filled)
        piece.set(chunk.subarray(start, start + taken), filled)
        start += taken
        filled += taken
        left -= taken
        if (filled < piece.length) continue
        this.#push(piece)
        piece = new Uint8Array(Math.min(left, PIECE_BYTES))
        filled = 0
      }
    }
    this.schedule()
  }

  /** Delivers the end after everything that is under way. */
  end(): void {
    this.#endDueMs ??= this.#dueMs(0)
    this.schedule()
  }

  /** Drops what is under way; nothing more is told. */
  stop(): void {
    this.#isOver = true
    this.#pieces = []
    this.#underWayBytes = 0
  }

  /** Delivers in a later turn what can be delivered. To be called whenever the receiver may have become ready. */
  schedule(): void {
    const dueMs = this.#pieces[0]?.dueMs ?? this.#endDueMs
    if (dueMs === undefined || this.#isScheduled || !this.#canDeliver()) return
    this.#isScheduled = true
    const { clock } = this.#settings
    const waitMs = dueMs - clock.now()
    if (waitMs > 0) clock.setTimer(waitMs, this.#run)
    else clock.defer(this.#run)
  }

  readonly #run = (): void => {
    this.#isScheduled = false
    const nowMs = this.#settings.clock.now()
    const hadExcess = this.excessBytes > 0
    // What is written meanwhile waits for the next turn, so that others get theirs.
    const waiting = this.#pieces.length
    let count = 0
    for (; count < waiting && this.#canDeliver(); count++) {
      const piece = this.#pieces[count]
      if (piece === undefined || piece.dueMs > nowMs) break
      this.#deliver(piece.bytes)
    }
    this.#pieces.splice(0, count)
    if (hadExcess && this.excessBytes === 0 && !this.#isOver) this.#ends.sender.drain()
    if (this.#pieces.length === 0 && (this.#endDueMs ?? Infinity) <= nowMs && this.#canDeliver()) {
      this.#isOver = true
      this.#ends.receiver.receiveEnd()
    }
    this.schedule()
  }

  #deliver(bytes: Uint8Array): void {
    this.#underWayBytes -= bytes.length
    const left = this.#settings.cutAfterBytes - this.#carriedBytes
    const carried = bytes.length > left ? bytes.slice(0, left) : bytes
    this.#carriedBytes += carried.length
    if (carried.length > 0) this.#ends.receiver.receive(carried)
    if (bytes.length >= left && !this.#isOver) this.#ends.cut()
  }

  #canDeliver(): boolean {
    return !this.#isOver && this.#ends.receiver.canReceive()
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push({ bytes, dueMs: this.#dueMs(bytes.length) })
    this.#underWayBytes += bytes.length
  }

  /** When bytes that leave now will have arrived, one after the other. */
  #dueMs(bytes: number): number {
    const { bytesPerSecond, delayMs, clock } = this.#settings
    this.#lineFreeMs = Math.max(this.#lineFreeMs, clock.now()) + (bytes * 1000) / bytesPerSecond
    return this.#lineFreeMs + delayMs
  }
}
