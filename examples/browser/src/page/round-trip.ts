import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Socket } from '@astranet/core/browser'
import { Gate } from './gate.js'

const CHUNK_BYTES = 65_536

/** Writes bytes to a socket whose other end echoes, reads them again, and hashes each direction. */
export class RoundTrip {
  /** Bytes whose write has resolved. */
  sentBytes = 0
  receivedBytes = 0
  /** While it is closed, nothing is read. */
  readonly reading: Gate = new Gate()
  readonly #socket: Socket
  readonly #totalBytes: number

  constructor(socket: Socket, totalBytes: number) {
    this.#socket = socket
    this.#totalBytes = totalBytes
  }

  /** Resolves with the SHA-256 of the sent and of the returned bytes, when both directions have ended. */
  async run(): Promise<{ sent: string; received: string }> {
    try {
      const [sent, received] = await Promise.all([this.#send(), this.#receive()])
      return { sent, received }
    } finally {
      this.#socket.destroy()
    }
  }

  async #send(): Promise<string> {
    const hash = sha256.create()
    const writer = this.#socket.writable.getWriter()
    const chunk = new Uint8Array(CHUNK_BYTES)
    for (let left = this.#totalBytes; left > 0; left -= CHUNK_BYTES) {
      crypto.getRandomValues(chunk)
      const bytes = left < CHUNK_BYTES ? chunk.subarray(0, left) : chunk
      hash.update(bytes)
      // Resolves when `bytes` may be reused. It waits while the other side does not read.
      await writer.write(bytes)
      this.sentBytes += bytes.length
    }
    await writer.close()
    return bytesToHex(hash.digest())
  }

  async #receive(): Promise<string> {
    const hash = sha256.create()
    const reader = this.#socket.readable.getReader()
    for (;;) {
      await this.reading.open
      const { done, value } = await reader.read()
      if (done) return bytesToHex(hash.digest())
      hash.update(value)
      this.receivedBytes += value.length
    }
  }
}
