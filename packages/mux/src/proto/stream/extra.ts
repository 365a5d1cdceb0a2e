import type { WireInteger } from '@astranet/frame'
import type { StreamError } from '../session/errors.js'
import { FLOAT_ZERO } from '../float-zero.js'
import type { WindowTrial } from '../receive/window-trial.js'
import type { WindowTuning } from '../receive/window-tuning.js'

/** Rare fields of a stream, in an object that is made when one of them is first used. */
export interface StreamExtra {
  /** Code of a RESET_STREAM to be sent. */
  resetCode: WireInteger
  /** Code of a STOP_SENDING to be sent. */
  stopCode: WireInteger
  /** The first error of either direction, for onClose. */
  error: Error | undefined
  /** Why the sending direction was cut off by the peer or the session's end, for onStopSending. */
  sendError: StreamError | undefined
  /** Why the receiving direction failed, for onReset. */
  receiveError: StreamError | undefined
  /** Reliable Size of a RESET_STREAM_AT to be sent. */
  reliableSendSize: number
  /** Of a RESET_STREAM_AT received: up to where bytes are delivered, and the code. */
  reliableReceiveSize: number
  receivedResetCode: WireInteger
  /** Grows the receive window. */
  tuning: WindowTuning | undefined
  /** Tries larger windows; made when the peer first reports that the window is used up. */
  trial: WindowTrial | undefined
  /** `consumed` at the last renewal of the receive window. */
  consumedAtRenewal: number
  /** The largest receive window that the stream may have, in bytes. */
  maxWindowBytes: number
  /** The epoch in which the stream last counted as an active reader. */
  readerEpoch: number
}

/** The stream's rare fields, made on first use. */
export function extraOf(stream: { extra: StreamExtra | undefined }): StreamExtra {
  stream.extra ??= {
    resetCode: 0,
    stopCode: 0,
    error: undefined,
    sendError: undefined,
    receiveError: undefined,
    reliableSendSize: 0,
    reliableReceiveSize: 0,
    receivedResetCode: 0,
    tuning: undefined,
    trial: undefined,
    consumedAtRenewal: FLOAT_ZERO,
    maxWindowBytes: Infinity,
    readerEpoch: -1,
  }
  return stream.extra
}
