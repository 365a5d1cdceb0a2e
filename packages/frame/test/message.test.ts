import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AstraError } from '@astranet/interface'
import { encodeMessage, MessageDecoder, type MessageResult } from '../src/message/index.js'
import { oneByOne, splitAt } from './decode.js'
import { fromHex } from './recording-sink.js'

interface MessageVector {
  readonly name: string
  readonly hex: string
  readonly maxBytes?: number
  readonly value?: unknown
  readonly error?: string
}

/** All messages in `chunks`, and the code of the error that ended them. */
function readAll(
  chunks: readonly Uint8Array[],
  maxBytes = 65_536,
): { values: unknown[]; error: string | undefined; decoder: MessageDecoder } {
  const decoder = new MessageDecoder({ maxBytes })
  const values: unknown[] = []
  let error: string | undefined
  for (const chunk of chunks) {
    decoder.push(chunk)
    let result: MessageResult = decoder.next()
    for (; result.kind === 'message'; result = decoder.next()) values.push(result.value)
    if (result.kind === 'error') error = result.error.code
  }
  return { values, error, decoder }
}

describe('vectors of messages', () => {
  const text = readFileSync(new URL('../vectors/messages.json', import.meta.url), 'utf8')
  const { vectors } = JSON.parse(text) as { vectors: readonly MessageVector[] }

  it.each(vectors)('reads: $name', (vector) => {
    const bytes = fromHex(vector.hex)
    const splits = oneByOne(bytes).map((_, index) => splitAt(bytes, [index]))
    for (const chunks of [[bytes], oneByOne(bytes), ...splits]) {
      const { values, error, decoder } = readAll(chunks, vector.maxBytes)
      expect(error).toBe(vector.error)
      expect(values).toEqual(vector.error === undefined ? [vector.value] : [])
      expect(decoder.bufferedBytes).toBe(0)
    }
  })
})

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.double({ noDefaultInfinity: false }).filter((number) => !Object.is(number, -0)),
    fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.startsWith('\ufeff')),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value

