import type { Clock } from './clock.js'
import { copyInPieces } from './copy-in-pieces.js'
import { FifoQueue } from './fifo-queue.js'
import type { PairDirection, PairEnd } from './pair-end.js'

/** What a direction joins. */
export interface PlainDirectionOptions {
  readonly clock: Clock
  readonly bufferBytes: number
  readonly sender: Pick<PairEnd, 'drain'>
  readonly receiver: Pick<PairEnd, 'canReceive' | 'receive' | 'receiveEnd'>
}

/** One direction of a plain pair: what is written in one turn of the event loop is delivered in the next one. */
export class PlainDirection implements PairDirection {
  readonly delayMs = 0
  readonly #clock: Clock
  readonly #bufferBytes: number
  readonly #sender: PlainDirectionOptions['sender']
  readonly #receiver: PlainDirectionOptions['receiver']
  readonly #pieces = new FifoQueue<Uint8Array>()
  #bytes = 0
  #isEnding = false
  #isEnded = false
  #isScheduled = false

  constructor({ clock, bufferBytes, sender, receiver }: PlainDirectionOptions) {
    this.#clock = clock
    this.#bufferBytes = bufferBytes
    this.#sender = sender
    this.#receiver = receiver
  }

  get excessBytes(): number {
    return Math.max(0, this.#bytes - this.#bufferBytes)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  send(chunks: readonly Uint8Array[]): void {
    for (const piece of copyInPieces(chunks)) {
      this.#pieces.push(piece)
      this.#bytes += piece.length
    }
    this.schedule()
  }

  end(): void {
    this.#isEnding = true
    this.schedule()
  }

  stop(): void {
    this.#isEnded = true
    this.#pieces.clear()
    this.#bytes = 0
  }

  schedule(): void {
    if (this.#isScheduled || !this.#canDeliver()) return
    if (this.#pieces.size === 0 && !this.#isEnding) return
    this.#isScheduled = true
    this.#clock.defer(this.#run)
  }

  readonly #run = (): void => {
    this.#isScheduled = false
    const hadExcess = this.excessBytes > 0
    // What is written meanwhile waits for the next turn, so that others get theirs.
    for (let left = this.#pieces.size; left > 0 && this.#canDeliver(); left--) this.#deliver()
    if (hadExcess && this.excessBytes === 0 && !this.#isEnded) this.#sender.drain()
    if (this.#isEnding && this.#pieces.size === 0 && this.#canDeliver()) {
      this.#isEnded = true
      this.#receiver.receiveEnd()
    }
    this.schedule()
  }

  #deliver(): void {
    const piece = this.#pieces.shift()
    if (piece === undefined) return
    this.#bytes -= piece.length
    this.#receiver.receive(piece)
  }

  #canDeliver(): boolean {
    return !this.#isEnded && this.#receiver.canReceive()
  }
}
