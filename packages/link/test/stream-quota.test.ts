import { expect, test } from 'vitest'
import { StreamPlace } from '../src/index.js'

test('a place is given back once, however often it is released', () => {
  let held = 1
  const place = new StreamPlace({ take: () => true, release: () => (held -= 1) })
  place.release()
  place.release()
  expect(held).toBe(0)
})
