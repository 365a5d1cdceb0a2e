import type { PlainValue } from '../src/index.js'

/** The most bytes that a value takes as msgpack: every number and length at its longest. */
export function encodedBytes(value: PlainValue): number {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'number') return 9
  if (typeof value === 'string') return 3 + Buffer.byteLength(value)
  if (value instanceof Uint8Array) return 2 + value.length
  return (value as readonly PlainValue[]).reduce<number>((sum, each) => sum + encodedBytes(each), 3)
}
