/** The longest piece, in bytes: what a read from a socket gives. */
const PIECE_BYTES = 65_536

/** Copies `chunks` into pieces of at most 65,536 bytes: small chunks go together, large ones are cut. */
export function copyInPieces(chunks: readonly Uint8Array[]): Uint8Array[] {
  let left = 0
  for (const chunk of chunks) left += chunk.length
  const pieces: Uint8Array[] = []
  let piece = new Uint8Array(Math.min(left, PIECE_BYTES))
  let filled = 0
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const taken = Math.min(chunk.length - start, piece.length - filled)
      piece.set(chunk.subarray(start, start + taken), filled)
      start += taken
      filled += taken
      left -= taken
      if (filled < piece.length) continue
      pieces.push(piece)
      piece = new Uint8Array(Math.min(left, PIECE_BYTES))
      filled = 0
    }
  }
  return pieces
}
