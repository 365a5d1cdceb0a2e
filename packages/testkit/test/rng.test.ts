import { rng } from '@astranet/testkit/sim'
import { describe, expect, it } from 'vitest'

describe('rng', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const numbers = (seed: number) => {
      const random = rng(seed)
      return Array.from({ length: 10 }, () => random.uint32())
    }
    expect(numbers(1)).toEqual(numbers(1))
    expect(numbers(1)).not.toEqual(numbers(2))
    expect(new Set(numbers(0)).size).toBe(10)
  })

  it('spreads evenly', () => {
    const random = rng(3)
    const counts = new Array<number>(10).fill(0)
    for (let count = 0; count < 100_000; count++) {
      const digit = random.integer(0, 9)
      counts[digit] = (counts[digit] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    const bits = rng(4)
      .bytes(10_000)
      .reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
    expect(Math.abs(bits - 40_000)).toBeLessThan(1000)
  })

  it('stays within its bounds', () => {
    const random = rng(5)
    for (let count = 0; count < 1000; count++) {
      expect([3, 4, 5]).toContain(random.integer(3, 5))
      expect(random.float()).toBeLessThan(1)
      expect(['a', 'b']).toContain(random.pick(['a', 'b']))
    }
    expect([random.chance(0), random.chance(1)]).toEqual([false, true])
    expect(() => random.integer(2, 1)).toThrow(RangeError)
    expect(() => random.pick([])).toThrow(RangeError)
  })

  it('forks off a generator whose use does not shift its own', () => {
    const used = rng(6)
    used.fork().bytes(1000)
    const unused = rng(6)
    unused.fork()
    expect(used.uint32()).toBe(unused.uint32())
  })
})
