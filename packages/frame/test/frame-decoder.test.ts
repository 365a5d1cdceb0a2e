import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FrameDecoder,
  TransportErrorCode,
  writeStreamHeader,
  writeVarint,
  type FrameError,
} from '../src/index.js'
import { decode, oneByOne, splitAt } from './decode.js'
import { fromHex, RecordingSink } from './recording-sink.js'

const FIRST_RECORD = fromHex('09ff5153300d0a0d0a00')
const FIRST_CALLS = [
  ['transportParameters', {}],
  ['recordEnd', 1],
]

function record(...frames: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(frames)
  const head = new Uint8Array(8)
  return Uint8Array.from(Buffer.concat([head.subarray(0, writeVarint(head, 0, body.length)), body]))
}

function streamFrame(id: number, offset: number, payload: Uint8Array, isFin = false): Uint8Array {
  const bytes = new Uint8Array(payload.length + 32)
  const at = writeStreamHeader(bytes, 0, id, offset, payload.length, isFin)
  bytes.set(payload, at)
  return bytes.slice(0, at + payload.length)
}

describe('FrameDecoder', () => {
  it('gives the pieces of a payload as they arrive, without a copy', () => {
    const pieces: unknown[] = []
    const sink = new RecordingSink()
    sink.stream = (id, offset, chunk, start, end, fin) => pieces.push([id, offset, chunk, start, end, fin])
    const decoder = new FrameDecoder(sink)
    const bytes = record(streamFrame(4, 1000, Buffer.from('abcdef'), true))
    const [head, middle, tail] = splitAt(bytes, [6, 8]) as [Uint8Array, Uint8Array, Uint8Array]
    for (const chunk of [FIRST_RECORD, head, middle, tail]) expect(decoder.push(chunk)).toBeUndefined()
    expect(pieces).toEqual([
      [4, 1000, middle, 0, 2, false],
      [4, 1002, tail, 0, 4, true],
    ])
    expect((pieces[0] as unknown[])[2]).toBe(middle)
  })

  it('tells of a frame without payload once', () => {
    const sink = new RecordingSink()
    const calls: unknown[] = []
    sink.stream = (id, offset, _chunk, start, end, fin) => calls.push([id, offset, end - start, fin])
    const decoder = new FrameDecoder(sink)
    for (const chunk of oneByOne(FIRST_RECORD)) decoder.push(chunk)
    for (const chunk of oneByOne(record(streamFrame(0, 5, new Uint8Array(0), true)))) decoder.push(chunk)
    expect(calls).toEqual([[0, 5, 0, true]])
  })

  it('takes a record of exactly the limit and refuses one byte more before its frames arrive', () => {
    const payload = new Uint8Array(16_382 - 5)
    const largest = record(streamFrame(0, 0, payload), Uint8Array.of(0))
    expect(largest.length).toBe(16_384)
    expect(decode([FIRST_RECORD, largest]).error).toBeUndefined()
    const tooLarge = decode([FIRST_RECORD, fromHex('7fff')])
    expect(tooLarge.error?.code).toBe(TransportErrorCode.FRAME_ENCODING_ERROR)
    expect(tooLarge.error?.message).toBe('a record came that is above the 16382 bytes allowed')
  })

  it('takes larger records where larger ones were declared', () => {
    const large = record(new Uint8Array(20_000))
    expect(decode([FIRST_RECORD, large], { maxRecordSizeBytes: 20_000 })).toMatchObject({
      calls: [...FIRST_CALLS, ['recordEnd', 0]],
      error: undefined,
    })
    expect(decode([FIRST_RECORD, large], { maxRecordSizeBytes: 19_999 }).error?.code).toBe(
      TransportErrorCode.FRAME_ENCODING_ERROR,
    )
  })

  it('takes 1,024 bytes of transport parameters', () => {
    const unknown = Buffer.concat([fromHex('1b43fd'), new Uint8Array(1021)])
    const first = record(Buffer.concat([fromHex('ff5153300d0a0d0a4400'), unknown]))
    for (const chunks of [[first], oneByOne(first)]) {
      expect(decode(chunks)).toMatchObject({ calls: FIRST_CALLS, error: undefined })
    }
  })

  it('says which byte of a foreign protocol was wrong', () => {
    const { error } = decode([Buffer.from('GET / HTTP/1.1\r\n\r\n')])
    expect(error).toEqual({
      code: TransportErrorCode.PROTOCOL_VIOLATION,
      frameType: 0,
      message: 'the peer does not speak QMux: expected byte 0xff of QX_TRANSPORT_PARAMETERS, got 0x54 ("T")',
    })
  })

  it('names the frame that it refuses', () => {
    const refused = (frame: string): string | undefined =>
      decode([FIRST_RECORD, record(fromHex(frame))]).error?.message
    expect(refused('0600')).toBe('QMux prohibits the frame CRYPTO')
    expect(refused('21')).toBe('a frame of the unknown type 0x21 came')
    expect(refused('240400')).toBe('a RESET_STREAM_AT frame is cut off by the end of its record')
    expect(refused('0a0405')).toBe('a STREAM frame is cut off by the end of its record')
    expect(refused('2404000000')).toBe('the frame RESET_STREAM_AT was not negotiated')
    expect(refused('4010')).toBe('a frame type (MAX_DATA) is not in its shortest encoding')
  })

  it('ignores everything after an error', () => {
    const sink = new RecordingSink()
    const decoder = new FrameDecoder(sink)
    expect(decoder.push(Uint8Array.of(1))?.code).toBe(TransportErrorCode.FRAME_ENCODING_ERROR)
    expect(decoder.push(FIRST_RECORD)).toBeUndefined()
    expect(decoder.finish()).toBeUndefined()
    expect(decoder.isInsideRecord).toBe(false)
    expect(sink.calls).toEqual([])
  })

  it('returns at once when the sink stops it, whichever call does', () => {
    const frames = [
      streamFrame(0, 0, Buffer.from('ab')),
      fromHex('1005'),
      fromHex('1d000161'),
      fromHex('300102'),
    ]
    const bytes = Buffer.concat([record(fromHex('ff5153300d0a0d0a00'), ...frames), record(fromHex('1006'))])
    const whole = decode([bytes], { maxDatagramFrameSizeBytes: 100 })
    expect(whole.calls).toHaveLength(8)
    for (const chunks of [[bytes], oneByOne(bytes)]) {
      for (let stopAt = 1; stopAt <= whole.calls.length; stopAt++) {
        const { sink, errors } = decodeUntil(stopAt, chunks)
        expect(errors).toEqual([])
        expect(sink.calls.length).toBe(stopAt)
      }
    }
  })

  it('is inside a record from its first byte to its last', () => {
    const decoder = new FrameDecoder(new RecordingSink())
    decoder.push(FIRST_RECORD)
    const bytes = record(streamFrame(0, 0, Buffer.from('abc')), fromHex('1005'))
    const states = oneByOne(bytes).map((chunk) => {
      decoder.push(chunk)
      return decoder.isInsideRecord
    })
    expect(states).toEqual([...new Array<boolean>(bytes.length - 1).fill(true), false])
    expect(decoder.finish()).toBeUndefined()
  })

  it('has no error when a peer ends that has sent nothing', () => {
    expect(new FrameDecoder(new RecordingSink()).finish()).toBeUndefined()
  })

  it('ignores empty chunks', () => {
    const bytes = record(streamFrame(0, 0, Buffer.from('abc')))
    const chunks = [FIRST_RECORD, ...oneByOne(bytes)].flatMap((chunk) => [new Uint8Array(0), chunk])
    expect(decode(chunks).calls).toEqual(decode([FIRST_RECORD, bytes]).calls)
  })

  it('gives a datagram in a buffer of its own, exactly as large', () => {
    const payload = Uint8Array.from({ length: 5_000 }, (_, index) => index)
    const bytes = record(Buffer.concat([Uint8Array.of(0x30), payload]))
    for (const chunks of [[bytes], oneByOne(bytes), splitAt(bytes, [10, 2_000])]) {
      const sink = new RecordingSink()
      const datagrams: Uint8Array[] = []
      sink.datagram = (datagram) => datagrams.push(datagram)
      const decoder = new FrameDecoder(sink, { maxDatagramFrameSizeBytes: 65_535 })
      for (const chunk of [FIRST_RECORD, ...chunks]) expect(decoder.push(chunk)).toBeUndefined()
      expect(datagrams).toEqual([payload])
      expect(datagrams[0]?.buffer.byteLength).toBe(payload.length)
    }
  })

  it('refuses limits out of range by name', () => {
    const make = (limits: object) => () => new FrameDecoder(new RecordingSink(), limits)
    expect(make({ maxRecordSizeBytes: 16_381 })).toThrow(
      /^The value of "limits\.maxRecordSizeBytes" is out of range\. It must be >= 16382 && <= 4294967295/,
    )
    expect(make({ maxRecordSizeBytes: NaN })).toThrow(RangeError)
    expect(make({ maxDatagramFrameSizeBytes: -1 })).toThrow(
      /^The value of "limits\.maxDatagramFrameSizeBytes" is/,
    )
    expect(make({ maxReasonBytes: 1.5 })).toThrow(/^The value of "limits\.maxReasonBytes" is/)
    expect(make({ acceptResetStreamAt: 1 })).toThrow(TypeError)
  })
})

