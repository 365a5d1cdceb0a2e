import { FifoQueue } from '@astranet/interface/collections'
import { datagramHeaderLength, type TransportParameters } from '@astranet/frame'

/** Bytes of datagrams that may wait to be sent; more are dropped. */
export const MAX_QUEUED_DATAGRAM_BYTES = 1_048_576

/** What one queued datagram counts besides its payload, so that empty ones are bounded as well. */
const DATAGRAM_OVERHEAD_BYTES = 64

/** Datagrams that wait for the next flush (RFC 9221 section 5: a sender may drop them). */
export class DatagramQueue {
  readonly #datagrams = new FifoQueue<Uint8Array>()
  #bytes = 0

  /** The one to be sent next. */
  get first(): Uint8Array | undefined {
    return this.#datagrams.peek()
  }

  /** Adds a datagram. False when the queue is full and it was dropped. */
  push(payload: Uint8Array): boolean {
    const cost = payload.length + DATAGRAM_OVERHEAD_BYTES
    if (this.#bytes + cost > MAX_QUEUED_DATAGRAM_BYTES) return false
    this.#datagrams.push(payload)
    this.#bytes += cost
    return true
  }

  /** Takes the first one out. */
  shift(): void {
    const first = this.#datagrams.shift()
    if (first !== undefined) this.#bytes -= first.length + DATAGRAM_OVERHEAD_BYTES
  }

  /** Drops all. */
  clear(): void {
    this.#datagrams.clear()
    this.#bytes = 0
  }
}

/** The largest datagram that a peer with these parameters takes, in bytes; -1 when it takes none. */
export function maxDatagramBytes(peer: TransportParameters): number {
  const { maxDatagramFrameSizeBytes, maxRecordSizeBytes } = peer
  const frame = Math.min(maxDatagramFrameSizeBytes, maxRecordSizeBytes)
  if (frame === 0) return -1
  // The header's length depends on the payload's: the largest payload whose whole frame fits.
  let payload = frame - datagramHeaderLength(frame)
  while (payload + 1 + datagramHeaderLength(payload + 1) <= frame) payload += 1
  return payload
}
