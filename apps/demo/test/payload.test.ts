import { describe, expect, it } from 'vitest'
import { countEqual, PAYLOAD_BYTES, payloadOf } from '../src/payload.js'

describe('the bytes of a stream', () => {
  it('are different for each stream and the same each time', () => {
    const all = Array.from({ length: 10_000 }, (_, index) => Buffer.from(payloadOf(index)).toString('latin1'))
    expect(new Set(all).size).toBe(all.length)
    expect(payloadOf(7)).toEqual(payloadOf(7))
  })

  it('count as verified only at their place and unchanged', () => {
    const bytes = payloadOf(3)
    expect(countEqual(bytes, bytes, 0)).toBe(PAYLOAD_BYTES)
    expect(countEqual(bytes.subarray(10), bytes, 10)).toBe(PAYLOAD_BYTES - 10)
    const changed = Uint8Array.from(bytes)
    changed[5] = (bytes[5] ?? 0) ^ 1
    expect(countEqual(changed, bytes, 0)).toBe(PAYLOAD_BYTES - 1)
    expect(countEqual(Uint8Array.of(0, 0), bytes, PAYLOAD_BYTES)).toBe(0)
  })
})
