import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { lengthError } from '../proto/handshake/failures.js'
import type { LengthRange } from '../proto/handshake/lengths.js'
import { frameMessage, MessageReader } from '../proto/handshake/message-reader.js'
import { endedInHandshake, tooMuchInHandshake } from './pipe-errors.js'

/** What is held of a peer that sends on over a pipe that does not pause, for example a WebSocket in a browser. */
export const MAX_HELD_BYTES = 1_048_576

/** What happened to the pipe during the handshake and belongs to the records. */
export interface ChannelRest {
  readonly bytes: Uint8Array | undefined
  readonly hasEnded: boolean
  readonly closed: { readonly reason: Error | undefined } | undefined
}

interface Awaited {
  readonly lengths: LengthRange
  readonly message: number
  resolve(message: Uint8Array): void
  reject(error: Error): void
}

/**
 * Handshake messages over a pipe. The pipe is paused unless a message is awaited, so at most one message and what the
 * pipe brings at a time are held; where a pipe does not pause, at most 1 MiB. The next handler finds the pipe paused.
 */
export class HandshakeChannel implements ByteDuplexHandler {
  readonly #pipe: ByteDuplex
  readonly #reader = new MessageReader()
  #awaited: Awaited | undefined
  #hasEnded = false
  #closed: { readonly reason: Error | undefined } | undefined

  constructor(pipe: ByteDuplex) {
    this.#pipe = pipe
    pipe.pause()
    pipe.handle(this)
  }

  write(message: Uint8Array): void {
    this.#pipe.writev([frameMessage(message)])
  }

  /**
   * Message number `message` of the handshake, from the peer. Rejects with `ASTRA_ERR_SECURE_HANDSHAKE` when it
   * announces a length outside of `lengths`, with `ASTRA_ERR_SECURE_TRUNCATED` when the pipe ends before it, and with
   * the reason of a pipe that broke.
   */
  read(lengths: LengthRange, message: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#awaited = { lengths, message, resolve, reject }
      this.#look()
      if (this.#awaited !== undefined) this.#pipe.resume()
    })
  }

  /** Lets go of the pipe, which the caller hands to another handler within the same turn. */
  takeRest(): ChannelRest {
    return { bytes: this.#reader.takeRest(), hasEnded: this.#hasEnded, closed: this.#closed }
  }

  onData(chunk: Uint8Array): void {
    if (this.#closed !== undefined) return
    this.#reader.push(chunk)
    this.#look()
    if (this.#reader.heldBytes > MAX_HELD_BYTES) this.#pipe.abort(tooMuchInHandshake(MAX_HELD_BYTES))
  }

  onDrain(): void {}

  onEnd(): void {
    this.#hasEnded = true
    this.#look()
  }

  onClose(reason: Error | undefined): void {
    this.#closed = { reason }
    this.#look()
  }

  #look(): void {
    const awaited = this.#awaited
    if (awaited === undefined) return
    const found = this.#reader.next(awaited.lengths)
    if (found.kind === 'message') this.#settle(() => awaited.resolve(found.message))
    else if (found.kind === 'length') {
      this.#settle(() => awaited.reject(lengthError(found.length, awaited.lengths, awaited.message)))
    } else if (this.#hasEnded || this.#closed !== undefined) {
      this.#settle(() => awaited.reject(this.#closed?.reason ?? endedInHandshake()))
    }
  }

  #settle(settle: () => void): void {
    this.#awaited = undefined
    this.#pipe.pause()
    settle()
  }
}
