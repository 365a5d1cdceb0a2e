import { concatBytes } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'

/** Where the fields of a preamble, a message or a refusal begin or end. */
const EDGES = [0, 1, 2, 3, 7, 8, 9, 10, 12, 13, 14, 29, 30, 45, 46, 48, 80, 96] as const

function place(random: Rng, length: number): number {
  const edge = random.pick(EDGES)
  return edge < length && random.chance(0.6) ? edge : random.integer(0, Math.max(0, length - 1))
}

/** `bytes` with something changed, cut off, put in or repeated. `donor` is something else that was sent. */
export function mutate(random: Rng, bytes: Uint8Array, donor: Uint8Array): Uint8Array {
  const at = place(random, bytes.length)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (random.integer(0, 9)) {
    case 0:
    case 1:
    case 2:
      return after.length === 0
        ? bytes
        : concatBytes([
            before,
            Uint8Array.of((after[0] as number) ^ (1 << random.integer(0, 7))),
            after.subarray(1),
          ])
    case 3:
      return before
    case 4:
      return concatBytes([before, random.bytes(random.integer(1, 40)), after])
    case 5:
      return concatBytes([before, after.subarray(random.integer(1, 8))])
    case 6:
      return concatBytes([before, after.subarray(0, random.integer(1, 60)), after])
    case 7:
      return donor
    case 8:
      // A refusal in the clear, which anybody on the path can write.
      return Uint8Array.of(0, 0, random.integer(0, 0x0d))
    default:
      return concatBytes([before, donor.subarray(place(random, donor.length))])
  }
}

/** `bytes` in pieces: a few, or sometimes all of one byte. None is empty. */
export function cut(random: Rng, bytes: Uint8Array): Uint8Array[] {
  if (bytes.length < 300 && random.chance(0.05)) return Array.from(bytes, (_, at) => bytes.slice(at, at + 1))
  const ends = [bytes.length]
  for (let count = random.integer(0, 3); count > 0; count--) ends.push(place(random, bytes.length))
  ends.sort((one, other) => one - other)
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0)
}
