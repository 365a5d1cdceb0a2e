import fc from 'fast-check'
import { expect, it } from 'vitest'
import { asciiBytes, copyBytes, equalBytes, toBase64url } from '../src/bytes.js'

it('base64url is what Node makes of the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
    }),
  )
})

it('a copy of a Buffer has memory of its own, of its own size', () => {
  const buffer = Buffer.from('a small part of a large pool')
  const copy = copyBytes(buffer, 2, 7)
  buffer.fill(0)
  expect([Buffer.from(copy).toString(), copy.buffer.byteLength]).toEqual(['small', 5])
  expect(copyBytes(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 2))
})

it('bytes are equal when all of them are', () => {
  expect(equalBytes(asciiBytes('abc'), Uint8Array.of(97, 98, 99))).toBe(true)
  expect(equalBytes(asciiBytes('abc'), asciiBytes('abd'))).toBe(false)
  expect(equalBytes(asciiBytes('abc'), asciiBytes('ab'))).toBe(false)
})
