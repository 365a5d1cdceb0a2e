import { writeVarintOfLength } from '@astranet/frame'
import type { Rng } from '@astranet/testkit/sim'
import { KINDS, MAX_FUZZ_FRAME_BYTES, writeFuzzFrame, type FuzzFrame } from './fuzz-frame.js'

/** Numbers that code has opinions about. */
const SIZES = [
  0,
  1,
  2,
  3,
  4,
  10,
  20,
  63,
  64,
  100,
  1_000,
  16_383,
  16_384,
  16_385,
  32_768,
  65_535,
  65_536,
  1_048_576,
  2 ** 30 - 1,
  2 ** 30,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
] as const

/** Stream ids: of both sides and both kinds, near and far. */
const MAX_NEAR_ID = 24
const FAR_IDS = [4_000, 16_380, 16_384, 65_536, 4_194_300, 2 ** 32, 2 ** 53 - 4] as const

/** An input is never longer, in bytes. */
export const MAX_INPUT_BYTES = 2_048
const MAX_FRAMES = 12

/** An input that mutations begin with. */
export interface Seed {
  readonly bytes: Uint8Array
  readonly frames: readonly FuzzFrame[]
}

/** Makes inputs out of those that are there, by changing frames or bytes. Deterministic for its random numbers. */
export class Mutator {
  readonly #random: Rng
  readonly #buffer = new Uint8Array(MAX_INPUT_BYTES + MAX_FUZZ_FRAME_BYTES)

  constructor(random: Rng) {
    this.#random = random
  }

  /** An input, valid until the next call. */
  next(seeds: readonly Seed[]): Uint8Array {
    const random = this.#random
    const seed = random.pick(seeds)
    const kind = random.float()
    if (kind < 0.45) {
      const frames = seed.frames.map((frame) => ({ ...frame }))
      for (let i = random.integer(1, 3); i > 0; i--) this.#mutateFrames(frames, seeds)
      const end = this.#write(frames)
      return this.#buffer.subarray(0, random.chance(0.15) ? this.#mutateBytes(end, seeds) : end)
    }
    if (kind < 0.6) return this.#buffer.subarray(0, this.#write(this.#story()))
    this.#buffer.set(seed.bytes)
    let end = seed.bytes.length
    for (let i = random.integer(1, 3); i > 0; i--) end = this.#mutateBytes(end, seeds)
    return this.#buffer.subarray(0, end)
  }

  /** Frames that mostly make sense one after the other. */
  #story(): FuzzFrame[] {
    const random = this.#random
    const offsets = new Map<number, number>()
    const frames: FuzzFrame[] = []
    for (let i = random.integer(1, MAX_FRAMES); i > 0; i--) {
      const frame = this.#frame()
      const offset = offsets.get(frame.id) ?? 0
      if (frame.kind === 'stream') {
        frame.size = offset
        offsets.set(frame.id, offset + Math.min(frame.length, 64))
      } else if ((frame.kind === 'reset' || frame.kind === 'reset-at') && random.chance(0.8)) {
        frame.size = offset + (random.chance(0.5) ? 0 : random.integer(0, 40))
      }
      frames.push(frame)
    }
    return frames
  }

  #frame(): FuzzFrame {
    const random = this.#random
    return {
      kind: random.chance(0.4) ? 'stream' : random.pick(KINDS),
      id: this.#id(),
      size: random.pick(SIZES),
      code: random.pick(SIZES),
      length: random.integer(0, 40),
      flag: random.chance(0.3),
      endsRecord: random.chance(0.3),
    }
  }

  #id(): number {
    return this.#random.chance(0.95) ? this.#random.integer(0, MAX_NEAR_ID) : this.#random.pick(FAR_IDS)
  }

  #mutateFrames(frames: FuzzFrame[], seeds: readonly Seed[]): void {
    const random = this.#random
    const at = frames.length === 0 ? 0 : random.integer(0, frames.length - 1)
    const frame = frames[at]
    const what = random.integer(0, 9)
    if (frame === undefined || what < 2) frames.splice(at, 0, this.#frame())
    else if (what === 2) frames.splice(at, 1)
    else if (what === 3) frames.splice(at, 0, { ...frame })
    else if (what === 4) frames.push(...random.pick(seeds).frames.slice(0, 4))
    else if (what === 5) frame.id = this.#id()
    else if (what === 6)
      frame.size = random.chance(0.5) ? random.pick(SIZES) : frame.size + random.integer(-2, 40)
    else if (what === 7) frame.flag = !frame.flag
    else if (what === 8) frame.length = random.integer(0, 64)
    else frame.kind = random.pick(KINDS)
    if (frame !== undefined) frame.size = Math.min(Math.max(0, frame.size), Number.MAX_SAFE_INTEGER)
    if (frames.length > MAX_FRAMES) frames.length = MAX_FRAMES
  }

  /** Writes records with a Size field of two bytes. Returns the end. */
  #write(frames: readonly FuzzFrame[]): number {
    const buffer = this.#buffer
    let record = 0
    let at = 2
    for (const frame of frames) {
      at = writeFuzzFrame(buffer, at, frame)
      if (!frame.endsRecord) continue
      writeVarintOfLength(buffer, record, at - record - 2, 2)
      record = at
      at += 2
    }
    if (at === record + 2) return record
    writeVarintOfLength(buffer, record, at - record - 2, 2)
    return at
  }

  #mutateBytes(end: number, seeds: readonly Seed[]): number {
    const random = this.#random
    const buffer = this.#buffer
    if (end === 0) return end
    const at = random.integer(0, end - 1)
    const what = random.integer(0, 6)
    if (what < 2) buffer[at] = (buffer[at] ?? 0) ^ (1 << random.integer(0, 7))
    else if (what === 2) buffer[at] = random.uint32()
    else if (what === 3) {
      buffer.copyWithin(at, at + 1, end)
      return end - 1
    } else if (what === 4) return at
    else if (what === 5 && end < MAX_INPUT_BYTES) {
      buffer.copyWithin(at + 1, at, end)
      buffer[at] = random.uint32()
      return end + 1
    } else if (what === 6) {
      const other = random.pick(seeds).bytes
      const taken = other.subarray(0, Math.min(other.length, MAX_INPUT_BYTES - at))
      buffer.set(taken, at)
      return Math.max(1, at + taken.length)
    }
    return end
  }
}