describe('FrameDecoder given anything', () => {
  it('never throws, gives at most one error, and the same for every split', () => {
    const limits = { maxDatagramFrameSizeBytes: 1_000, acceptResetStreamAt: true }
    // Random bytes alone rarely get past the first frame or the first type, so frame types are frequent.
    const byte = fc.oneof(
      fc.constantFrom(0x00, 0x04, 0x05, 0x08, 0x0a, 0x0f, 0x10, 0x11, 0x12, 0x1c, 0x1d, 0x24, 0x30, 0x31),
      fc.nat(255),
    )
    const body = fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes))
    const input = fc.oneof(
      body,
      fc
        .array(body, { maxLength: 4 })
        .map((bodies) => Buffer.concat([FIRST_RECORD, ...bodies.map((bytes) => record(bytes))])),
    )
    const cuts = fc.array(fc.nat(200), { maxLength: 10 })
    fc.assert(
      fc.property(input, cuts, fc.boolean(), (bytes, positions, ends) => {
        const whole = decode([bytes], limits, ends)
        const split = splitAt(
          bytes,
          positions.map((position) => position % (bytes.length + 1)),
        )
        for (const chunks of [split, oneByOne(bytes)]) {
          const { calls, error } = decode(chunks, limits, ends)
          expect({ calls, error }).toEqual({ calls: whole.calls, error: whole.error })
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('what lengths that are merely announced cost', () => {
  // A peer that announces much and sends little, many times over.
  const announcements: Record<string, { bytes: Uint8Array; limits?: object }> = {
    'a STREAM frame of 1 GiB': {
      bytes: fromHex('c0000000400000130a04c000000040000000'),
      limits: { maxRecordSizeBytes: 2 ** 31 },
    },
    'a DATAGRAM of 1 GiB': {
      bytes: fromHex('c00000004000001331c000000040000000aa'),
      limits: { maxRecordSizeBytes: 2 ** 31, maxDatagramFrameSizeBytes: 2 ** 31 },
    },
    'a DATAGRAM to the end of a record of 1 GiB': {
      bytes: fromHex('c00000004000001330aa'),
      limits: { maxRecordSizeBytes: 2 ** 31, maxDatagramFrameSizeBytes: 2 ** 31 },
    },
    'a close reason of 1 GiB': {
      bytes: fromHex('c0000000400000131d00c00000004000000061'),
      limits: { maxRecordSizeBytes: 2 ** 31 },
    },
  }

  it.each(Object.entries(announcements))('%s takes no memory', (_, { bytes, limits }) => {
    const decoders: FrameDecoder[] = []
    const errors: (FrameError | undefined)[] = []
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 100; i++) {
      const decoder = new FrameDecoder(new RecordingSink(), limits)
      errors.push(decoder.push(FIRST_RECORD), decoder.push(bytes))
      decoders.push(decoder)
    }
    const perDecoder = (process.memoryUsage().arrayBuffers - before) / decoders.length
    expect(errors.every((error) => error === undefined)).toBe(true)
    expect(decoders.every((decoder) => decoder.isInsideRecord)).toBe(true)
    expect(perDecoder).toBeLessThan(4_096)
  })

  it('a reason above its limit is read to its end and not kept', () => {
    const reason = new Uint8Array(10_000).fill(0x61)
    const bytes = record(Buffer.concat([fromHex('1d00'), fromHex('6710'), reason]), fromHex('1005'))
    for (const chunks of [[bytes], oneByOne(bytes)]) {
      const { calls } = decode([FIRST_RECORD, ...chunks])
      expect((calls[2]?.[1] as { reason: string }).reason).toBe('a'.repeat(1_024))
      expect(calls[3]).toEqual(['maxData', 5])
    }
  })
})

/** Decodes with a sink that stops the decoder in its call number `stopAt`. */
function decodeUntil(
  stopAt: number,
  chunks: readonly Uint8Array[],
): { sink: RecordingSink; errors: FrameError[] } {
  const sink = new RecordingSink()
  const errors: FrameError[] = []
  const stopping = new Proxy(sink, {
    get(target, name: keyof RecordingSink) {
      const method = target[name]
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        ;(method as (...args: unknown[]) => void).apply(target, args)
        if (target.calls.length === stopAt) decoder.stop()
      }
    },
  })
  const decoder: FrameDecoder = new FrameDecoder(stopping, { maxDatagramFrameSizeBytes: 100 })
  for (const chunk of chunks) {
    const error = decoder.push(chunk)
    if (error !== undefined) errors.push(error)
  }
  return { sink, errors }
}
