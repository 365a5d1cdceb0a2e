import type { WireInteger } from '@astranet/frame'
import { StreamError } from '../session/errors.js'
import { destroy } from '../stream/destroy.js'
import { extraOf } from '../stream/extra.js'
import type { StreamRecord } from '../stream/host.js'
import { StreamState } from '../stream/state.js'

/**
 * Takes the stream from an application that does not read it: STOP_SENDING and RESET_STREAM to the peer, `onReset` with
 * `ASTRA_ERR_STREAM_EVICTED` to the application.
 */
export function evict(stream: StreamRecord, code: WireInteger): void {
  // Everything was delivered: the application holds the bytes, so there is nothing to take back.
  if ((stream.state & StreamState.READ_OVER) !== 0) return
  const unread = stream.unreadBytes
  const message = `stream ${stream.id} was evicted: ${unread} bytes waited unread while the session's receive buffer was full`
  const error = new StreamError('ASTRA_ERR_STREAM_EVICTED', message, { applicationCode: code })
  const { handler } = stream
  destroy(stream, code)
  const extra = extraOf(stream)
  extra.receiveError = error
  extra.error ??= error
  stream.host.guard(stream, () => handler?.onReset?.(stream, error))
}
