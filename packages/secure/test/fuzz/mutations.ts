import type { Rng } from '@astranet/testkit/sim'
import { joined } from './known-crypto.js'
import { LOW_ORDER_POINTS } from '../support/low-order-points.js'

/** Where the parts of messages and records begin or end. */
const EDGES = [0, 1, 2, 3, 4, 18, 20, 31, 33, 34, 49, 50, 65, 81, 82, 113, 114, 145, 177, 178] as const

/** Lengths that the framing has opinions about. */
const LENGTHS = [
  0, 1, 31, 32, 33, 47, 48, 49, 159, 160, 161, 191, 192, 193, 480, 481, 512, 513, 65_535,
] as const

/** A place in something of that length, more often at an edge than elsewhere. */
function place(random: Rng, length: number): number {
  const edge = random.pick(EDGES)
  return edge < length && random.chance(0.5) ? edge : random.integer(0, Math.max(0, length - 1))
}

type ByteMutation = (random: Rng, bytes: Uint8Array, donor: Uint8Array) => Uint8Array

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  function flipBit(random, bytes) {
    return changed(bytes, place(random, bytes.length), (byte) => byte ^ (1 << random.integer(0, 7)))
  },
  function setByte(random, bytes) {
    return changed(bytes, place(random, bytes.length), () =>
      random.pick([0, 1, 0x7f, 0x80, 0xff, random.uint32() & 0xff]),
    )
  },
  function truncate(random, bytes) {
    return bytes.slice(0, place(random, bytes.length))
  },
  function extend(random, bytes) {
    const more = random.integer(1, 64)
    return joined([bytes, random.chance(0.5) ? new Uint8Array(more) : random.bytes(more)])
  },
  function remove(random, bytes) {
    const at = place(random, bytes.length)
    return joined([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 8))])
  },
  function insert(random, bytes) {
    const at = place(random, bytes.length)
    return joined([bytes.subarray(0, at), random.bytes(random.integer(1, 8)), bytes.subarray(at)])
  },
  function double(random, bytes) {
    const at = place(random, bytes.length)
    return joined([bytes.subarray(0, at + random.integer(1, 32)), bytes.subarray(at)])
  },
  function splice(random, bytes, donor) {
    return joined([
      bytes.subarray(0, place(random, bytes.length)),
      donor.subarray(place(random, donor.length)),
    ])
  },
  function overwrite(random, bytes, donor) {
    const at = place(random, bytes.length)
    const taken = donor.subarray(0, random.integer(1, 32))
    return joined([bytes.subarray(0, at), taken, bytes.subarray(at + taken.length)])
  },
  function randomBytes(random, bytes) {
    return random.bytes(random.chance(0.5) ? bytes.length : random.integer(0, 600))
  },
]

function changed(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const copy = new Uint8Array(bytes)
  if (at < copy.length) copy[at] = change(copy[at] as number)
  return copy
}

/** `bytes` with one mutation, which may take something of `donor`. */
export function mutateBytes(random: Rng, bytes: Uint8Array, donor: Uint8Array): Uint8Array {
  return random.pick(BYTE_MUTATIONS)(random, bytes, donor)
}

/** A framed message whose body was changed, and whose length mostly fits it. */
export function mutateUnit(random: Rng, unit: Uint8Array, donor: Uint8Array): Uint8Array {
  const what = random.integer(0, 9)
  if (what < 3) return mutateBytes(random, unit, donor)
  if (what === 3) return framed(unit.subarray(2), random.pick(LENGTHS))
  if (what === 4) return joined([unit.subarray(0, 2), random.pick(LOW_ORDER_POINTS), unit.subarray(34)])
  if (what === 5) return donor
  const body = mutateBytes(random, unit.subarray(2), donor.subarray(2))
  return framed(body, body.length)
}

function framed(body: Uint8Array, length: number): Uint8Array {
  return joined([Uint8Array.of((length >> 8) & 0xff, length & 0xff), body])
}

/** `units` with one of them mutated, left out, doubled, swapped with another, or another one put in. */
export function mutateUnits(
  random: Rng,
  units: readonly Uint8Array[],
  donors: readonly Uint8Array[],
): Uint8Array[] {
  // The handshake comes first, and has few units: most mutations are there.
  const at = random.integer(0, Math.min(random.chance(0.7) ? 1 : Infinity, units.length - 1))
  const unit = units[at] as Uint8Array
  const [before, after] = [units.slice(0, at), units.slice(at + 1)]
  const what = random.integer(0, 11)
  if (what === 0) return [...before, ...after]
  if (what === 1) return [...before, unit, unit, ...after]
  if (what === 2) return [...before, ...after.slice(0, 1), unit, ...after.slice(1)]
  if (what === 3) return [...before, random.pick(donors), unit, ...after]
  if (what === 4) return [...before, random.pick(donors), ...after]
  if (what === 5) return [...before, ...[unit, ...after].sort(() => random.float() - 0.5)]
  return [...before, mutateUnit(random, unit, random.pick(donors)), ...after]
}

/** `bytes` in pieces: mostly a few, sometimes all of one byte. None is empty. */
export function cut(random: Rng, bytes: Uint8Array): Uint8Array[] {
  if (random.chance(0.02)) return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  const ends = Array.from({ length: random.integer(0, 3) }, () => place(random, bytes.length))
  ends.push(bytes.length)
  ends.sort((one, other) => one - other)
  const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
  return pieces.filter((piece) => piece.length > 0)
}
