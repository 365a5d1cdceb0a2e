import type { ByteDuplex } from '@astranet/interface'
import { HEADER_BYTES, MAX_RECORD_BYTES, RecordType, writeHeader } from '../proto/records/header.js'
import type { DirectCipher } from './direct-cipher.js'
import type { Outbound, OutboundSink } from './outbound.js'
import type { RecordSealing } from './provider.js'
import { APART_BYTES, RecordOutput } from './record-output.js'

/** Small chunks are gathered here. One for all pipes, since what is gathered is sealed within the same call. */
const gatheringBuffer = new Uint8Array(4 * APART_BYTES)

/** The header of the record that is being sealed, likewise. */
const header = new Uint8Array(HEADER_BYTES)

/**
 * Seals within `writev`, in records as large as they may be. What it writes has the back-pressure of the pipe.
 */
export class DirectOutbound implements Outbound {
  readonly waitingBytes = 0
  readonly #pipe: ByteDuplex
  readonly #cipher: DirectCipher
  readonly #sink: OutboundSink
  /** What the pipe has not taken yet. */
  #records: Uint8Array[] = []
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
    const records = sealAll(this.#cipher, chunks)
    if (records.length === 0) return true
    if (this.#pipe.writev(records)) {
      this.#release(records)
      return true
    }
    this.#records.push(...records)
    this.#drainsOwed++
    return false
  }

  end(): void {
    const output = new RecordOutput()
    output.add(beginRecord(this.#cipher, RecordType.END, 0, output).finish())
    // The peer may answer, and close the pipe, before `writev` returns.
    this.#hasEnded = true
    this.#pipe.writev(output.finish())
    if (!this.#isStopped) this.#sink.onEndWritten()
  }

  onPipeDrain(): void {
    // The pipe also owes a drain for the end, and may owe one for the handshake.
    if (this.#drainsOwed === 0 || this.#isStopped) return
    this.#drainsOwed--
    this.#release(this.#records)
    this.#records = []
    this.#sink.onDrain()
  }

  stop(): void {
    this.#isStopped = true
    this.#records = []
  }

  #release(records: readonly Uint8Array[]): void {
    for (const bytes of records) this.#cipher.release(bytes)
  }
}

/** The records of all bytes of `chunks`. A large chunk is sealed where it lies, and its ciphertext is a buffer. */
function sealAll(cipher: DirectCipher, chunks: readonly Uint8Array[]): Uint8Array[] {
  let left = 0
  for (const { length } of chunks) left += length
  const output = new RecordOutput()
  let record: SealingRecord | undefined
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      record ??= new SealingRecord(cipher, Math.min(left, MAX_RECORD_BYTES), output)
      const end = Math.min(chunk.length, start + record.left)
      record.add(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
      left -= end - start
      start = end
      if (record.left === 0) record = undefined
    }
  }
  return output.finish()
}

/** A record of data that is being sealed, of a length that is known. */
class SealingRecord {
  /** Bytes of plaintext that are to come. */
  left: number
  readonly #sealing: RecordSealing
  readonly #output: RecordOutput
  #gathered = 0

  constructor(cipher: DirectCipher, length: number, output: RecordOutput) {
    this.#sealing = beginRecord(cipher, RecordType.DATA, length, output)
    this.#output = output
    this.left = length
  }

  add(bytes: Uint8Array): void {
    this.left -= bytes.length
    const isLast = this.left === 0
    if (bytes.length >= APART_BYTES || (isLast && this.#gathered === 0)) {
      this.#sealGathered()
      this.#output.add(this.#sealing.update(bytes))
    } else {
      if (this.#gathered + bytes.length > gatheringBuffer.length) this.#sealGathered()
      gatheringBuffer.set(bytes, this.#gathered)
      this.#gathered += bytes.length
    }
    if (!isLast) return
    this.#sealGathered()
    this.#output.add(this.#sealing.finish())
  }

  #sealGathered(): void {
    if (this.#gathered === 0) return
    this.#output.add(this.#sealing.update(gatheringBuffer.subarray(0, this.#gathered)))
    this.#gathered = 0
  }
}

function beginRecord(
  cipher: DirectCipher,
  type: RecordType,
  length: number,
  output: RecordOutput,
): RecordSealing {
  writeHeader(header, type, length)
  output.add(header)
  return cipher.seal(header)
}
