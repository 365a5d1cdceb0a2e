import { concatBytes, type ByteDuplex } from '@astranet/interface'
import { NO_BYTES } from '../proto/bytes.js'
import { MAX_RECORD_BYTES, recordHeader, RecordType } from '../proto/records/header.js'
import type { DirectCipher } from './direct-cipher.js'
import type { Outbound, OutboundSink } from './outbound.js'

/**
 * Up to this length header, ciphertext and tag are joined: below it a copy costs less than two more buffers to write.
 */
const JOINED_BYTES = 4_096

/** Small chunks are gathered here. One for all pipes, since what is gathered is sealed within the same call. */
let gatheringBuffer: Uint8Array | undefined

/**
 * Seals within `writev`, whole records of 64 KiB as far as the bytes go. What it writes has the back-pressure of the
 * pipe.
 */
export class DirectOutbound implements Outbound {
  readonly waitingBytes = 0
  readonly #pipe: ByteDuplex
  readonly #cipher: DirectCipher
  readonly #sink: OutboundSink
  #drainsOwed = 0
  #hasEnded = false
  #isStopped = false

  constructor(pipe: ByteDuplex, cipher: DirectCipher, sink: OutboundSink) {
    this.#pipe = pipe
    this.#cipher = cipher
    this.#sink = sink
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    const records = this.#sealAll(chunks)
    if (records.length === 0 || this.#pipe.writev(records)) return true
    this.#drainsOwed++
    return false
  }

  end(): void {
    const records: Uint8Array[] = []
    this.#seal(RecordType.END, NO_BYTES, records)
    // The peer may answer, and close the pipe, before `writev` returns.
    this.#hasEnded = true
    this.#pipe.writev(records)
    if (!this.#isStopped) this.#sink.onEndWritten()
  }

  onPipeDrain(): void {
    // The pipe also owes a drain for the end, and may owe one for the handshake.
    if (this.#drainsOwed === 0 || this.#isStopped) return
    this.#drainsOwed--
    this.#sink.onDrain()
  }

  stop(): void {
    this.#isStopped = true
  }

  #sealAll(chunks: readonly Uint8Array[]): Uint8Array[] {
    const records: Uint8Array[] = []
    const buffer = (gatheringBuffer ??= new Uint8Array(MAX_RECORD_BYTES))
    let filled = 0
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.length;) {
        const left = chunk.length - start
        const taken = Math.min(left, MAX_RECORD_BYTES - filled)
        if (taken === MAX_RECORD_BYTES) {
          this.#seal(RecordType.DATA, chunk.subarray(start, start + taken), records)
        } else {
          buffer.set(chunk.subarray(start, start + taken), filled)
          filled += taken
        }
        start += taken
        if (filled < MAX_RECORD_BYTES) continue
        this.#seal(RecordType.DATA, buffer, records)
        filled = 0
      }
    }
    if (filled > 0) this.#seal(RecordType.DATA, buffer.subarray(0, filled), records)
    return records
  }

  #seal(type: RecordType, plaintext: Uint8Array, records: Uint8Array[]): void {
    const header = recordHeader(type, plaintext.length)
    const { ciphertext, tag } = this.#cipher.seal(header, plaintext)
    if (ciphertext.length <= JOINED_BYTES) records.push(concatBytes([header, ciphertext, tag]))
    else records.push(header, ciphertext, tag)
  }
}
