import { toError } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { secureError } from '../proto/errors.js'
import { RecordReader } from '../proto/records/record-reader.js'
import { RecordType } from '../proto/records/header.js'
import type { RecordOpener } from './record-opener.js'

/** Records that are opened at the same time, where opening takes promises. */
export const MAX_OPENING_RECORDS = 8

/** What an {@link Inbound} tells the secure pipe. */
export interface InboundSink {
  /** Whether the user takes bytes now. Looked at before every record. */
  readonly canDeliver: boolean
  onData(chunk: Uint8Array): void
  /** The authenticated end was received. */
  onEnd(): void
  /** What arrived is not what the peer sent, or the platform failed. */
  onFailure(error: Error): void
  /** Nothing more can be done for now. */
  onSettled(): void
}

interface Opening {
  readonly type: number | undefined
  outcome: { readonly plaintext: Uint8Array | undefined } | undefined
}

/**
 * The direction in which a secure pipe receives: cuts records out of what arrives, opens them and delivers them in
 * order. What a pipe delivers from inside a call of its user waits behind what is being delivered.
 */
export class Inbound {
  readonly #opener: RecordOpener
  readonly #sink: InboundSink
  readonly #reader: RecordReader
  readonly #chunks = new FifoQueue<Uint8Array>()
  readonly #opening = new FifoQueue<Opening>()
  #hasEnded = false
  #isRunning = false
  #isStopped = false

  constructor(opener: RecordOpener, sink: InboundSink) {
    this.#opener = opener
    this.#sink = sink
    this.#reader = new RecordReader(opener.keepsRecords)
  }

  /** Whether the authenticated end was delivered. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether chunks wait, so that the pipe should bring no more. */
  get isFull(): boolean {
    return this.#chunks.size > 0 || this.#reader.hasUnread
  }

  /** Whether everything that arrived was delivered, but for a record that is not complete. */
  get isDrained(): boolean {
    return !this.isFull && this.#opening.size === 0
  }

  push(chunk: Uint8Array): void {
    if (!this.#isStopped) this.#chunks.push(chunk)
    this.run()
  }

  /** Delivers what can be delivered. To be called whenever the user may have begun to take bytes. */
  run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      while (!this.#isStopped && this.#sink.canDeliver && this.#step());
    } finally {
      this.#isRunning = false
    }
    this.#sink.onSettled()
  }

  /** Drops what waits; nothing more is delivered. */
  stop(): void {
    this.#isStopped = true
    this.#chunks.clear()
    this.#opening.clear()
    this.#reader.feed(new Uint8Array(0))
  }

  /** Whether there was anything to do. */
  #step(): boolean {
    const first = this.#opening.peek()
    if (first?.outcome !== undefined) {
      this.#opening.shift()
      this.#deliver(first.type, first.outcome.plaintext)
      return true
    }
    return this.#opening.size < MAX_OPENING_RECORDS && this.#readNext()
  }

  #readNext(): boolean {
    const found = this.#reader.next()
    if (found === 'more') {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) return false
      this.#reader.feed(chunk)
    } else if (found === 'record') this.#open()
    else {
      const message = `What arrived is not a record of the peer: ${this.#reader.fault}.`
      this.#sink.onFailure(secureError('ASTRA_ERR_SECURE_RECORD', message))
    }
    return true
  }

  #open(): void {
    const { header, sealed } = this.#reader
    const [type] = header
    const plaintext = this.#opener.open(header, sealed)
    if (!(plaintext instanceof Promise)) return this.#deliver(type, plaintext)
    const opening: Opening = { type, outcome: undefined }
    this.#opening.push(opening)
    plaintext.then(
      (opened) => {
        opening.outcome = { plaintext: opened }
        this.run()
      },
      (error: unknown) => {
        if (!this.#isStopped) this.#sink.onFailure(toError(error))
      },
    )
  }

  #deliver(type: number | undefined, plaintext: Uint8Array | undefined): void {
    if (plaintext === undefined) {
      const message =
        'A record does not decrypt: it was changed, repeated, left out or put elsewhere on the way.'
      this.#sink.onFailure(secureError('ASTRA_ERR_SECURE_TAMPERED', message))
    } else if (type === RecordType.END) {
      this.#hasEnded = true
      this.#sink.onEnd()
    } else this.#sink.onData(plaintext)
  }
}
