import { TransportErrorCode, type ConnectionClose, type WireInteger } from '@astranet/frame'
import { checkErrorCode } from '../error-code.js'
import { MAX_FAREWELL_BYTES } from '../send/farewell.js'
import type { SessionError } from './errors.js'

/**
 * The end of a session: it comes once, for the first reason.
 *
 * States: open -> closing (a CONNECTION_CLOSE is to be sent, or the connection's sending side to be ended; what
 * arrives is dropped) -> closed (the connection is gone).
 */
export class SessionEnd {
  state: 'open' | 'closing' | 'closed' = 'open'
  /** Why the session ended; `undefined` while it is open, and when it was closed without fault. */
  reason: Error | undefined = undefined
  /** A CONNECTION_CLOSE that is to be sent. */
  frame: ConnectionClose | undefined = undefined
  /** The close goes out with the end of every stream in front of it, and there is no flush after it. */
  isLeaving = false
  /** What goes out in front of the close, and with it, in bytes at most. */
  farewellBytes: number = MAX_FAREWELL_BYTES
  readonly #onClosing: (reason: Error | undefined) => void

  constructor(onClosing: (reason: Error | undefined) => void) {
    this.#onClosing = onClosing
  }

  /** Whether everything of a close was sent, so that the connection's sending side is to be ended. */
  get isSendingDone(): boolean {
    return this.state === 'closing' && this.frame === undefined
  }

  /** Closes the session because of `reason`. Without a `frame` the sending side ends silently. Idempotent. */
  begin(reason: Error | undefined, frame: ConnectionClose | undefined): void {
    if (this.state !== 'open') return
    this.state = 'closing'
    this.reason = reason
    this.frame = frame
    this.#onClosing(reason)
  }

  /** Closes the session without fault, with an application CONNECTION_CLOSE. */
  close(code: WireInteger, reason: string): void {
    checkErrorCode(code)
    this.begin(undefined, { isApplication: true, code, frameType: 0, reason })
  }

  /** Closes the session because of `error`, with a transport CONNECTION_CLOSE of its code. */
  fail(error: SessionError, frameType: WireInteger): void {
    const code = error.closeCode ?? TransportErrorCode.NO_ERROR
    const reason = error.reason === '' ? error.message : error.reason
    this.begin(error, { isApplication: false, code, frameType, reason })
  }

  /** The connection is gone. */
  connectionClosed(): void {
    this.state = 'closed'
    this.frame = undefined
  }
}
