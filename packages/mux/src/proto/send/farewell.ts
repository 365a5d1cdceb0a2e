import {
  MAX_CONTROL_FRAME_BYTES,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamHeader,
} from '@astranet/frame'
import type { StreamRecord } from '../stream/host.js'
import { SEND_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import type { RecordWriter } from './record-writer.js'

/**
 * What is gathered in front of a CONNECTION_CLOSE that ends every stream, in bytes: more than a kernel's buffer
 * holds, so that this is no second limit, and little enough to be written within 50 ms. What does not fit is not
 * sent, and the peer finds those streams unfinished.
 */
export const MAX_FAREWELL_BYTES = 16_777_216

/** The code of the resets and stops of a farewell: this side has no more use for the stream. */
const FAREWELL_CODE = 0

/**
 * Ends every open stream: with FIN where everything written was sent, otherwise with a reset behind what was sent. It
 * only writes frames, for the last flush of a session; the session's end notifies the application. Streams for whose
 * ends `maxBytes` leave no room end with the session.
 */
export function writeEnds(
  host: { streams: { all(): Iterable<StreamRecord> } },
  writer: RecordWriter,
  maxBytes: number,
): void {
  for (const stream of host.streams.all()) {
    if (writer.bytes + 2 * MAX_CONTROL_FRAME_BYTES > maxBytes) return
    // The peer does not know a stream that was not announced, so it needs no end.
    if ((stream.state & StreamState.ANNOUNCED) === 0) continue
    writer.reserve(2 * MAX_CONTROL_FRAME_BYTES)
    writeEnd(stream, writer)
    writeStop(stream, writer)
  }
}

function writeEnd(stream: StreamRecord, writer: RecordWriter): void {
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0) return
  if (stream.sendQueue !== undefined || (stream.state & StreamState.RESET_AT_QUEUED) !== 0) {
    // Its state stays: at the session's end the application is notified that its bytes were not sent.
    writer.wrote(writeReset(stream, writer))
    return
  }
  writer.wrote(writeStreamHeader(writer.buffer, writer.at, stream.id, stream.sendOffset, 0, true))
  stream.state |= StreamState.FIN_QUEUED | StreamState.FIN_SENT
}

function writeReset(stream: StreamRecord, writer: RecordWriter): number {
  const { id, sendOffset, extra } = stream
  const isRequested = (stream.state & StreamState.RESET_AT_QUEUED) !== 0
  const code = isRequested ? (extra?.resetCode ?? FAREWELL_CODE) : FAREWELL_CODE
  if (!stream.host.peer.resetStreamAt) return writeResetStream(writer.buffer, writer.at, id, code, sendOffset)
  const reliable = isRequested ? Math.min(extra?.reliableSendSize ?? 0, sendOffset) : sendOffset
  return writeResetStreamAt(writer.buffer, writer.at, id, code, sendOffset, reliable)
}

/** Behind the end, so that a peer with nothing to send sees a stream that ended, as when its other end is destroyed. */
function writeStop(stream: StreamRecord, writer: RecordWriter): void {
  if (!stream.canReceive || (stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  writer.wrote(writeStopSending(writer.buffer, writer.at, stream.id, FAREWELL_CODE))
}
