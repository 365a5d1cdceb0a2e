import { checkNumber } from '@astranet/interface/check'

/**
 * Random numbers that a seed reproduces: xoshiro128** (Blackman and Vigna), seeded by splitmix32. Good for
 * tests, not for secrets.
 */
export class Rng {
  #a: number
  #b: number
  #c: number
  #d: number

  /** `seed`: any number; its lower 32 bits count. */
  constructor(seed: number) {
    const next = splitmix(seed)
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next()
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return result
  }

  /** A number from 0 to just below 1. */
  float(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** An integer from `min` to `max`, both included. Throws a `RangeError` when `max` is below `min`. */
  integer(min: number, max: number): number {
    checkNumber('max', max, { min, max: Infinity })
    return min + Math.floor(this.float() * (max - min + 1))
  }

  /** `true` with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** One of `items`. Throws a `RangeError` when there is none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('items must not be empty')
    return items[this.integer(0, items.length - 1)] as T
  }

  /** `length` random bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let word = 0
    for (let index = 0; index < length; index++) {
      if ((index & 3) === 0) word = this.uint32()
      bytes[index] = word
      word >>>= 8
    }
    return bytes
  }

  /** A new generator, so that one part's use of numbers does not shift another's. */
  fork(): Rng {
    return new Rng(this.uint32())
  }
}

/** Random numbers that `seed` reproduces. */
export function rng(seed: number): Rng {
  return new Rng(seed)
}

function splitmix(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
