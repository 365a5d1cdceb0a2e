import { FrameDecoder, type FrameError } from '@astranet/frame'
import { DigestSink } from './digest-sink.js'
import { must } from './fuzz-failure.js'

const LIMITS = { maxDatagramFrameSizeBytes: 1_000, acceptResetStreamAt: true }

/** What a decoder said of one input. */
export interface DecoderResult {
  /** The kinds of frames that came, as bits. */
  readonly kinds: number
  readonly error: FrameError | undefined
}

/** Feeds inputs to a decoder, whole and in pieces, and holds it to its contract. */
export class DecoderTarget {
  readonly #hello: Uint8Array
  readonly #whole = new DigestSink()
  readonly #pieces = new DigestSink()

  constructor(hello: Uint8Array) {
    this.#hello = hello
  }

  /** `at`: where the input is split besides; 0: nowhere. */
  run(input: Uint8Array, at: number): DecoderResult {
    const sink = this.#whole
    const error = decode(this.#hello, input, sink, input.length)
    must(sink.payloadBytes <= input.length, 'more payload was told than came')
    if (at > 0) {
      const other = decode(this.#hello, input, this.#pieces, at)
      must(this.#pieces.digest === sink.digest, 'an input that is split is read in another way')
      must(
        other?.code === error?.code && other?.message === error?.message,
        'it depends on splits what is wrong',
      )
    }
    return { kinds: sink.kinds, error }
  }
}

/** Decodes `input` in pieces of `step` bytes. */
function decode(
  hello: Uint8Array,
  input: Uint8Array,
  sink: DigestSink,
  step: number,
): FrameError | undefined {
  sink.reset()
  const decoder = new FrameDecoder(sink, LIMITS)
  let error = decoder.push(hello)
  for (let at = 0; at < input.length && error === undefined; at += step)
    error = decoder.push(step >= input.length ? input : input.subarray(at, at + step))
  error ??= decoder.finish()
  if (error === undefined) return undefined
  sink.stop()
  must(error.message.length > 0 && error.message.length < 300, 'an error without a sentence')
  must(decoder.push(input) === undefined, 'a decoder found a second error')
  must(!decoder.isInsideRecord, 'a decoder waits for more after an error')
  return error
}
