import { copyInPieces, type PairDirection, type PairEnd } from '@astranet/interface/duplex-pair'
import type { PairSettings } from './options.js'

/** The two ends that a flow joins. */
export interface FlowEnds {
  readonly receiver: Pick<PairEnd, 'canReceive' | 'receive' | 'receiveEnd'>
  readonly sender: Pick<PairEnd, 'drain'>
  /** The flow has carried `cutAfterBytes`. */
  cut(): void
}

/** One direction of a pair: bytes in flight, which are delivered in a later turn when they are due. */
export class Flow implements PairDirection {
  readonly #settings: PairSettings
  readonly #ends: FlowEnds
  #pieces: { readonly bytes: Uint8Array; readonly dueMs: number }[] = []
  #inFlightBytes = 0
  #carriedBytes = 0
  #lineFreeMs = 0
  #endDueMs: number | undefined
  #isScheduled = false
  #isEnded = false

  constructor(settings: PairSettings, ends: FlowEnds) {
    this.#settings = settings
    this.#ends = ends
  }

  get delayMs(): number {
    return this.#settings.delayMs
  }

  /** Bytes that have no room in the buffer. */
  get excessBytes(): number {
    return Math.max(0, this.#inFlightBytes - this.#settings.bufferBytes)
  }

  /** Whether its end was delivered, or it was stopped. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Copies `chunks`: the receiver owns what it gets, and the writer gets its chunks back. */
  send(chunks: readonly Uint8Array[]): void {
    for (const piece of copyInPieces(chunks)) this.#push(piece)
    this.schedule()
  }

  /** Delivers the end after everything that is in flight. */
  end(): void {
    this.#endDueMs ??= this.#dueMs(0)
    this.schedule()
  }

  /** Drops what is in flight; nothing more is delivered. */
  stop(): void {
    this.#isEnded = true
    this.#pieces = []
    this.#inFlightBytes = 0
  }

  /** Delivers in a later turn what can be delivered. Called whenever the receiver may have become ready. */
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
    if (hadExcess && this.excessBytes === 0 && !this.#isEnded) this.#ends.sender.drain()
    if (this.#pieces.length === 0 && (this.#endDueMs ?? Infinity) <= nowMs && this.#canDeliver()) {
      this.#isEnded = true
      this.#ends.receiver.receiveEnd()
    }
    this.schedule()
  }

  #deliver(bytes: Uint8Array): void {
    this.#inFlightBytes -= bytes.length
    const left = this.#settings.cutAfterBytes - this.#carriedBytes
    const carried = bytes.length > left ? bytes.slice(0, left) : bytes
    this.#carriedBytes += carried.length
    if (carried.length > 0) this.#ends.receiver.receive(carried)
    if (bytes.length >= left && !this.#isEnded) this.#ends.cut()
  }

  #canDeliver(): boolean {
    return !this.#isEnded && this.#ends.receiver.canReceive()
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push({ bytes, dueMs: this.#dueMs(bytes.length) })
    this.#inFlightBytes += bytes.length
  }

  /** When bytes that leave now arrive, one after the other. */
  #dueMs(bytes: number): number {
    const { bytesPerSecond, delayMs, clock } = this.#settings
    this.#lineFreeMs = Math.max(this.#lineFreeMs, clock.now()) + (bytes * 1000) / bytesPerSecond
    return this.#lineFreeMs + delayMs
  }
}
