import type { WireInteger } from '@astranet/frame'
import { checkErrorCode } from '../error-code.js'
import { stopSending } from '../receive/stop.js'
import { poolShare } from '../receive/stream-window.js'
import { dropUnsent, reset } from '../send/reset.js'
import type { StreamRecord } from './host.js'
import { QUEUED_FRAMES, SIZE_KNOWN, StreamState } from './state.js'

/** See `Stream.destroy`. */
export function destroy(stream: StreamRecord, code: WireInteger): void {
  checkErrorCode(code)
  if ((stream.state & StreamState.ANNOUNCED) === 0 && !stream.host.isClosing) {
    withdraw(stream)
    return
  }
  if (stream.canSend) reset(stream, code)
  if (stream.canReceive) stopSending(stream, code)
}

/** Gives up a stream of this side that the peer does not know yet: without a frame, and its id can be used again. */
function withdraw(stream: StreamRecord): void {
  if ((stream.state & StreamState.REMOVED) !== 0) return
  dropUnsent(stream)
  if ((stream.state & SIZE_KNOWN) === 0) stream.host.receiveWindow.growthBytes -= poolShare(stream)
  stream.state &= ~QUEUED_FRAMES
  stream.state |= StreamState.RESET_SENT | StreamState.RESET_RECEIVED
  stream.state |= StreamState.READ_OVER | StreamState.DISCARDING
  stream.host.checkEndLater(stream)
}
