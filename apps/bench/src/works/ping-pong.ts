import type { Peer } from '../peer.js'
import { Replies } from './replies.js'

/** Length of a ping and of a pong. */
export const PING_BYTES = 64

/** First byte of a stream of pings. Any other first byte means bulk. */
export const PING_MARK = 0x50

/** Sends one ping at a time on one stream and waits for its pong. */
export class PingPong<S extends object> {
  readonly #peer: Peer<S>
  readonly #replies = new Replies<S>(PING_BYTES)
  readonly #ping = Buffer.alloc(PING_BYTES, PING_MARK)
  #stream: S | undefined
  #failure: Error | undefined
  #resolve: ((pong: Buffer) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  readonly onData = (stream: S, chunk: Uint8Array): void => {
    const pong = this.#replies.take(stream, chunk)
    if (pong === undefined) return
    if (pong[0] !== PING_MARK || pong[PING_BYTES - 1] !== PING_MARK)
      this.onFailure(new Error('a wrong pong came'))
    else this.#resolve?.(pong)
  }

  readonly onFailure = (error: Error): void => {
    this.#failure = error
    this.#reject?.(error)
  }

  constructor(peer: Peer<S>) {
    this.#peer = peer
  }

  /** Sends pings on `stream` from now on. */
  use(stream: S): void {
    this.#stream = stream
  }

  /** Sends a ping; resolves with the pong. */
  ping(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined || this.#stream === undefined) {
        reject(this.#failure ?? new Error('there is no stream'))
        return
      }
      this.#resolve = resolve
      this.#reject = reject
      this.#peer.write(this.#stream, this.#ping)
    })
  }
}
