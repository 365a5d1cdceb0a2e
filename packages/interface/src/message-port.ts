import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from './byte-duplex.js'
import { AstraError } from './errors.js'
import type { PipeSecurity } from './pipe-security.js'
import { PortInbox } from './port-inbox.js'
import type { PortLike } from './port-like.js'
import { PortOutbox } from './port-outbox.js'
import { invalidType } from './argument-error.js'

export type { PortLike }

/** What {@link fromMessagePort} cannot read from the port. */
export interface MessagePortOptions {
  /** {@link ByteDuplex.localAddress}. Default: empty. */
  localAddress?: string
  /** {@link ByteDuplex.remoteAddress}. Default: empty. */
  remoteAddress?: string
  /** {@link ByteDuplex.security}. Default: private, because only the holder of the other port sees the bytes. */
  security?: PipeSecurity
}

/** The longest text that is sent to the other end, or shown of its own, when a pipe breaks, in UTF-16 units. */
const MAX_REASON_UNITS = 200

/**
 * A byte duplex over a MessagePort, which belongs to it from then on; at the other port the other end does the same.
 *
 * A port has no back-pressure, no half-close and, in older browsers, no event when the other side is gone. So the two
 * ends send messages for these: a `Uint8Array` is bytes (it is transferred), a positive integer allows the receiver
 * to send that many bytes more, `null` ends a direction, a string breaks the pipe and says why. Each end begins by
 * allowing 1,048,576 bytes, and allows more as its handler takes them, so at most that many wait in either direction.
 * Any other message, or more bytes than were allowed, breaks the pipe with `ASTRA_ERR_PORT_MESSAGE`.
 *
 * - `writev` copies what it may send; it refers to the rest, which waits.
 * - When both directions have ended the port is closed. A port that closes before is `ECONNRESET`; so is `abort`, at
 *   the other end. Where a browser does not report closed ports, the protocol above the pipe has to find out.
 * - A port with a handler keeps a Node process alive, as a socket does. When it is unref'd, it does so only while bytes
 *   wait.
 *
 * Throws a `TypeError` unless `port` is one.
 */
export function fromMessagePort(port: PortLike, options: MessagePortOptions = {}): ByteDuplex {
  for (const name of ['postMessage', 'addEventListener', 'start', 'close'] as const) {
    if (typeof port?.[name] !== 'function') throw invalidType('port', 'an instance of MessagePort', port)
  }
  return new PortDuplex(port, options)
}

class PortDuplex implements ByteDuplex {
  readonly capabilities: ByteDuplexCapabilities = { halfClose: true }
  readonly localAddress: string
  readonly remoteAddress: string
  readonly security: PipeSecurity
  readonly #port: PortLike
  readonly #outbox: PortOutbox
  readonly #inbox: PortInbox
  #handler: ByteDuplexHandler | undefined
  #closed: { readonly reason: Error | undefined } | undefined
  #isCloseReported = false
  #isUnref = false

  constructor(port: PortLike, options: MessagePortOptions) {
    this.localAddress = options.localAddress ?? ''
    this.remoteAddress = options.remoteAddress ?? ''
    this.security = options.security ?? { isPrivate: true }
    this.#port = port
    this.#outbox = new PortOutbox(port)
    this.#inbox = new PortInbox(port)
  }

  get bufferedBytes(): number {
    return this.#closed === undefined ? this.#outbox.bytes : 0
  }

  handle(handler: ByteDuplexHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (this.#closed !== undefined) return this.#reportCloseSoon()
    if (!isFirst) return
    this.#port.addEventListener('message', ({ data }) => this.#received(data))
    this.#port.addEventListener('messageerror', () => this.#violated('a message that cannot be read'))
    this.#port.addEventListener('close', () => this.#portClosed())
    this.#port.start()
    // Node refs a port that gets a listener.
    if (this.#isUnref) this.#applyRef()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#closed !== undefined || this.#outbox.write(chunks)) return true
    if (this.#isUnref) this.#applyRef()
    return false
  }

  ref(): void {
    this.#isUnref = false
    this.#applyRef()
  }

  unref(): void {
    this.#isUnref = true
    this.#applyRef()
  }

  pause(): void {
    this.#inbox.isPaused = true
  }

  resume(): void {
    this.#inbox.isPaused = false
    this.#deliver()
  }

  end(): void {
    if (this.#closed !== undefined) return
    this.#outbox.end()
    this.#closeWhenEnded()
  }

  abort(reason: Error): void {
    this.#break(reason, reason.message)
  }

  #received(message: unknown): void {
    if (this.#closed !== undefined) return
    if (message === null || ArrayBuffer.isView(message)) {
      const fault = this.#inbox.take(message)
      if (fault !== undefined) this.#violated(fault)
      else this.#deliver()
    } else if (typeof message === 'number' && Number.isSafeInteger(message) && message > 0) {
      this.#outbox.allow(message)
      if (this.#isUnref) this.#applyRef()
      while (this.#closed === undefined && this.#outbox.takeDrain()) this.#handler?.onDrain()
      this.#closeWhenEnded()
    } else if (typeof message === 'string') {
      this.#break(reset(`The other end broke the pipe off: ${message.slice(0, MAX_REASON_UNITS)}`))
    } else {
      this.#violated('something else than bytes')
    }
  }

  #deliver(): void {
    const handler = this.#handler
    if (handler === undefined || this.#closed !== undefined) return
    this.#inbox.deliver(
      (chunk) => this.#handler?.onData(chunk),
      () => this.#handler?.onEnd(),
    )
    this.#closeWhenEnded()
  }

  #closeWhenEnded(): void {
    if (this.#closed !== undefined || !this.#outbox.hasEnded || !this.#inbox.hasEnded) return
    this.#closed = { reason: undefined }
    this.#port.close()
    this.#reportCloseSoon()
  }

  #portClosed(): void {
    // The other end closes once it has everything. Its last messages may not be delivered here yet.
    if (this.#outbox.hasEnded && this.#inbox.isComplete) return
    this.#break(reset('The MessagePort was closed before both directions had ended.'))
  }

  #violated(what: string): void {
    const message = `The other end of the MessagePort is no AstraNet pipe, or is broken: it posted ${what}.`
    this.#break(new AstraError('ASTRA_ERR_PORT_MESSAGE', message), message)
  }

  /** `text` is sent to the other end. */
  #break(reason: Error, text?: string): void {
    if (this.#closed !== undefined) return
    this.#closed = { reason }
    this.#outbox.drop()
    this.#inbox.drop()
    if (text !== undefined) this.#port.postMessage(text.slice(0, MAX_REASON_UNITS), [])
    this.#port.close()
    this.#reportCloseSoon()
  }

  /** A port without a handler has no listener, and keeps no process alive. */
  #applyRef(): void {
    if (this.#handler === undefined || this.#closed !== undefined) return
    if (this.#isUnref && this.#outbox.bytes === 0) this.#port.unref?.()
    else this.#port.ref?.()
  }

  #reportCloseSoon(): void {
    queueMicrotask(() => {
      if (this.#handler === undefined || this.#isCloseReported) return
      this.#isCloseReported = true
      this.#handler.onClose(this.#closed?.reason)
    })
  }
}

function reset(message: string): AstraError {
  return new AstraError('ECONNRESET', message)
}
