import { DEFAULT_TRANSPORT_PARAMETERS, type TransportParameters } from '@astranet/frame'
import { FIRST_STREAM_WINDOW_BYTES } from '../receive/session-window.js'
import type { StreamLimits } from '../stream/limits.js'
import type { ResolvedLimits } from './options.js'

/** The transport parameters that this side declares (RFC 9000 section 18.2). `initialMaxData` in bytes. */
export function ownParameters(
  options: ResolvedLimits,
  initialMaxData: number,
  limits: StreamLimits,
): TransportParameters {
  return {
    ...DEFAULT_TRANSPORT_PARAMETERS,
    maxIdleTimeoutMs: options.idleTimeoutMs,
    initialMaxData,
    initialMaxStreamDataBidiLocal: FIRST_STREAM_WINDOW_BYTES,
    initialMaxStreamDataBidiRemote: FIRST_STREAM_WINDOW_BYTES,
    initialMaxStreamDataUni: FIRST_STREAM_WINDOW_BYTES,
    initialMaxStreamsBidi: limits.peerBidi.limit,
    initialMaxStreamsUni: limits.peerUni.limit,
    maxRecordSizeBytes: options.maxRecordSizeBytes,
    maxDatagramFrameSizeBytes: options.maxDatagramFrameSizeBytes,
    resetStreamAt: true,
  }
}

/** RFC 9000 section 10.1: the smaller of the two timeouts that are not zero. */
export function negotiateIdleTimeout(ownMs: number, peerMs: number): number {
  if (ownMs === 0) return peerMs
  return peerMs === 0 ? ownMs : Math.min(ownMs, peerMs)
}
