import { reset } from './half.js'
import type { SessionCore } from '../session/core.js'
import type { Stream } from '../stream/stream.js'

/**
 * Streams that were closed while their peer gives no credit for all that was written: nobody here waits for them any more.
 * A peer that never reads could have any number of them, so together they hold at most `maxSendBufferBytes`; beyond that
 * the oldest are reset.
 */
export class ClosedStreams {
  readonly #core: SessionCore
  /** In the order in which they were closed. Few streams pass through: most have credit. */
  readonly #streams = new Set<Stream>()

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The stream was closed, and what it holds waits for credit. */
  add(stream: Stream): void {
    this.#streams.add(stream)
    let bytes = 0
    for (const each of this.#streams) {
      if (each.bufferedBytes === 0) this.#streams.delete(each)
      bytes += each.bufferedBytes
    }
    for (const each of this.#streams) {
      if (bytes <= this.#core.options.maxSendBufferBytes) return
      bytes -= each.bufferedBytes
      this.#streams.delete(each)
      reset(each, 0)
    }
  }
}