describe('encodeMessage and MessageDecoder', () => {
  it('give back every value, however the bytes are split', () => {
    const cuts = fc.array(fc.nat(5_000), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), cuts, (values, positions) => {
        const bytes = Buffer.concat(values.map((item) => encodeMessage(item, { maxBytes: 2 ** 20 })))
        const split = splitAt(
          bytes,
          positions.map((position) => position % (bytes.length + 1)),
        )
        for (const chunks of [[bytes], split, oneByOne(bytes)]) {
          const result = readAll(chunks, 2 ** 20)
          expect(result.error).toBeUndefined()
          expect(normal(result.values)).toEqual(normal(values))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never throw whatever bytes come, and give at most one error', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x81, 0x91, 0xa1, 0xc4, 0xcf, 0xd9, 0xdc, 0xdd, 0xde, 0xdf),
    )
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 80 }), (items) => {
        const bytes = Uint8Array.from(items)
        const whole = readAll([bytes])
        const split = readAll(oneByOne(bytes))
        expect(split.error).toBe(whole.error)
        expect(normal(split.values)).toEqual(normal(whole.values))
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('encodeMessage', () => {
  it('leaves out keys whose value is undefined', () => {
    expect(readAll([encodeMessage({ a: 1, b: undefined })]).values).toEqual([{ a: 1 }])
  })

  it('refuses more bytes than its limit', () => {
    expect(() => encodeMessage('x'.repeat(65_536))).toThrow(
      /^value takes 65541 bytes as a message, more than the 65536 allowed$/,
    )
    expect(() => encodeMessage('xyz', { maxBytes: 3 })).toThrow(RangeError)
    expect(encodeMessage('xyz', { maxBytes: 4 })).toEqual(fromHex('04a378797a'))
    expect(() => encodeMessage('x', { maxBytes: 0 })).toThrow(
      /^The value of "limits\.maxBytes" is out of range\. It must be >= 1 && <= 1073741824/,
    )
  })

  it('refuses what the decoder would refuse', () => {
    const circular: unknown[] = []
    circular.push(circular)
    const nested = (levels: number): unknown => (levels === 0 ? 0 : [nested(levels - 1)])
    expect(() => encodeMessage(nested(32))).not.toThrow()
    for (const bad of [
      1n,
      Symbol('x'),
      () => 0,
      new Date(0),
      new Map(),
      new Float64Array(1),
      { a: [new Set()] },
      '\ud800',
      JSON.parse('{"__proto__": 1}'),
      circular,
      nested(33),
    ]) {
      expect(() => encodeMessage(bad)).toThrow(TypeError)
    }
    expect(() => encodeMessage({ when: new Date(0) })).toThrow(
      'value of a message must not hold an object of class Date',
    )
    expect(encodeMessage(null)).toEqual(fromHex('01c0'))
  })
})

describe('MessageDecoder', () => {
  it('hands over the bytes behind the last message and is empty then', () => {
    const bytes = Buffer.concat([encodeMessage({ to: 'echo' }), Buffer.from('GET /')])
    for (const chunks of [[bytes], splitAt(bytes, [3]), splitAt(bytes, [3, bytes.length - 2])]) {
      const decoder = new MessageDecoder({ maxBytes: 100 })
      const read: unknown[] = []
      for (const chunk of chunks) {
        decoder.push(chunk)
        if (read.length > 0) continue
        const result = decoder.next()
        if (result.kind === 'message') read.push(result.value)
      }
      expect(read).toEqual([{ to: 'echo' }])
      expect(Buffer.from(decoder.rest()).toString()).toBe('GET /')
      expect(decoder.bufferedBytes).toBe(0)
      decoder.push(encodeMessage(7))
      expect(decoder.next()).toEqual({ kind: 'message', value: 7 })
    }
  })

  it('gives its error again and drops what comes behind', () => {
    const decoder = new MessageDecoder({ maxBytes: 100 })
    decoder.push(fromHex('01c1'))
    const first = decoder.next()
    expect(first).toMatchObject({ kind: 'error', error: { code: 'ASTRA_ERR_MESSAGE_MALFORMED' } })
    expect(first.kind === 'error' && first.error).toBeInstanceOf(AstraError)
    decoder.push(encodeMessage(1))
    expect(decoder.next()).toEqual(first)
    expect(decoder.bufferedBytes).toBe(0)
  })

  it('does not let later bytes change a value that it gave', () => {
    const message = encodeMessage(Uint8Array.of(1, 2, 3))
    const decoder = new MessageDecoder({ maxBytes: 100 })
    const given: unknown[] = []
    for (const chunk of oneByOne(Buffer.concat([message, message, message]))) {
      decoder.push(chunk)
      const result = decoder.next()
      if (result.kind === 'message') given.push(result.value)
    }
    expect(given).toEqual([1, 2, 3].map(() => Uint8Array.of(1, 2, 3)))
  })

  it('gives byte arrays as views when the message came whole', () => {
    const chunk = encodeMessage(Uint8Array.of(1, 2, 3))
    const decoder = new MessageDecoder({ maxBytes: 100 })
    decoder.push(chunk)
    const result = decoder.next()
    expect(result.kind === 'message' && (result.value as Uint8Array).buffer).toBe(chunk.buffer)
  })

  it('holds no more than twice what arrived of a message that is announced large', () => {
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 100 }, () => {
      const decoder = new MessageDecoder({ maxBytes: 2 ** 30 })
      const chunk = new Uint8Array(4_096)
      chunk.set(fromHex('c000000040000000'))
      decoder.push(chunk.subarray(0, 100))
      expect(decoder.next()).toEqual({ kind: 'incomplete' })
      return decoder
    })
    globalThis.gc?.()
    expect(decoders.every((decoder) => decoder.bufferedBytes === 100)).toBe(true)
    expect((process.memoryUsage().arrayBuffers - before) / decoders.length).toBeLessThan(8_192)
  })

  it('does not pollute prototypes', () => {
    const { values } = readAll([encodeMessage({ constructor: 1, toString: { x: 1 } })])
    expect(values).toEqual([{ constructor: 1, toString: { x: 1 } }])
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  it('refuses a limit out of range by name', () => {
    expect(() => new MessageDecoder({ maxBytes: 0 })).toThrow(
      /^The value of "options\.maxBytes" is out of range\. It must be >= 1 && <= 1073741824/,
    )
  })
})

/** Byte arrays compare by content, whatever class or buffer they have. */
function normal(input: unknown): unknown {
  if (input instanceof Uint8Array) return { bytes: Array.from(input) }
  if (Array.isArray(input)) return input.map(normal)
  if (typeof input !== 'object' || input === null) return input
  return Object.entries(input)
    .map(([key, item]): [string, unknown] => [key, normal(item)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
