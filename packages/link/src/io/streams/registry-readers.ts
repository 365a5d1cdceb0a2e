import { MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamError, StreamHandler } from '@astranet/mux'
import { protocolError, StreamCode, type LinkError } from '../../proto/error-codes.js'
import { answerFromWire } from '../../proto/stream-answer.js'
import { MAX_REGISTRY_MESSAGE_BYTES, MAX_STREAM_HEADER_BYTES } from '../../proto/stream-header.js'
import { messageError } from '../../proto/message-error.js'

/** What the registry streams report to their link. What follows after `onViolation` has no effect. */
export interface RegistryEvents {
  onRegistryMessage(body: unknown): void
  onRegistryWritable(): void
  onViolation(error: LinkError): void
}

/** Reads the peer's stream. Holds one unfinished message at most. */
export class RegistryReader implements StreamHandler {
  readonly #events: RegistryEvents
  readonly #decoder: MessageDecoder = new MessageDecoder({ maxBytes: MAX_REGISTRY_MESSAGE_BYTES })
  #hasFailed = false

  constructor(events: RegistryEvents) {
    this.#events = events
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    if (this.#hasFailed) return
    this.#decoder.push(chunk)
    for (let step = this.#decoder.next(); step.kind !== 'incomplete'; step = this.#decoder.next()) {
      if (step.kind === 'error') {
        this.#violation(messageError(step.error, 'a registry message'))
        return
      }
      this.#events.onRegistryMessage(step.value)
    }
  }

  onEnd(): void {
    this.#violation(protocolError('ended its registry stream'))
  }

  onReset(_stream: Stream, error: StreamError): void {
    if (!isGoodbye(error)) this.#violation(protocolError('reset its registry stream'))
  }

  #violation(error: LinkError): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#events.onViolation(error)
  }
}

/** Reads the answer on this side's own stream; nothing may follow it. */
export class AnswerReader implements StreamHandler {
  readonly #events: RegistryEvents
  readonly #onRefused: () => void
  readonly #decoder: MessageDecoder = new MessageDecoder({ maxBytes: MAX_STREAM_HEADER_BYTES })
  #isAnswered = false

  constructor(events: RegistryEvents, onRefused: () => void) {
    this.#events = events
    this.#onRefused = onRefused
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    this.#decoder.push(chunk)
    for (let step = this.#decoder.next(); step.kind !== 'incomplete'; step = this.#decoder.next()) {
      const answer =
        step.kind === 'error' ? messageError(step.error, 'an answer') : answerFromWire(step.value)
      if (this.#isAnswered || answer instanceof Error) {
        const wrong = protocolError('sent something other than an answer on a registry stream')
        this.#events.onViolation(answer instanceof Error ? answer : wrong)
        return
      }
      this.#isAnswered = true
      if (answer.kind === 'refused') this.#onRefused()
    }
  }

  onEnd(): void {
    if (!this.#isAnswered)
      this.#events.onViolation(protocolError('ended a registry stream without an answer'))
  }

  onReset(_stream: Stream, error: StreamError): void {
    if (!isGoodbye(error)) this.#events.onViolation(protocolError('reset a registry stream'))
  }

  onStopSending(_stream: Stream, error: StreamError): void {
    // A STOP_SENDING can arrive before the refusal that was sent ahead of it.
    if (isGoodbye(error) || error.applicationCode === StreamCode.REFUSED) this.#onRefused()
    else this.#events.onViolation(protocolError('stopped reading a registry stream'))
  }

  onWritable(): void {
    this.#events.onRegistryWritable()
  }
}

/** Whether the peer reset the stream because a side goes away. That can arrive before the go-away itself. */
function isGoodbye(error: StreamError): boolean {
  return error.applicationCode === StreamCode.GOING_AWAY
}
