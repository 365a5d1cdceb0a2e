import { FrameDecoder, transportErrorName, type DecoderLimits, type FrameError } from '../src/index.js'
import { jsonInteger, RecordingSink, type Call } from './recording-sink.js'

/** What a decoder made of some bytes. */
export interface Decoded {
  readonly calls: readonly Call[]
  readonly error: FrameError | undefined
  /** Bytes of the chunks up to and with the one in which the error came. */
  readonly errorAfterBytes: number | undefined
  readonly isInsideRecord: boolean
}

/** Runs `chunks` through a new decoder; `ends` when the peer ends behind them. */
export function decode(
  chunks: readonly Uint8Array[],
  limits: Partial<DecoderLimits> = {},
  ends = false,
): Decoded {
  const sink = new RecordingSink()
  const decoder = new FrameDecoder(sink, limits)
  let pushed = 0
  let error: FrameError | undefined
  let errorAfterBytes: number | undefined
  for (const chunk of chunks) {
    const result = decoder.push(chunk)
    pushed += chunk.length
    if (result === undefined) continue
    if (error !== undefined) throw new Error('the decoder gave a second error')
    error = result
    errorAfterBytes = pushed
  }
  const { isInsideRecord } = decoder
  if (ends) error ??= decoder.finish()
  return { calls: sink.calls, error, errorAfterBytes, isInsideRecord }
}

/** An error as the vectors write it. */
export function jsonError(
  error: FrameError | undefined,
): { code: string; frameType: number | string } | undefined {
  return error && { code: transportErrorName(error.code), frameType: jsonInteger(error.frameType) }
}

/** `bytes` one by one. */
export function oneByOne(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.slice(index, index + 1))
}

/** `bytes` cut at `positions`. */
export function splitAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const cuts = [...new Set([0, ...positions, bytes.length])].sort((a, b) => a - b)
  return cuts.slice(1).map((cut, index) => bytes.slice(cuts[index], cut))
}
