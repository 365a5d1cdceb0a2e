import { concatBytes, toError, type ByteDuplex } from '@astranet/interface'
import { FifoQueue } from '@astranet/interface/collections'
import { DrainCounter } from '@astranet/interface/transport-tools'
import { NO_BYTES } from '../proto/bytes.js'
import { recordHeader, RecordType } from '../proto/records/header.js'
import type { Outbound, OutboundSink } from './outbound.js'
import type { PromisedCipher } from './promised-cipher.js'

/**
 * Records that are sealed at the same time: WebCrypto works on other threads, so one at a time would leave them idle.
 */
export const MAX_SEALING_RECORDS = 8

/**
 * Plaintext of a record, in bytes at most. Less than the protocol allows: the parts of a record are joined by copying,
 * so a larger one saves little, and eight of them are in memory.
 */
export const PIPELINED_RECORD_BYTES = 65_536

interface Sealing {
  readonly type: RecordType
  readonly header: Uint8Array
  readonly length: number
  sealed: Uint8Array | undefined
}

/**
 * Seals up to eight records at a time and writes them in order. While the pipe refuses more nothing further is
 * sealed, so at most eight sealed records wait beside the pipe's own buffer. Every `writev` waits: its chunks are
 * copied or sealed later.
 */
export class PipelinedOutbound implements Outbound {
  readonly #pipe: ByteDuplex
  readonly #cipher: PromisedCipher
  readonly #sink: OutboundSink
  readonly #chunks = new FifoQueue<Uint8Array>()
  /** How much of the first chunk is used up. */
  #offset = 0
  #chunkBytes = 0
  readonly #sealing = new FifoQueue<Sealing>()
  #sealingBytes = 0
  readonly #drains = new DrainCounter()
  /** Whether the pipe has refused more, and has not drained since. */
  #isPipeFull = false
  #isEnding = false
  #isEndSealing = false
  #hasEnded = false
  #isStopped = false

  constructor(pipe: ByteDuplex, cipher: PromisedCipher, sink: OutboundSink) {
    this.#pipe = pipe
    this.#cipher = cipher
    this.#sink = sink
  }

  get waitingBytes(): number {
    return this.#chunkBytes + this.#sealingBytes
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    const before = this.#chunkBytes
    for (const chunk of chunks) {
      if (chunk.length === 0) continue
      this.#chunks.push(chunk)
      this.#chunkBytes += chunk.length
    }
    if (this.#chunkBytes === before) return true
    this.#sealMore()
    return this.#drains.owe()
  }

  end(): void {
    this.#isEnding = true
    this.#sealMore()
  }

  onPipeDrain(): void {
    this.#isPipeFull = false
    this.#writeSealed()
  }

  stop(): void {
    this.#isStopped = true
    this.#chunks.clear()
    this.#chunkBytes = 0
    this.#sealing.clear()
    this.#sealingBytes = 0
  }

  #sealMore(): void {
    while (!this.#isPipeFull && !this.#isStopped && this.#sealing.size < MAX_SEALING_RECORDS) {
      if (this.#chunkBytes > 0) this.#seal(RecordType.DATA, this.#takeRecord())
      else if (this.#isEnding && !this.#isEndSealing) {
        this.#isEndSealing = true
        this.#seal(RecordType.END, NO_BYTES)
      } else return
    }
  }

  #seal(type: RecordType, plaintext: Uint8Array): void {
    const header = recordHeader(type, plaintext.length)
    const sealing: Sealing = { type, header, length: plaintext.length, sealed: undefined }
    this.#sealing.push(sealing)
    this.#sealingBytes += plaintext.length
    this.#cipher.seal(header, plaintext).then(
      (sealed) => {
        sealing.sealed = sealed
        this.#writeSealed()
      },
      (error: unknown) => {
        if (!this.#isStopped) this.#sink.onFailure(toError(error))
      },
    )
  }

  /** Takes up to 64 KiB out of what waits: a part of one chunk as it is, several ones joined. */
  #takeRecord(): Uint8Array {
    const parts: Uint8Array[] = []
    let room = Math.min(PIPELINED_RECORD_BYTES, this.#chunkBytes)
    this.#chunkBytes -= room
    while (room > 0) {
      const chunk = this.#chunks.peek() as Uint8Array
      const part = chunk.subarray(this.#offset, this.#offset + room)
      parts.push(part)
      room -= part.length
      this.#offset += part.length
      if (this.#offset < chunk.length) continue
      this.#offset = 0
      this.#chunks.shift()
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(parts)
  }

  #writeSealed(): void {
    while (!this.#isPipeFull && !this.#isStopped) {
      const first = this.#sealing.peek()
      if (first?.sealed === undefined) break
      this.#sealing.shift()
      this.#sealingBytes -= first.length
      const isEnd = first.type === RecordType.END
      // The peer may answer the end, and close the pipe, before `writev` returns.
      this.#hasEnded = isEnd
      if (!this.#pipe.writev([first.header, first.sealed])) this.#isPipeFull = true
      if (isEnd && !this.#isStopped) this.#sink.onEndWritten()
    }
    this.#sealMore()
    this.#drain()
  }

  #drain(): void {
    if (this.waitingBytes > 0 || this.#isPipeFull) return
    this.#drains.makeDue()
    while (!this.#isStopped && this.#drains.takeDue()) this.#sink.onDrain()
  }
}
