import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamHandler } from '@astranet/mux'
import {
  controlFromWire,
  MAX_CONTROL_MESSAGE_BYTES,
  type ControlMessage,
} from '../../proto/control-message.js'
import { protocolError, type LinkError } from '../../proto/error-codes.js'
import { helloFromWire, helloToWire, MAX_HELLO_BYTES, type Hello } from '../../proto/hello.js'
import { messageError } from '../../proto/message-error.js'

/** What a {@link ControlStream} reports to its link. After `onViolation` nothing follows. */
export interface ControlEvents {
  /** The first message. */
  onHello(hello: Hello): void
  /** Every later one. */
  onControl(message: ControlMessage): void
  /** The peer sends no more messages. */
  onControlEnd(): void
  onControlWritable(): void
  onViolation(error: LinkError): void
}

/** The control stream of a link: HELLO, then messages, in both directions. Holds one unfinished message at most. */
export class ControlStream implements StreamHandler {
  readonly #stream: Stream
  readonly #events: ControlEvents
  #decoder: MessageDecoder = new MessageDecoder({ maxBytes: MAX_HELLO_BYTES })
  #hasHello = false
  #isHeld = false
  /** The peer has ended its direction. */
  #hasEnd = false
  /** Nothing more is reported. */
  #isDone = false
  /** This side has ended its direction. */
  #isSendingEnded = false

  constructor(stream: Stream, events: ControlEvents) {
    this.#stream = stream
    this.#events = events
    stream.urgency = 0
  }

  /** Starts delivery. Called once. */
  start(): void {
    this.#stream.handle(this)
  }

  /**
   * Delivers nothing more until `release`: the peer's HELLO is being checked. What arrives waits, within its window.
   */
  hold(): void {
    this.#isHeld = true
    this.#stream.pause()
  }

  release(): void {
    this.#isHeld = false
    this.#read()
    if (this.#isHeld || this.#isDone) return
    this.#stream.resume()
    if (this.#hasEnd) this.onEnd()
  }

  sendHello(hello: Hello): void {
    this.#stream.write(encodeMessage(helloToWire(hello), { maxBytes: MAX_HELLO_BYTES }))
  }

  /** Sends one message. False: wait for `onControlWritable`, or nothing more can be sent. */
  send(wire: readonly unknown[]): boolean {
    const bytes = encodeMessage(wire, { maxBytes: MAX_CONTROL_MESSAGE_BYTES })
    return !this.#isSendingEnded && this.#stream.write(bytes)
  }

  /** Nothing more will be sent. */
  end(): void {
    this.#isSendingEnded = true
    this.#stream.end()
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    if (this.#isDone) return
    this.#decoder.push(chunk)
    this.#read()
  }

  onEnd(): void {
    this.#hasEnd = true
    if (this.#isDone || this.#isHeld) return
    this.#isDone = true
    this.#events.onControlEnd()
  }

  onReset(): void {
    this.#violation(protocolError('reset the control stream'))
  }

  onStopSending(): void {
    this.#violation(protocolError('stopped reading the control stream'))
  }

  onWritable(): void {
    this.#events.onControlWritable()
  }

  #read(): void {
    if (this.#isHeld) return
    for (let step = this.#decoder.next(); step.kind !== 'incomplete'; step = this.#decoder.next()) {
      if (step.kind === 'error') {
        this.#violation(messageError(step.error, this.#hasHello ? 'a control message' : 'a HELLO'))
        return
      }
      this.#take(step.value)
      if (this.#isDone || this.#isHeld) return
    }
  }

  #take(value: unknown): void {
    const message = this.#hasHello ? controlFromWire(value) : helloFromWire(value)
    if (message instanceof Error) {
      this.#violation(message)
    } else if ('kind' in message) {
      this.#events.onControl(message)
    } else {
      this.#hasHello = true
      const initialBytes = this.#decoder.rest()
      this.#decoder = new MessageDecoder({ maxBytes: MAX_CONTROL_MESSAGE_BYTES })
      if (initialBytes.length > 0) this.#decoder.push(initialBytes)
      this.#events.onHello(message)
    }
  }

  #violation(error: LinkError): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#events.onViolation(error)
  }
}

/** The error of a peer that ended the control stream although neither side has sent a go-away. */
export function controlEndedEarly(): LinkError {
  return protocolError('ended the control stream without a go-away')
}
