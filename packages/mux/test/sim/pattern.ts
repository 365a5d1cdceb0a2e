import { rng } from '@astranet/testkit/sim'

/** A prime, so that the pattern does not repeat with any size that code likes. */
const PERIOD = 65_521

/** The longest piece that can be had or compared at once, in bytes. */
const MAX_PIECE_BYTES = 2 * 1024 * 1024

const table = makeTable()

/** Bytes `[offset, offset + length)` of the pattern that begins at `base`. The buffer is the caller's. */
export function patternBytes(base: number, offset: number, length: number): Uint8Array {
  const start = (base + offset) % PERIOD
  return table.slice(start, start + length)
}

/** Whether `chunk` is what {@link patternBytes} makes. */
export function isPattern(chunk: Uint8Array, base: number, offset: number): boolean {
  const start = (base + offset) % PERIOD
  return Buffer.compare(chunk, table.subarray(start, start + chunk.length)) === 0
}

function makeTable(): Uint8Array {
  const bytes = new Uint8Array(PERIOD + MAX_PIECE_BYTES)
  const period = rng(0x5eed).bytes(PERIOD)
  for (let at = 0; at < bytes.length; at += PERIOD) bytes.set(period.subarray(0, bytes.length - at), at)
  return bytes
}
