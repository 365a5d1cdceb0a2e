import { MessageDecoder } from '@astranet/frame/message'
import type { Stream, StreamError, StreamHandler } from '@astranet/mux'
import { protocolError, StreamCode, type LinkError } from '../../proto/error-codes.js'
import { answerFromWire } from '../../proto/stream-answer.js'
import { MAX_REGISTRY_MESSAGE_BYTES, MAX_STREAM_HEADER_BYTES } from '../../proto/stream-header.js'
import { messageError } from '../../proto/message-error.js'

/** What the registry streams report to their link. What follows after `onViolation` has no effect. */
export interface RegistryEvents {
  /** The next message follows once the promise has settled, which never rejects. */
  onRegistryMessage(body: unknown): void | Promise<void>
  onRegistryWritable(): void
  onViolation(error: LinkError): void
}

/**
 * Reads the peer's stream: one message at a time. While one is processed, the stream is paused, and what arrived gives
 * no credit back, so the peer can be ahead by the stream's window and one unfinished message at most.
 */
export class RegistryReader implements StreamHandler {
  readonly #stream: Stream
  readonly #events: RegistryEvents
  readonly #decoder: MessageDecoder = new MessageDecoder({ maxBytes: MAX_REGISTRY_MESSAGE_BYTES })
  /** Bytes that were delivered, and whose credit the peer has not got back. */
  #owedBytes = 0
  #isProcessing = false
  #hasFailed = false

  constructor(stream: Stream, events: RegistryEvents) {
    this.#stream = stream
    this.#events = events
    stream.manualCredit = true
  }

  /** Starts delivery. `initialBytes` came before what the stream delivers. Called once. */
  start(initialBytes: Uint8Array | undefined): void {
    if (initialBytes !== undefined) {
      this.#owedBytes = initialBytes.length
      this.#decoder.push(initialBytes)
    }
    // Resumes the stream, so nothing is processed before.
    this.#stream.handle(this)
    this.#readOn()
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    this.#owedBytes += chunk.length
    this.#decoder.push(chunk)
    this.#readOn()
  }

  onEnd(): void {
    this.#violation(protocolError('ended its registry stream'))
  }

  onReset(_stream: Stream, error: StreamError): void {
    if (!isGoodbye(error)) this.#violation(protocolError('reset its registry stream'))
  }

  /** Reads messages until one is being processed, or none is complete. */
  #readOn(): void {
    while (!this.#hasFailed && !this.#isProcessing) {
      const step = this.#decoder.next()
      if (step.kind === 'incomplete') return this.#giveCredit()
      if (step.kind === 'error') return this.#violation(messageError(step.error, 'a registry message'))
      this.#await(this.#events.onRegistryMessage(step.value))
    }
  }

  #await(processed: void | Promise<void>): void {
    if (!(processed instanceof Promise)) return
    this.#isProcessing = true
    this.#stream.pause()
    void processed.then(() => {
      this.#isProcessing = false
      this.#readOn()
      if (!this.#isProcessing) this.#stream.resume()
    })
  }

  #giveCredit(): void {
    const bytes = this.#owedBytes
    this.#owedBytes = 0
    this.#stream.consume(bytes)
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
