/** The bytes of one write: none is like its neighbour, so that bytes lost or moved are noticed. */
export function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => byteAt(i))
}

function byteAt(index: number): number {
  return (index * 31 + (index >>> 8) * 7 + 5) & 0xff
}

/**
 * Checks a chunk of a stream that repeats `patternOf(period)`, at its first and last byte: looking at all of them would
 * cost as much as moving them. Throws when they are wrong.
 */
export function checkChunk(chunk: Uint8Array, offset: number, period: number): void {
  const last = chunk.length - 1
  const isRight = chunk[0] === byteAt(offset % period) && chunk[last] === byteAt((offset + last) % period)
  if (!isRight) throw new Error(`wrong bytes at offset ${offset} of a stream`)
}
