import type { WireInteger } from '@astranet/frame'
import type { Stream } from './stream.js'
import type { WindowTuning } from './window-tuning.js'

/** What few streams need: made when first used. */
export interface StreamExtra {
  /** Code of a RESET_STREAM to be sent. */
  resetCode: WireInteger
  /** Code of a STOP_SENDING to be sent. */
  stopCode: WireInteger
  /** The first error of either direction, for onClose. */
  error: Error | undefined
  /** Grows the receive window. */
  tuning: WindowTuning | undefined
  /** `consumed` at the last renewal of the receive window. */
  consumedAtRenewal: number
  /** The epoch in which the stream last counted as an active reader. */
  readerEpoch: number
}

/** The stream's rare fields, made on first use. */
export function extraOf(stream: Stream): StreamExtra {
  stream.extra ??= {
    resetCode: 0,
    stopCode: 0,
    error: undefined,
    tuning: undefined,
    consumedAtRenewal: 0,
    readerEpoch: -1,
  }
  return stream.extra
}
