import type { Peer, StreamEvents } from '../peer.js'
import { SILENT } from '../work.js'
import { checkChunk } from './pattern.js'

/** Sizes of a one-way transfer. */
export type TransferSizes = {
  /** Number of streams of the transfer. */
  readonly streams: number
  readonly writesPerStream: number
  readonly bytesPerWrite: number
  /** Bytes of all streams together before the clock starts; 0: it starts with the first write. */
  readonly rampBytes: number
}

/** Length of the receipt with which the server answers each complete stream. */
export const RECEIPT_BYTES = 16

/**
 * The receiving end of a transfer. It counts, checks, and writes a receipt on each complete stream: two 64-bit floats,
 * the milliseconds since the ramp and the bytes since then. The receipt of the stream that completes last covers the
 * whole transfer.
 */
export function serveTransfer<S extends object>(peer: Peer<S>, sizes: TransferSizes): StreamEvents<S> {
  const { bytesPerWrite, writesPerStream, rampBytes } = sizes
  const expected = bytesPerWrite * writesPerStream
  const received = new Map<S, number>()
  let total = 0
  let rampEnd: { readonly at: number; readonly bytes: number } | undefined
  return {
    ...SILENT,
    onData(stream, chunk) {
      const before = received.get(stream) ?? 0
      const after = before + chunk.length
      if (after > expected) throw new Error(`${after} bytes arrived on a stream of ${expected}`)
      checkChunk(chunk, before, bytesPerWrite)
      received.set(stream, after)
      total += chunk.length
      if (rampEnd === undefined && total >= rampBytes) rampEnd = { at: performance.now(), bytes: total }
      if (after < expected) return
      const receipt = Buffer.alloc(RECEIPT_BYTES)
      if (rampEnd !== undefined) {
        receipt.writeDoubleLE(performance.now() - rampEnd.at, 0)
        receipt.writeDoubleLE(total - rampEnd.bytes, 8)
      }
      peer.write(stream, receipt)
    },
    onEnd: (stream) => peer.end(stream),
  }
}
