import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { checkOptions, type OptionNames } from '@astranet/interface/check'
import { MessageReader } from '../proto/handshake/message-reader.js'
import { endedInHandshake, tooMuchInHandshake } from './pipe-errors.js'

/** What is held of a peer that sends on over a pipe that does not pause, for example a WebSocket in a browser. */
export const MAX_HELD_BYTES = 1_048_576

/** How a {@link HandshakeChannel} behaves. */
export interface ChannelOptions {
  /** What is held over a pipe that does not pause, in bytes. A peer that sends more loses the pipe. Default 1 MiB. */
  readonly maxHeldBytes?: number
  /** The pipe has closed, also after `abort`. Called once, and not after {@link HandshakeChannel.takeRest}. */
  readonly onClosed?: (reason: Error | undefined) => void
}

const NAMES: OptionNames<ChannelOptions> = { maxHeldBytes: true, onClosed: true }

/** What happened to the pipe during the handshake and belongs to what comes behind it. */
export interface ChannelRest {
  readonly bytes: Uint8Array | undefined
  readonly hasEnded: boolean
  readonly closed: { readonly reason: Error | undefined } | undefined
}

interface Awaited {
  /** Looks whether what is awaited has arrived. */
  look(): void
  reject(error: Error): void
}

/**
 * What comes first on a pipe: it is written with `write` and read with `read`, one after the other. The pipe is paused
 * unless something is awaited, so that only what the pipe brings at a time is held; where a pipe does not pause, at
 * most `maxHeldBytes`. The next handler finds the pipe paused.
 */
export class HandshakeChannel implements ByteDuplexHandler {
  readonly #pipe: ByteDuplex
  readonly #maxHeldBytes: number
  readonly #onClosed: ChannelOptions['onClosed']
  readonly #reader = new MessageReader()
  #awaited: Awaited | undefined
  #hasEnded = false
  #closed: { readonly reason: Error | undefined } | undefined
  /** Why nothing more is read. */
  #failure: Error | undefined

  /** Throws a `TypeError` that names an option that is not known. */
  constructor(pipe: ByteDuplex, options: ChannelOptions = {}) {
    const { maxHeldBytes = MAX_HELD_BYTES, onClosed } = checkOptions('options', options, NAMES)
    this.#pipe = pipe
    this.#maxHeldBytes = maxHeldBytes
    this.#onClosed = onClosed
    pipe.pause()
    pipe.handle(this)
  }

  /** Bytes that arrived and were not read. */
  get heldBytes(): number {
    return this.#reader.heldBytes
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#pipe.writev(chunks)
  }

  /**
   * What `take` finds in what has arrived. It is called whenever more has arrived, until it returns something or
   * throws: that is then the outcome. Rejects with `ASTRA_ERR_SECURE_TRUNCATED` when the pipe ends before, with the
   * reason of a pipe that broke, and with that of `fail`. One call at a time.
   */
  read<T>(take: (reader: MessageReader) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = take(this.#reader)
        if (found !== undefined) this.#finish(() => resolve(found))
      }
      this.#awaited = { look, reject }
      this.#look()
      if (this.#awaited !== undefined) this.#pipe.resume()
    })
  }

  /** Nothing more is read: what is awaited is rejected with `error`, and what has arrived or still arrives is dropped. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#reader.takeRest()
    this.#look()
    // Paused it would never report that the peer has ended or closed it.
    this.#pipe.resume()
  }

  /** Lets go of the pipe, which the caller hands to another handler within the same turn. */
  takeRest(): ChannelRest {
    return { bytes: this.#reader.takeRest(), hasEnded: this.#hasEnded, closed: this.#closed }
  }

  onData(chunk: Uint8Array): void {
    if (this.#closed !== undefined || this.#failure !== undefined) return
    this.#reader.push(chunk)
    this.#look()
    if (this.heldBytes > this.#maxHeldBytes) this.#pipe.abort(tooMuchInHandshake(this.#maxHeldBytes))
  }

  onDrain(): void {}

  onEnd(): void {
    this.#hasEnded = true
    this.#look()
  }

  onClose(reason: Error | undefined): void {
    this.#closed = { reason }
    this.#look()
    this.#onClosed?.(reason)
  }

  #look(): void {
    const awaited = this.#awaited
    if (awaited === undefined) return
    try {
      if (this.#failure !== undefined) throw this.#failure
      awaited.look()
      if (this.#awaited === awaited && (this.#hasEnded || this.#closed !== undefined))
        throw this.#closed?.reason ?? endedInHandshake()
    } catch (error) {
      this.#finish(() => awaited.reject(error as Error))
    }
  }

  #finish(settle: () => void): void {
    this.#awaited = undefined
    this.#pipe.pause()
    settle()
  }
}
