import { toError } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { secureError } from '../proto/errors.js'
import { RecordReader } from '../proto/records/record-reader.js'
import { RecordType } from '../proto/records/header.js'
import type { OpenedRecord, RecordOpener } from './record-opener.js'

/** Records that are opened at the same time, where opening takes promises. */
export const MAX_OPENING_RECORDS = 8

/** What an {@link Inbound} tells the secure pipe. */
export interface InboundSink {
  /** Whether the user takes bytes now. Looked at before every record. */
  readonly canDeliver: boolean
  /** Whether the user refers to a chunk no longer than until `onData` returns. */
  readonly returnsChunks: boolean
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
  outcome: { readonly opened: OpenedRecord } | undefined
}

const NOTHING: readonly Uint8Array[] = []

/**
 * The direction in which a secure pipe receives: cuts records out of what arrives, opens them and delivers them in
 * order. What a pipe delivers from inside a call of its user waits behind what is being delivered.
 */
export class Inbound {
  readonly #opener: RecordOpener
  readonly #sink: InboundSink
  readonly #reader = new RecordReader()
  readonly #chunks = new FifoQueue<Uint8Array>()
  readonly #opening = new FifoQueue<Opening>()
  /** The record that is being delivered, and how many of its pieces were. */
  #opened = NOTHING
  #delivered = 0
  #hasEnded = false
  #isRunning = false
  #isStopped = false

  constructor(opener: RecordOpener, sink: InboundSink) {
    this.#opener = opener
    this.#sink = sink
  }

  /** Whether the authenticated end was delivered. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether bytes wait, so that the pipe should bring no more. */
  get isFull(): boolean {
    return this.#chunks.size > 0 || this.#reader.hasUnread || this.#opened !== NOTHING
  }

  /** Whether everything that arrived was delivered, but for a record that is not complete. */
  get isDrained(): boolean {
    return !this.isFull && this.#opening.size === 0
  }

  /** Whether a chunk may change once `push` has returned. */
  get returnsChunks(): boolean {
    return this.#opener.returnsParts
  }

  push(chunk: Uint8Array): void {
    if (this.#isStopped) return this.run()
    const isReadNow = !this.#isRunning && !this.isFull && this.#sink.canDeliver
    this.#chunks.push(isReadNow || !this.returnsChunks ? chunk : copyOf(chunk))
    try {
      this.run()
    } finally {
      // Also when the user throws.
      if (isReadNow && this.returnsChunks) this.#reader.keepUnread()
    }
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
    this.#opened = NOTHING
    this.#reader.feed(new Uint8Array(0))
  }

  /** Whether there was anything to do. */
  #step(): boolean {
    if (this.#opened !== NOTHING) {
      this.#deliverPiece()
      return true
    }
    const first = this.#opening.peek()
    if (first?.outcome !== undefined) {
      this.#opening.shift()
      this.#take(first.type, first.outcome.opened)
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
    } else if (found === 'header') this.#opener.begin(this.#reader.header, this.#reader.sealedBytes)
    else if (found === 'part') {
      this.#opener.add(this.#reader.part)
      if (!this.#reader.hasPartialRecord) this.#finish()
    } else {
      const message = `What arrived is not a record of the peer: ${this.#reader.fault}.`
      this.#sink.onFailure(secureError('ASTRA_ERR_SECURE_RECORD', message))
    }
    return true
  }

  #finish(): void {
    const [type] = this.#reader.header
    const finished = this.#opener.finish()
    if (!(finished instanceof Promise)) return this.#take(type, finished)
    const opening: Opening = { type, outcome: undefined }
    this.#opening.push(opening)
    finished.then(
      (opened) => {
        opening.outcome = { opened }
        this.run()
      },
      (error: unknown) => {
        if (!this.#isStopped) this.#sink.onFailure(toError(error))
      },
    )
  }

  #take(type: number | undefined, opened: OpenedRecord): void {
    if (opened === undefined) {
      const message =
        'A record does not decrypt: it was changed, repeated, left out or put elsewhere on the way.'
      this.#sink.onFailure(secureError('ASTRA_ERR_SECURE_TAMPERED', message))
    } else if (type === RecordType.END) {
      this.#hasEnded = true
      this.#sink.onEnd()
    } else {
      this.#opened = opened
      this.#delivered = 0
    }
  }

  #deliverPiece(): void {
    const piece = this.#opened[this.#delivered++] as Uint8Array
    if (this.#delivered === this.#opened.length) this.#opened = NOTHING
    const isReturned = this.#sink.returnsChunks
    this.#sink.onData(piece)
    if (isReturned) this.#opener.release(piece)
  }
}

/** A Buffer's own `slice` would not copy. */
function copyOf(chunk: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(chunk)
}
