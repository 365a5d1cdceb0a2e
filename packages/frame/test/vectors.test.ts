import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { writeWireInteger, wireIntegerLength, type DecoderLimits } from '../src/index.js'
import { readWireInteger, varintEnd } from '../src/varint-reader.js'
import { decode, jsonError, oneByOne, splitAt } from './decode.js'
import { fromHex, toHex, type Call } from './recording-sink.js'

interface FrameVector {
  readonly name: string
  readonly hex: string
  readonly limits?: Partial<DecoderLimits>
  readonly calls: readonly Call[]
  readonly error?: { readonly code: string; readonly frameType: number | string }
  readonly errorAfterBytes?: number
  readonly ends?: boolean
}

function load<Vector>(file: string): readonly Vector[] {
  const text = readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { vectors: readonly Vector[] }).vectors
}

for (const file of ['frames', 'records', 'transport-parameters', 'errors']) {
  describe(`vectors of ${file}`, () => {
    it.each(load<FrameVector>(file))('decodes: $name', (vector) => {
      const bytes = fromHex(vector.hex)
      expectVector(vector, [bytes])
      expectVector(vector, oneByOne(bytes))
      for (let cut = 1; cut < bytes.length; cut++) expectVector(vector, splitAt(bytes, [cut]))
    })
  })
}

function expectVector(vector: FrameVector, chunks: readonly Uint8Array[]): void {
  const decoded = decode(chunks, vector.limits, vector.ends)
  expect(decoded.calls).toEqual(vector.calls)
  expect(jsonError(decoded.error)).toEqual(vector.error)
  const isByteByByte = chunks.every((chunk) => chunk.length === 1)
  if (isByteByByte && vector.errorAfterBytes !== undefined) {
    expect(decoded.errorAfterBytes).toBe(vector.errorAfterBytes)
  }
  if (vector.error === undefined) expect(decoded.isInsideRecord).toBe(false)
  else expect(decoded.error?.message).toMatch(/^\S.*\S$/)
}

describe('vectors of varints', () => {
  it.each(load<{ hex: string; value: number | string }>('varints'))('writes and reads $value', (vector) => {
    const value = typeof vector.value === 'string' ? BigInt(vector.value) : vector.value
    const bytes = new Uint8Array(wireIntegerLength(value))
    expect(writeWireInteger(bytes, 0, value)).toBe(bytes.length)
    expect(toHex(bytes)).toBe(vector.hex)
    expect(varintEnd(bytes, 0, bytes.length)).toBe(bytes.length)
    expect(varintEnd(bytes, 0, bytes.length - 1)).toBe(0)
    expect(readWireInteger(bytes, 0)).toBe(value)
  })
})
