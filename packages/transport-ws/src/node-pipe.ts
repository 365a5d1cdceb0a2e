import type { MemoryUse } from '@astranet/interface'
import { keepFreedMemory, lingerOn, type NodeDuplex } from '@astranet/interface/node-duplex'
import type { WebSocket } from 'ws'
import { CloseCode, closeReason, textError } from './close-code.js'
import { MessageDuplex, type MessageDuplexOptions, type MessagePipe } from './message-duplex.js'

/** A WebSocket of the package `ws` as a message pipe: it reports when bytes have left, and can be paused. */
export class NodePipe implements MessagePipe {
  readonly duplex: MessageDuplex
  readonly #socket: WebSocket
  #pendingSends = 0
  #error: Error | undefined
  readonly #onSent = (error?: Error | null): void => {
    this.#pendingSends--
    if (this.#pendingSends === 0 && (error === undefined || error === null)) this.duplex.sent()
  }

  /** `socket` is open, and nothing has been read from it. */
  constructor(socket: WebSocket, options: MessageDuplexOptions, memory: MemoryUse) {
    if (memory === 'fast') keepFreedMemory()
    socket.pause()
    this.#socket = socket
    this.duplex = new MessageDuplex(this, options)
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary))
    socket.on('error', (error) => (this.#error ??= error))
    socket.on('close', (code, text) => this.duplex.closed(this.#error ?? closeReason(code, String(text))))
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(messages: readonly Uint8Array[]): boolean {
    for (const message of messages) {
      this.#pendingSends++
      this.#socket.send(message, this.#onSent)
    }
    return this.#socket.bufferedAmount === 0
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.close(CloseCode.NORMAL)
  }

  cut(): void {
    this.#socket.terminate()
  }

  linger(ms: number): void {
    lingerOn(this.#below?._handle?.fd, ms)
  }

  ref(): void {
    this.#below?.ref?.()
  }

  unref(): void {
    this.#below?.unref?.()
  }

  /** The socket of the system; `ws` has no public name for it. */
  get #below(): NodeDuplex | null | undefined {
    return (this.#socket as unknown as { readonly _socket?: NodeDuplex | null })._socket
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (isBinary) return this.duplex.received(data)
    this.#error ??= textError()
    this.#socket.close(CloseCode.UNSUPPORTED_DATA, 'bytes only')
    this.duplex.abort(this.#error)
  }
}
