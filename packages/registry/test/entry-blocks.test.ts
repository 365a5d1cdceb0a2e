import { concatBytes } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import { EntryBlocks, type BlockEntry } from '../src/proto/log/entry-blocks.js'

/** A number that follows from the one before; the same in each run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('the bytes of a log', () => {
  it.each([1, 2, 3])('are those of its entries in order, whatever comes and goes (%i)', (seed) => {
    const random = randomFrom(seed)
    const blocks = new EntryBlocks()
    const entries: BlockEntry[] = []
    for (let step = 0; step < 3_000; step++) {
      // It grows, then shrinks to nothing, and grows again.
      const isShrinking = step % 1_500 > 700
      if (entries.length > 0 && random(10) < (isShrinking ? 8 : 3)) {
        const [entry] = entries.splice(random(entries.length), 1)
        blocks.delete(entry as BlockEntry)
      } else {
        entries.push(blocks.add({ bytes: Uint8Array.from({ length: 1 + random(5) }, () => random(256)) }))
      }
      if (random(20) > 0) continue
      expect(concatBytes(blocks.pieces())).toEqual(concatBytes(entries.map(({ bytes }) => bytes)))
    }
    for (const entry of entries) blocks.delete(entry)
    expect(blocks.pieces()).toEqual([])
  })

  it('are put together anew only where something changed', () => {
    const blocks = new EntryBlocks()
    const entries = Array.from({ length: 640 }, (_, index) =>
      blocks.add({ bytes: Uint8Array.of(index & 255) }),
    )
    const before = blocks.pieces()
    expect(before).toHaveLength(10)
    blocks.delete(entries[70] as BlockEntry)
    blocks.add({ bytes: Uint8Array.of(7) })
    const after = blocks.pieces()
    expect(after).toHaveLength(11)
    expect(before.filter((piece) => after.includes(piece))).toHaveLength(9)
  })
})
