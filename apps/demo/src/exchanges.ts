import type { Socket } from '@astranet/core'
import { countEqual, payloadOf } from './payload.js'

/** The bytes that must return on one socket. */
interface Expectation {
  readonly bytes: Uint8Array
  received: number
  verified: number
  resolve(verified: number): void
}

/**
 * Sends bytes on sockets and compares the returned bytes. All sockets share the same handler functions. State of a
 * single socket is kept only while bytes are in flight, because the demo measures the memory of open streams.
 */
export class Exchanges {
  readonly #expectations = new Map<Socket, Expectation>()
  readonly #onData: (this: Socket, chunk: Uint8Array) => void
  readonly #onClose: (this: Socket) => void

  constructor() {
    const received = (socket: Socket, chunk: Uint8Array): void => this.#received(socket, chunk)
    const done = (socket: Socket): void => this.#done(socket)
    this.#onData = function (chunk) {
      received(this, chunk)
    }
    this.#onClose = function () {
      done(this)
    }
  }

  /** Handles the events of the socket from now on. */
  adopt(socket: Socket): void {
    socket.on('data', this.#onData)
    socket.on('close', this.#onClose)
    socket.on('error', ignore)
  }

  /**
   * Sends the bytes of stream number `index`. Resolves with the number of bytes that returned unchanged: when all have
   * returned, or when the stream broke.
   */
  exchange(socket: Socket, index: number): Promise<number> {
    return new Promise((resolve) => {
      const bytes = payloadOf(index)
      this.#expectations.set(socket, { bytes, received: 0, verified: 0, resolve })
      if (socket.destroyed) this.#done(socket)
      else socket.write(bytes)
    })
  }

  #received(socket: Socket, chunk: Uint8Array): void {
    const expectation = this.#expectations.get(socket)
    if (expectation === undefined) return
    expectation.verified += countEqual(chunk, expectation.bytes, expectation.received)
    expectation.received += chunk.length
    if (expectation.received >= expectation.bytes.length) this.#done(socket)
  }

  #done(socket: Socket): void {
    const expectation = this.#expectations.get(socket)
    this.#expectations.delete(socket)
    expectation?.resolve(expectation.verified)
  }
}

/** A broken stream has no verified bytes, which the result shows. */
function ignore(): void {}
