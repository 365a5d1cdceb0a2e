import { encodeMessage, MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamHandler } from '@astranet/mux'
import {
  controlFromWire,
  MAX_CONTROL_MESSAGE_BYTES,
  type ControlMessage,
} from '../../proto/control-message.js'
import { protocolError, type LinkError } from '../../proto/error-codes.js'
import { messageError } from '../../proto/message-error.js'

/** What a {@link ControlStream} reports to its link. After `onViolation` nothing follows. */
export interface ControlEvents {
  onControl(message: ControlMessage): void
  /** The peer sends no more messages. */
  onControlEnd(): void
  onControlWritable(): void
  onViolation(error: LinkError): void
}

/** The bytes of a control message. Throws a `RangeError` when they are more than 262,144. */
export function encodeControl(wire: readonly unknown[]): Uint8Array {
  return encodeMessage(wire, { maxBytes: MAX_CONTROL_MESSAGE_BYTES })
}

/** The control stream of a link: messages in both directions. Holds one unfinished message at most. */
export class ControlStream implements StreamHandler {
  readonly #stream: Stream
  readonly #events: ControlEvents
  readonly #decoder: MessageDecoder = new MessageDecoder({ maxBytes: MAX_CONTROL_MESSAGE_BYTES })
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

  /** Sends one message, encoded. False: wait for `onControlWritable`, or nothing more can be sent. */
  send(message: Uint8Array): boolean {
    return !this.#isSendingEnded && this.#stream.write(message)
  }

  /** Bytes of messages that have not been handed to the connection. */
  get bufferedBytes(): number {
    return this.#stream.bufferedBytes
  }

  /** Nothing more will be sent. */
  end(): void {
    this.#isSendingEnded = true
    this.#stream.end()
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    if (this.#isDone) return
    this.#decoder.push(chunk)
    for (let step = this.#decoder.next(); step.kind !== 'incomplete'; step = this.#decoder.next()) {
      if (step.kind === 'error') {
        this.#violation(messageError(step.error, 'a control message'))
        return
      }
      const message = controlFromWire(step.value)
      if (message instanceof Error) this.#violation(message)
      else this.#events.onControl(message)
      if (this.#isDone) return
    }
  }

  onEnd(): void {
    if (this.#isDone) return
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
