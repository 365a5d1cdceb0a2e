import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import type { WebSocket } from 'ws'

/** A WebSocket as a byte duplex that keeps messages apart: each chunk of a `writev` is one binary message. */
export class WsDuplex implements ByteDuplex {
  readonly capabilities = { halfClose: false }
  readonly localAddress = ''
  readonly remoteAddress = ''
  readonly #socket: WebSocket
  #handler!: ByteDuplexHandler
  #error: Error | undefined

  /** The socket must be open, and `handle` called in the same turn. */
  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#handler.onData(data as Buffer))
    socket.on('error', (error) => (this.#error = error))
    socket.on('close', () => this.#handler.onClose(this.#error))
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true
    const last = chunks.length - 1
    chunks.forEach((chunk, i) => {
      this.#socket.send(chunk, (error) => {
        if (i === last && !error) this.#handler.onDrain()
      })
    })
    return false
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.close(1000)
  }

  abort(reason: Error): void {
    this.#error ??= reason
    this.#socket.terminate()
  }
}
