import type { OutgoingDial } from '@astranet/link'

/**
 * The most bytes of the application that a dial sends before it is answered: a stream's first window. Less if the peer
 * gives the stream less credit. What is written beyond that waits for the answer.
 */
export const MAX_EARLY_BYTES = 16_384

/**
 * @internal What a program has written to a socket that is not connected yet. The socket keeps it until a dial is
 * answered, so that another node can be given the same bytes.
 */
export interface EarlySource {
  /** A copy of at most `limit` bytes from `offset` on; `undefined` when there are none. */
  earlyBytes(offset: number, limit: number): Uint8Array | undefined
  /** How many bytes were written. */
  readonly writableLength: number
  /** Whether nothing follows them. */
  readonly isEarlyEnd: boolean
}

/** @internal Sends what a program writes behind the header of one dial, before the answer. */
export class EarlyData {
  readonly #source: EarlySource
  readonly #dial: OutgoingDial
  #sentBytes = 0
  #isEnded = false

  constructor(source: EarlySource, dial: OutgoingDial) {
    this.#source = source
    this.#dial = dial
  }

  /** Bytes that were written to the stream. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Whether the peer may have seen something that a program wrote, or that it ended. */
  get hasSent(): boolean {
    return this.#sentBytes > 0 || this.#isEnded
  }

  /** Sends what was written and not sent, as far as there is room. The stream must be there. */
  send(): void {
    const { stream } = this.#dial
    if (stream?.canWrite !== true) return
    const room = Math.min(MAX_EARLY_BYTES - this.#sentBytes, stream.sendCredit)
    const bytes = room > 0 ? this.#source.earlyBytes(this.#sentBytes, room) : undefined
    if (bytes !== undefined) {
      this.#sentBytes += bytes.length
      stream.write(bytes)
    }
    if (!this.#source.isEarlyEnd || this.#source.writableLength > this.#sentBytes) return
    this.#isEnded = true
    stream.end()
  }
}
