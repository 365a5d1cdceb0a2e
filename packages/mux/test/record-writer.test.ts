import { FrameDecoder, writeMaxData, writeStreamHeader, type FrameSink } from '@astranet/frame'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordWriter } from '../src/proto/send/record-writer.js'
import { hello } from './support/frames.js'
import { pattern } from './support/recorder.js'

/** Reads records back; only what these tests write. */
function read(chunks: readonly Uint8Array[], maxRecordSizeBytes: number): { data: Buffer; records: number } {
  const data: Uint8Array[] = []
  let records = 0
  const sink = {
    transportParameters: () => {},
    maxData: () => {},
    stream: (_id: number, _offset: number, chunk: Uint8Array, start: number, end: number) =>
      void data.push(chunk.slice(start, end)),
    recordEnd: () => void (records += 1),
  }
  const decoder = new FrameDecoder(sink as unknown as FrameSink, { maxRecordSizeBytes })
  expect(decoder.push(hello())).toBe(undefined)
  records = 0
  for (const chunk of chunks) expect(decoder.push(chunk)).toBe(undefined)
  expect(decoder.isInsideRecord).toBe(false)
  return { data: Buffer.concat(data), records }
}

function writePayload(writer: RecordWriter, payload: Uint8Array, isReferenced: boolean): void {
  let at = 0
  while (at < payload.length) {
    writer.reserve(25, Math.min(payload.length - at, 2_048))
    const length = Math.min(payload.length - at, writer.room - 25)
    writer.wrote(writeStreamHeader(writer.buffer, writer.at, 4, at, length, false))
    if (!isReferenced && writer.canCopy(length)) writer.copy(payload, at, at + length)
    else writer.reference(payload, at, at + length)
    at += length
  }
}

describe('a record writer', () => {
  it('shares records between frames and never exceeds the default record size', () => {
    const piece = fc.record({ length: fc.integer({ min: 1, max: 50_000 }), isReferenced: fc.boolean() })
    const limit = fc.constantFrom(16_382, 16_384, 100_000, 1_048_576)
    fc.assert(
      fc.property(limit, fc.array(piece, { minLength: 1, maxLength: 30 }), (most, pieces) => {
        const writer = new RecordWriter(() => most)
        const sent: Uint8Array[] = []
        for (const [index, { length, isReferenced }] of pieces.entries()) {
          const payload = pattern(length, index)
          sent.push(payload)
          writePayload(writer, payload, isReferenced)
          writer.reserve(17)
          writer.wrote(writeMaxData(writer.buffer, writer.at, index))
        }
        const { bytes } = writer
        const chunks = writer.finish()
        expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes)
        // The reader enforces the limit: a record one byte larger is an error there.
        expect(Buffer.compare(read(chunks, most).data, Buffer.concat(sent))).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('puts small frames of one flush into one record', () => {
    const writer = new RecordWriter(() => 16_382)
    for (let i = 0; i < 100; i++) {
      writer.reserve(17)
      writer.wrote(writeMaxData(writer.buffer, writer.at, i))
    }
    const chunks = writer.finish()
    expect(chunks).toHaveLength(1)
    expect(read(chunks, 16_382).records).toBe(1)
  })

  it('starts over in the same buffer', () => {
    const writer = new RecordWriter(() => 16_382)
    for (let round = 0; round < 3; round++) {
      expect(writer.bytes).toBe(0)
      writer.reserve(17)
      writer.wrote(writeMaxData(writer.buffer, writer.at, round))
      expect(read(writer.finish(), 16_382).records).toBe(1)
      writer.reuse()
    }
  })
})
