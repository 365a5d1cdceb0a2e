import { utf8Length } from '@astranet/interface'
import fc from 'fast-check'
import { expect, it } from 'vitest'

it('counts what TextEncoder would write', () => {
  const encoder = new TextEncoder()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8Length(text)).toBe(encoder.encode(text).length)
    }),
  )
  expect(utf8Length('\ud800')).toBe(3)
})
