import type { StreamRecord } from '../stream/host.js'
import { reset } from './reset.js'

/**
 * Streams that were closed while their peer gives no credit for all that was written. Nothing on this side waits for them
 * any more. A peer that never reads could have any number of them, so together they hold at most `maxSendBufferBytes`;
 * beyond that the oldest are reset.
 */
export class ClosedStreams {
  readonly #maxBytes: number
  /** In the order in which they were closed. Few streams pass through: most have credit. */
  readonly #streams = new Set<StreamRecord>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The stream was closed, and what it holds waits for credit. */
  add(stream: StreamRecord): void {
    this.#streams.add(stream)
    let bytes = 0
    for (const each of this.#streams) {
      if (each.bufferedBytes === 0) this.#streams.delete(each)
      bytes += each.bufferedBytes
    }
    for (const each of this.#streams) {
      if (bytes <= this.#maxBytes) return
      bytes -= each.bufferedBytes
      this.#streams.delete(each)
      reset(each, 0)
    }
  }
}
