import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  datagramHeaderLength,
  DEFAULT_TRANSPORT_PARAMETERS,
  frameTypeName,
  MAX_CONNECTION_CLOSE_BYTES,
  MAX_CONTROL_FRAME_BYTES,
  MAX_STREAM_HEADER_BYTES,
  MAX_TRANSPORT_PARAMETERS_FRAME_BYTES,
  MAX_WIRE_INTEGER,
  streamHeaderLength,
  transportErrorName,
  varintLength,
  writeConnectionClose,
  writeDataBlocked,
  writeDatagramHeader,
  writeMaxData,
  writeMaxStreamData,
  writeMaxStreams,
  writePing,
  writePong,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamDataBlocked,
  writeStreamHeader,
  writeStreamsBlocked,
  writeTransportParameters,
  writeVarint,
  writeVarintOfLength,
  type TransportParameters,
} from '../src/index.js'
import { readVarint } from '../src/varint-reader.js'
import { decode, oneByOne, splitAt } from './decode.js'
import { fromHex, jsonInteger, toHex, type Call } from './recording-sink.js'

const FIRST_RECORD = fromHex('09ff5153300d0a0d0a00')
const MAX = Number.MAX_SAFE_INTEGER
const LIMITS = { acceptResetStreamAt: true, maxDatagramFrameSizeBytes: 65_535 }

/** A frame as its writer writes it, and the call that its bytes must lead to. */
interface Sample {
  readonly write: (target: Uint8Array, at: number) => number
  readonly call: Call
}

const number = fc.oneof(fc.nat(70), fc.nat(20_000), fc.nat(2 ** 31 - 1), fc.maxSafeNat(), fc.constant(MAX))
const half = fc.nat(0xffff_ffff)
const topHalf = fc.nat(0x3fff_ffff)
const code = fc.oneof(number, fc.bigInt({ min: 2n ** 53n, max: MAX_WIRE_INTEGER }))
const payload = fc.uint8Array({ maxLength: 40 })

const sample: fc.Arbitrary<Sample> = fc.oneof(
  fc.tuple(number, fc.nat(2 ** 40), payload, fc.boolean()).map(([id, offset, bytes, fin]) => ({
    write: (target: Uint8Array, at: number) => {
      const next = writeStreamHeader(target, at, id, offset, bytes.length, fin)
      expect(next - at).toBe(streamHeaderLength(id, offset, bytes.length))
      target.set(bytes, next)
      return next + bytes.length
    },
    call: ['stream', id, offset, toHex(bytes), fin] as Call,
  })),
  fc.tuple(number, code, number).map(([id, value, size]) => ({
    write: (target: Uint8Array, at: number) => writeResetStream(target, at, id, value, size),
    call: ['resetStream', id, jsonInteger(value), size] as Call,
  })),
  fc.tuple(number, code, number, number).map(([id, value, a, b]) => ({
    write: (target: Uint8Array, at: number) =>
      writeResetStreamAt(target, at, id, value, Math.max(a, b), Math.min(a, b)),
    call: ['resetStreamAt', id, jsonInteger(value), Math.max(a, b), Math.min(a, b)] as Call,
  })),
  fc.tuple(number, code).map(([id, value]) => ({
    write: (target: Uint8Array, at: number) => writeStopSending(target, at, id, value),
    call: ['stopSending', id, jsonInteger(value)] as Call,
  })),
  number.map((limit) => ({
    write: (target: Uint8Array, at: number) => writeMaxData(target, at, limit),
    call: ['maxData', limit] as Call,
  })),
  fc.tuple(number, number).map(([id, limit]) => ({
    write: (target: Uint8Array, at: number) => writeMaxStreamData(target, at, id, limit),
    call: ['maxStreamData', id, limit] as Call,
  })),
  fc.tuple(fc.boolean(), number).map(([isBidirectional, limit]) => ({
    write: (target: Uint8Array, at: number) => writeMaxStreams(target, at, isBidirectional, limit),
    call: ['maxStreams', isBidirectional, limit] as Call,
  })),
  number.map((limit) => ({
    write: (target: Uint8Array, at: number) => writeDataBlocked(target, at, limit),
    call: ['dataBlocked', limit] as Call,
  })),
  fc.tuple(number, number).map(([id, limit]) => ({
    write: (target: Uint8Array, at: number) => writeStreamDataBlocked(target, at, id, limit),
    call: ['streamDataBlocked', id, limit] as Call,
  })),
  fc.tuple(fc.boolean(), number).map(([isBidirectional, limit]) => ({
    write: (target: Uint8Array, at: number) => writeStreamsBlocked(target, at, isBidirectional, limit),
    call: ['streamsBlocked', isBidirectional, limit] as Call,
  })),
  payload.map((bytes) => ({
    write: (target: Uint8Array, at: number) => {
      const next = writeDatagramHeader(target, at, bytes.length)
      expect(next - at).toBe(datagramHeaderLength(bytes.length))
      target.set(bytes, next)
      return next + bytes.length
    },
    call: ['datagram', toHex(bytes)] as Call,
  })),
  fc.tuple(topHalf, half, fc.boolean()).map(([high, low, asks]) => ({
    write: (target: Uint8Array, at: number) => (asks ? writePing : writePong)(target, at, high, low),
    call: [asks ? 'ping' : 'pong', high, low] as Call,
  })),
  fc
    .tuple(fc.boolean(), code, code, fc.string({ unit: 'grapheme', maxLength: 30 }))
    .map(([isApplication, value, type, reason]) => ({
      write: (target: Uint8Array, at: number) =>
        writeConnectionClose(target, at, { isApplication, code: value, frameType: type, reason }),
      call: [
        'connectionClose',
        {
          isApplication,
          code: jsonInteger(value),
          frameType: isApplication ? 0 : jsonInteger(type),
          reason,
        },
      ] as Call,
    })),
)

