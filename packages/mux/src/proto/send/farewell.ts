import {
  MAX_CONTROL_FRAME_BYTES,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamHeader,
} from '@astranet/frame'
import type { RecordWriter } from './record-writer.js'
import type { SessionCore } from '../session/core.js'
import { SEND_OVER, SIZE_KNOWN, StreamState } from '../stream/state.js'
import type { Stream } from '../stream/stream.js'

/**
 * What is gathered in front of a CONNECTION_CLOSE that ends every stream, in bytes: more than a kernel's buffer holds, so
 * that this is no second limit, and little enough to be written within 50 ms. What does not fit is not sent, and the peer
 * finds those streams unfinished.
 */
export const MAX_FAREWELL_BYTES = 16_777_216

/** What a peer is told with the resets and stops of a farewell: the stream is of no more use to this side. */
const FAREWELL_CODE = 0

/**
 * Ends every open stream: with FIN where everything written was sent, otherwise with a reset behind what was sent. Writes
 * frames only, so it is for the last flush of a session. What the application is told is the affair of the session's end.
 */
export function writeEnds(core: SessionCore, writer: RecordWriter): void {
  for (const stream of core.streams.all()) {
    if (writer.bytes >= MAX_FAREWELL_BYTES) return
    // A stream that the peer has not been told of is one that it need not hear of.
    if ((stream.state & StreamState.ANNOUNCED) === 0) continue
    writer.reserve(2 * MAX_CONTROL_FRAME_BYTES)
    writeEnd(stream, writer)
    writeStop(stream, writer)
  }
}

function writeEnd(stream: Stream, writer: RecordWriter): void {
  if (!stream.canSend || (stream.state & SEND_OVER) !== 0) return
  if (stream.sendQueue !== undefined || (stream.state & StreamState.RESET_AT_QUEUED) !== 0) {
    // Its state stays: at the session's end the application is told that its bytes were not sent.
    writer.wrote(writeReset(stream, writer))
    return
  }
  writer.wrote(writeStreamHeader(writer.buffer, writer.at, stream.id, stream.sendOffset, 0, true))
  stream.state |= StreamState.FIN_QUEUED | StreamState.FIN_SENT
}

function writeReset(stream: Stream, writer: RecordWriter): number {
  const { id, sendOffset, extra } = stream
  const isAskedFor = (stream.state & StreamState.RESET_AT_QUEUED) !== 0
  const code = isAskedFor ? (extra?.resetCode ?? FAREWELL_CODE) : FAREWELL_CODE
  if (!stream.core.peer.resetStreamAt) return writeResetStream(writer.buffer, writer.at, id, code, sendOffset)
  const reliable = isAskedFor ? Math.min(extra?.reliableSendSize ?? 0, sendOffset) : sendOffset
  return writeResetStreamAt(writer.buffer, writer.at, id, code, sendOffset, reliable)
}

/** Behind the end, so that a peer with nothing to say sees a stream that ended, as when its other end is destroyed. */
function writeStop(stream: Stream, writer: RecordWriter): void {
  if (!stream.canReceive || (stream.state & (SIZE_KNOWN | StreamState.DISCARDING)) !== 0) return
  writer.wrote(writeStopSending(writer.buffer, writer.at, stream.id, FAREWELL_CODE))
}
