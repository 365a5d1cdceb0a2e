import { systemClock, type Timer } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { CloseCode, closeReason, textError } from './close-code.js'
import { MessageDuplex, type MessageDuplexOptions, type MessagePipe } from './message-duplex.js'
import type { StandardWebSocket } from './standard-web-socket.js'

/** Bytes that the WebSocket is given ahead of the network; more wait here, where an abort can drop them. */
const AHEAD_BYTES = 1 << 20

/** How often the pipe checks whether the WebSocket has sent what it was given: there is no event for it. */
const CHECK_INTERVAL_MS = 4

/**
 * A standard WebSocket as a message pipe. The WebSocket copies what it is given, so it refers to no chunk. It cannot be
 * paused: while the duplex is paused, messages wait in memory.
 */
export class BrowserPipe implements MessagePipe {
  readonly duplex: MessageDuplex
  readonly #socket: StandardWebSocket
  readonly #waiting = new FifoQueue<Uint8Array>()
  #waitingBytes = 0
  #timer: Timer | undefined
  #isClosing = false
  #error: Error | undefined

  /** `socket` is open, and its `binaryType` is `arraybuffer`. */
  constructor(socket: StandardWebSocket, options: MessageDuplexOptions) {
    this.#socket = socket
    this.duplex = new MessageDuplex(this, options)
    socket.addEventListener('message', ({ data }) => this.#received(data))
    socket.addEventListener('close', ({ code, reason }) => this.#closed(code, reason))
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#socket.bufferedAmount
  }

  send(messages: readonly Uint8Array[]): boolean {
    for (const message of messages) {
      this.#waiting.push(message)
      this.#waitingBytes += message.length
    }
    this.#pump()
    if (this.#waitingBytes === 0) return true
    this.#checkLater()
    return false
  }

  pause(): void {}
  resume(): void {}

  close(): void {
    this.#isClosing = true
    this.#pump()
    if (this.#waitingBytes > 0) this.#checkLater()
  }

  cut(): void {
    this.#waiting.clear()
    this.#waitingBytes = 0
    this.#timer?.cancel()
    this.#socket.close(CloseCode.ABORTED)
  }

  /** Gives messages to the WebSocket while it holds less than its share. */
  #pump(): void {
    while (this.#socket.bufferedAmount <= AHEAD_BYTES) {
      const message = this.#waiting.shift()
      if (message === undefined) break
      this.#socket.send(message as Uint8Array<ArrayBuffer>)
      this.#waitingBytes -= message.length
    }
    if (this.#isClosing && this.#waitingBytes === 0) this.#socket.close(CloseCode.NORMAL)
  }

  #checkLater(): void {
    this.#timer ??= systemClock.setTimer(CHECK_INTERVAL_MS, () => this.#checkSent())
  }

  #checkSent(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#pump()
    if (this.bufferedBytes > 0) this.#checkLater()
    else this.duplex.sent()
  }

  #received(data: unknown): void {
    // Timers of a page in the background are slow; messages are not.
    if (this.#timer !== undefined) this.#checkSent()
    if (data instanceof ArrayBuffer) {
      this.duplex.received(new Uint8Array(data))
    } else if (this.#error === undefined) {
      this.#error = textError()
      this.duplex.abort(this.#error)
    }
  }

  #closed(code: number, reason: string): void {
    this.#timer?.cancel()
    this.#waiting.clear()
    this.#waitingBytes = 0
    this.duplex.closed(this.#error ?? closeReason(code, reason))
  }
}