/** The samples in records of at most three frames, and the calls that they lead to. */
function encode(samples: readonly Sample[]): { bytes: Uint8Array; calls: Call[] } {
  const target = new Uint8Array(samples.length * 400 + 8)
  const calls: Call[] = []
  let at = 0
  for (let first = 0; first < samples.length; first += 3) {
    const group = samples.slice(first, first + 3)
    const start = at + 2
    let next = start
    for (const { write, call } of group) {
      next = write(target, next)
      calls.push(call)
    }
    at = next
    writeVarintOfLength(target, start - 2, next - start, 2)
    calls.push(['recordEnd', group.length])
  }
  return { bytes: target.slice(0, at), calls }
}

describe('what the encoder writes', () => {
  it('is what the decoder tells, however it is split', () => {
    const cuts = fc.array(fc.nat(2_000), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), cuts, (samples, positions) => {
        const { bytes, calls } = encode(samples)
        const splits = splitAt(
          bytes,
          positions.map((position) => position % (bytes.length + 1)),
        )
        for (const chunks of [[bytes], splits, oneByOne(bytes)]) {
          const decoded = decode([FIRST_RECORD, ...chunks], LIMITS)
          expect(decoded.error).toBeUndefined()
          expect(decoded.calls.slice(2)).toEqual(calls)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('fits into the room that the constants name', () => {
    const room = new Uint8Array(2_000)
    expect(writeStreamHeader(room, 0, MAX, MAX, MAX, true)).toBe(MAX_STREAM_HEADER_BYTES)
    expect(writeResetStreamAt(room, 0, MAX, MAX_WIRE_INTEGER, MAX, MAX)).toBe(MAX_CONTROL_FRAME_BYTES)
    const reason = 'x'.repeat(5_000)
    const close = { isApplication: false, code: MAX_WIRE_INTEGER, frameType: MAX_WIRE_INTEGER, reason }
    expect(writeConnectionClose(room, 0, close)).toBe(MAX_CONNECTION_CLOSE_BYTES)
    const all = Object.fromEntries(
      Object.keys(DEFAULT_TRANSPORT_PARAMETERS).map((name) => [name, name === 'resetStreamAt' ? true : MAX]),
    )
    const end = writeTransportParameters(room, 0, all, { reservedIndex: 2 ** 48 - 1 })
    expect(end).toBeLessThanOrEqual(MAX_TRANSPORT_PARAMETERS_FRAME_BYTES)
  })

  it('uses the offset bit only for an offset above 0', () => {
    const target = new Uint8Array(8)
    const written = (end: number): string => toHex(target.subarray(0, end))
    expect(written(writeStreamHeader(target, 0, 4, 0, 2, false))).toBe('0a0402')
    expect(written(writeStreamHeader(target, 0, 4, 1, 2, true))).toBe('0f040102')
  })

  it('cuts a long reason between characters', () => {
    const target = new Uint8Array(MAX_CONNECTION_CLOSE_BYTES)
    const reason = `x${'€'.repeat(400)}`
    const end = writeConnectionClose(target, 0, { isApplication: true, code: 0, frameType: 0, reason })
    const head = new Uint8Array(4)
    const size = writeVarint(head, 0, end)
    const { calls } = decode([FIRST_RECORD, head.subarray(0, size), target.subarray(0, end)])
    expect(calls[2]).toMatchObject(['connectionClose', { reason: `x${'€'.repeat(341)}` }])
  })
})

describe('writeTransportParameters', () => {
  const first = (parameters: Partial<TransportParameters>, reservedIndex?: number): Uint8Array => {
    const target = new Uint8Array(MAX_TRANSPORT_PARAMETERS_FRAME_BYTES + 2)
    const end = writeTransportParameters(
      target,
      2,
      parameters,
      reservedIndex === undefined ? {} : { reservedIndex },
    )
    writeVarintOfLength(target, 0, end - 2, 2)
    return target.slice(0, end)
  }

  it('is read back, with and without a reserved parameter', () => {
    const parameters = fc.record(
      {
        maxIdleTimeoutMs: number,
        initialMaxData: number,
        initialMaxStreamDataBidiLocal: number,
        initialMaxStreamDataBidiRemote: number,
        initialMaxStreamDataUni: number,
        initialMaxStreamsBidi: number,
        initialMaxStreamsUni: number,
        maxRecordSizeBytes: fc.integer({ min: 16_382, max: MAX }),
        maxDatagramFrameSizeBytes: number,
        resetStreamAt: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(parameters, fc.option(fc.nat(2 ** 31 - 1), { nil: undefined }), (given, reservedIndex) => {
        const bytes = first(given, reservedIndex)
        const expected = Object.entries(given).filter(
          ([name, value]) => value !== DEFAULT_TRANSPORT_PARAMETERS[name as keyof TransportParameters],
        )
        for (const chunks of [[bytes], oneByOne(bytes)]) {
          expect(decode(chunks)).toMatchObject({
            error: undefined,
            calls: [
              ['transportParameters', Object.fromEntries(expected)],
              ['recordEnd', 1],
            ],
          })
        }
      }),
    )
  })

  it('writes the reserved parameter 31 * N + 27', () => {
    expect(toHex(first({}, 1))).toBe('400cff5153300d0a0d0a40023a00')
  })

  it('refuses values out of range by name', () => {
    expect(() => first({ initialMaxData: -1 })).toThrow(
      /^The value of "parameters\.initialMaxData" is out of range\. It must be >= 0 && <= 9007199254740991/,
    )
    expect(() => first({ initialMaxData: 1.5 })).toThrow(RangeError)
    expect(() => first({ maxRecordSizeBytes: 100 })).toThrow(
      /^The value of "parameters\.maxRecordSizeBytes" is out of range\. It must be >= 16382/,
    )
    expect(() => first({}, -1)).toThrow(/^The value of "options\.reservedIndex" is/)
  })
})

describe('what is checked of a caller', () => {
  it('is error codes and the reliable size', () => {
    const target = new Uint8Array(64)
    expect(() => writeStopSending(target, 0, 4, -1)).toThrow(RangeError)
    expect(() => writeStopSending(target, 0, 4, 0.5)).toThrow(RangeError)
    expect(() => writeStopSending(target, 0, 4, 2n ** 62n)).toThrow(/from 0 to 2\^62 - 1/)
    expect(() => writeResetStreamAt(target, 0, 4, 0, 5, 6)).toThrow(/^reliableSize must be at most finalSize/)
  })

  it('lets a small bigint be written like the number', () => {
    const target = new Uint8Array(16)
    expect(toHex(target.subarray(0, writeStopSending(target, 0, 4, 9n)))).toBe('050409')
  })
})

describe('writeVarintOfLength', () => {
  it('writes a value in any size that holds it', () => {
    const target = new Uint8Array(12)
    for (const value of [0, 1, 63, 64, 16_383, 16_384, 2 ** 30 - 1, 2 ** 30, MAX]) {
      for (const length of [1, 2, 4, 8] as const) {
        if (length < varintLength(value)) continue
        expect(writeVarintOfLength(target, 3, value, length)).toBe(3 + length)
        expect(readVarint(target, 3)).toBe(value)
      }
    }
  })
})

describe('names', () => {
  it('of frame types and error codes', () => {
    expect(frameTypeName(0x0f)).toBe('STREAM')
    expect(frameTypeName(0x348c_6752_9ef8_c7ben)).toBe('QX_PING')
    expect(frameTypeName(0x99)).toBe('0x99')
    expect(transportErrorName(0x0a)).toBe('PROTOCOL_VIOLATION')
    expect(transportErrorName(2n ** 60n)).toBe('0x1000000000000000')
  })
})
