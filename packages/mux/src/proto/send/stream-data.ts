import { MAX_STREAM_HEADER_BYTES } from '@astranet/frame'
import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'
import { MAX_URGENCY } from '../stream/urgency.js'
import type { SendHost } from './host.js'
import type { Run } from './queue.js'
import type { RecordWriter } from './record-writer.js'
import { COPY_LIMIT_BYTES } from './slab.js'
import { isResetAtDue, type StreamFrames } from './stream-frames.js'

/** What one stream sends before the next one of its urgency has its turn, in bytes. */
const QUANTUM_BYTES = 64 * 1024

/** A record with less room than this for a payload is closed before it. */
const MIN_PAYLOAD_BYTES = 2_048

/** What a turn adds to its payload at most: the header of the frame, and that of a record. */
const TURN_OVERHEAD_BYTES = MAX_STREAM_HEADER_BYTES + 4

/** Writes the payload of streams, in the order of the scheduler, as far as credit and flush size allow. */
export class StreamData {
  readonly #host: SendHost
  readonly #writer: RecordWriter
  readonly #frames: StreamFrames

  constructor(host: SendHost, writer: RecordWriter, frames: StreamFrames) {
    this.#host = host
    this.#writer = writer
    this.#frames = frames
  }

  /**
   * Gives streams their turns until none waits, the credit is used up, or the flush holds `maxBytes`, which the last
   * turn may exceed unless the limit `isExact`.
   */
  write(maxBytes: number, isExact = false): void {
    const writer = this.#writer
    const { scheduler, sendWindow } = this.#host
    while (writer.bytes < maxBytes) {
      // Where the least urgent streams have credit, all have.
      const stream = scheduler.take(sendWindow.available(MAX_URGENCY) > 0)
      if (stream === undefined) return
      const credit = sendWindow.available(stream.urgencyLevel)
      if (credit === 0) {
        // Urgency 0 comes first and has the most credit: where there is none for this stream, there is none for the
        // rest.
        scheduler.putBack(stream)
        sendWindow.blocked()
        return
      }
      const room = isExact ? maxBytes - writer.bytes - TURN_OVERHEAD_BYTES : QUANTUM_BYTES
      if (room <= 0) {
        scheduler.putBack(stream)
        return
      }
      this.#writeTurn(stream, Math.min(credit, room))
    }
  }

  #writeTurn(stream: StreamRecord, credit: number): void {
    const queue = stream.sendQueue
    if (queue === undefined) return
    const writer = this.#writer
    writer.reserve(MAX_STREAM_HEADER_BYTES, Math.min(queue.bytes, MIN_PAYLOAD_BYTES))
    const allowed = Math.min(
      QUANTUM_BYTES,
      this.#host.flushSize.bytes,
      credit,
      stream.sendLimit - stream.sendOffset,
    )
    const length = Math.min(queue.bytes, allowed, writer.room - MAX_STREAM_HEADER_BYTES)
    const isFin = length === queue.bytes && (stream.state & StreamState.FIN_QUEUED) !== 0
    if (length > 0) {
      this.#frames.writeHeader(stream, length, isFin)
      this.#writePayload(stream, length)
    }
    this.#afterTurn(stream)
  }

  #writePayload(stream: StreamRecord, length: number): void {
    const writer = this.#writer
    const queue = stream.sendQueue
    if (queue === undefined) return
    let left = length
    while (left > 0) {
      const run = queue.head as Run
      const count = Math.min(left, run.end - run.start)
      if (count <= COPY_LIMIT_BYTES && writer.canCopy(count))
        writer.copy(run.buffer, run.start, run.start + count)
      else writer.reference(run.buffer, run.start, run.start + count)
      queue.advance(count, this.#host)
      left -= count
    }
    if (queue.bytes === 0) stream.sendQueue = undefined
  }

  /** Decides what becomes of a stream that had its turn. */
  #afterTurn(stream: StreamRecord): void {
    const host = this.#host
    const waiting = stream.sendQueue === undefined ? 0 : stream.sendQueue.bytes
    if (waiting === 0 && isResetAtDue(stream)) this.#frames.writeResetAt(stream)
    if (waiting > 0) {
      if (stream.sendOffset < stream.sendLimit) host.scheduler.add(stream)
      // Behind the data that used the credit up: a flush of its own would cost both sides more than its bytes.
      else if (!host.isClosing) this.#frames.writeDataBlocked(stream)
    }
    if (
      (stream.state & StreamState.WRITE_BLOCKED) !== 0 &&
      waiting <= host.options.sendHighWaterMarkBytes / 2
    ) {
      stream.state &= ~StreamState.WRITE_BLOCKED
      host.work.writable.push(stream)
    }
    if (waiting === 0 && (stream.state & StreamState.FLUSH_OWED) !== 0) host.work.flushed.push(stream)
    if ((stream.state & StreamState.CARRIER) !== 0) host.work.progressed.push(stream)
  }
}
