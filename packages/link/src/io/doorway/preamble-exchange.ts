import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { CloseCode, LinkError } from '../../proto/error-codes.js'
import { encodePreamble, type Preamble } from '../../proto/preamble.js'
import { PreambleParser } from '../../proto/preamble-parser.js'
import { settleRole, type SessionRole } from '../../proto/negotiate-role.js'

/** What came of a {@link PreambleExchange}: `onSettled`, or `onFailed` and then `onPipeClosed`; each once. */
export interface PreambleEvents {
  /** The pipe is to be taken over with `handle` inside this call; `rest` arrived behind the preamble. */
  onSettled(role: SessionRole, peer: Preamble, rest: Uint8Array): void
  /** It failed; the pipe is being closed. That is up to the peer, unless `abort` cuts it. */
  onFailed(error: LinkError): void
  /** The pipe is closed, also after `abort`. */
  onPipeClosed(): void
}

/** Sends this side's preamble and reads the peer's. */
export class PreambleExchange implements ByteDuplexHandler {
  readonly #duplex: ByteDuplex
  readonly #own: Preamble
  readonly #events: PreambleEvents
  readonly #parser: PreambleParser
  #isDone = false

  constructor(duplex: ByteDuplex, own: Preamble, events: PreambleEvents) {
    this.#duplex = duplex
    this.#own = own
    this.#events = events
    this.#parser = new PreambleParser(own.qmuxDraft)
  }

  start(): void {
    // Written first: `handle` may deliver the peer's preamble at once, and then QMux begins to write.
    this.#duplex.writev([encodePreamble(this.#own)])
    this.#duplex.handle(this)
  }

  /** Gives up and cuts the pipe. Also for a pipe that lingers after `onFailed`, which does not come any more. */
  abort(error: Error): void {
    this.#isDone = true
    this.#duplex.abort(error)
  }

  onData(chunk: Uint8Array): void {
    if (this.#isDone) return
    const result = this.#parser.push(chunk)
    if (result.kind === 'incomplete') return
    if (result.kind === 'error') {
      this.#fail(result.error)
      return
    }
    const role = settleRole(this.#own, result.preamble)
    if (role instanceof LinkError) {
      this.#fail(role)
      return
    }
    this.#isDone = true
    this.#events.onSettled(role, result.preamble, result.rest)
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#isDone) this.#duplex.end()
    else this.#fail(closed('the peer ended the connection before its preamble was complete'))
  }

  onClose(reason: Error | undefined): void {
    if (!this.#isDone)
      this.#fail(
        closed(`the connection closed during the preamble${reason ? `: ${reason.message}` : ''}`, reason),
      )
    this.#events.onPipeClosed()
  }

  #fail(error: LinkError): void {
    this.#isDone = true
    // First: the pipe may close from inside `end`.
    this.#events.onFailed(error)
    // A foreign protocol is cut off. A peer that can read this side's preamble should get it, to say the same there.
    if (error.code === 'ASTRA_ERR_LINK_FOREIGN') this.#duplex.abort(error)
    else this.#duplex.end()
  }
}

function closed(message: string, cause?: Error): LinkError {
  return new LinkError('ASTRA_ERR_LINK_CLOSED', message, { closeCode: CloseCode.NO_ERROR, cause })
}
