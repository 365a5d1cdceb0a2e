/** The bytes of one write. No byte equals its neighbour, so that lost or moved bytes are noticed. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => byteAt(i))
}

function byteAt(index: number): number {
  return (index * 31 + (index >>> 8) * 7 + 5) & 0xff
}

/**
 * Checks the first and last byte of a chunk from a stream that repeats `patternOf(period)`. Checking all bytes would
 * cost as much as moving them. Throws if a byte is wrong.
 */
export function checkChunk(chunk: Uint8Array, offset: number, period: number): void {
  const last = chunk.length - 1
  const isRight = chunk[0] === byteAt(offset % period) && chunk[last] === byteAt((offset + last) % period)
  if (!isRight) throw new Error(`wrong bytes at offset ${offset} of a stream`)
}
