import type { ByteDuplex, Clock, Timer } from '@astranet/interface'
import type { LinkError } from '../../proto/error-codes.js'

/**
 * How long a pipe stays open after the handshake failed, in ms: the peer can read why and close. Until then the pipe
 * counts as a pending handshake.
 */
const LINGER_MS = 1_000

/** A pipe whose handshake has failed. It is closed by the peer, which its owner reports with `stop`, or cut here. */
export class FailedPipe {
  readonly #duplex: ByteDuplex
  readonly #error: LinkError
  readonly #onCut: () => void
  #timer: Timer | undefined = undefined

  constructor(duplex: ByteDuplex, error: LinkError, onCut: () => void) {
    this.#duplex = duplex
    this.#error = error
    this.#onCut = onCut
  }

  /**
   * Sends `farewell` and ends this side's direction, so that the peer can read it; `undefined` cuts the pipe. It may be
   * closed within the call.
   */
  close(clock: Clock, farewell: readonly Uint8Array[] | undefined): void {
    if (farewell === undefined) {
      this.cut()
      return
    }
    this.#timer = clock.setTimer(LINGER_MS, () => this.cut(), { background: true })
    if (farewell.length > 0) this.#duplex.writev(farewell)
    this.#duplex.end()
  }

  /** Does not wait for the peer any more. */
  cut(): void {
    this.stop()
    this.#duplex.abort(this.#error)
    this.#onCut()
  }

  /** The pipe is closed. */
  stop(): void {
    this.#timer?.cancel()
  }
}
