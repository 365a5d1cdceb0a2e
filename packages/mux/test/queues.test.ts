import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUFFER_BYTES, giveBuffer, MAX_FREE_BUFFERS } from '../src/proto/buffers.js'
import { BLOCK_OVERHEAD_BYTES, ReceiveQueue } from '../src/proto/receive/queue.js'
import { Blocks } from '../src/proto/send/blocks.js'
import { SendQueue, type Run, type SendMemory } from '../src/proto/send/queue.js'
import { Slab } from '../src/proto/send/slab.js'
import { pattern } from './support/recorder.js'

describe('bytes kept for a reader', () => {
  it('come back as they were, whatever was pushed and taken in between', () => {
    const step = fc.oneof(fc.nat(40_000), fc.constant('shift' as const))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new ReceiveQueue()
        const source = pattern(40_000)
        const given: Uint8Array[] = []
        const got: Uint8Array[] = []
        for (const next of steps) {
          if (next === 'shift') got.push(queue.shift() ?? new Uint8Array(0))
          else if (next > 0) {
            queue.push(source, 0, next)
            given.push(source.subarray(0, next))
          }
          const held = Buffer.concat(given).length - Buffer.concat(got).length
          expect(queue.bytes).toBe(held)
          expect(queue.heldBytes).toBeGreaterThanOrEqual(held)
        }
        for (let block = queue.shift(); block !== undefined; block = queue.shift()) got.push(block)
        expect(Buffer.compare(Buffer.concat(got), Buffer.concat(given))).toBe(0)
        expect(queue.bytes).toBe(0)
        expect(queue.heldBytes).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it.each([false, true])(
    'come back in parts, and behind what was put back (buffers are shared: %j)',
    (isPooled) => {
      const step = fc.oneof(
        fc.record({ push: fc.integer({ min: 1, max: 90_000 }) }),
        fc.record({ take: fc.integer({ min: 1, max: 70_000 }), isPutBack: fc.boolean() }),
      )
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const queue = new ReceiveQueue(isPooled)
          const source = pattern(90_000)
          let expected = Buffer.alloc(0)
          for (const next of steps) {
            if ('push' in next) {
              queue.push(source, 0, next.push)
              expected = Buffer.concat([expected, source.subarray(0, next.push)])
            } else {
              const part = queue.shift(next.take) ?? new Uint8Array(0)
              expect(part.length).toBeLessThanOrEqual(next.take)
              expect(Buffer.compare(part, expected.subarray(0, part.length))).toBe(0)
              expected = expected.subarray(part.length)
              if (queue.emptied !== undefined && next.isPutBack) {
                const rest = part.slice(part.length >> 1)
                queue.putBack(rest)
                expected = Buffer.concat([rest, expected])
              } else if (queue.emptied?.length === BUFFER_BYTES) giveBuffer(queue.emptied.fill(0xee))
            }
            expect(queue.bytes).toBe(expected.length)
            expect(queue.heldBytes).toBeGreaterThanOrEqual(expected.length)
          }
          while (queue.bytes > 0) {
            const part = queue.shift(30_000) as Uint8Array
            expect(Buffer.compare(part, expected.subarray(0, part.length))).toBe(0)
            expected = expected.subarray(part.length)
          }
          expect([expected.length, queue.heldBytes]).toEqual([0, 0])
        }),
        { numRuns: 60 },
      )
    },
  )

  it('do not keep the chunk they came in alive', () => {
    const chunk = pattern(65_536)
    const queue = new ReceiveQueue()
    queue.push(chunk, 10, 11)
    const block = queue.shift() as Uint8Array
    expect(block.buffer.byteLength).toBe(1)
    expect(block[0]).toBe(chunk[10])
  })

  it('take at most twice their size and a few blocks when they came one at a time', () => {
    const queue = new ReceiveQueue()
    const source = pattern(10_000)
    for (let i = 0; i < 10_000; i++) queue.push(source, i, i + 1)
    expect(queue.bytes).toBe(10_000)
    expect(queue.heldBytes).toBeLessThan(2 * 10_000 + 20 * BLOCK_OVERHEAD_BYTES)
  })
})

describe('bytes that wait to be sent', () => {
  it('join the last run where they go on in the same buffer', () => {
    const queue = new SendQueue()
    const buffer = pattern(100)
    queue.push(buffer, 0, 10)
    queue.push(buffer, 10, 30)
    const head = queue.head as Run
    expect([head.start, head.end, head.next]).toEqual([0, 30, undefined])
    queue.push(buffer, 40, 50)
    expect(queue.bytes).toBe(40)
    queue.advance(30, memory())
    expect(queue.head).toMatchObject({ start: 40, end: 50 })
    queue.advance(10, memory())
    expect(queue.head).toBe(undefined)
    expect(queue.bytes).toBe(0)
    queue.push(buffer, 0, 1)
    expect(queue.head).toMatchObject({ start: 0, end: 1 })
  })
})

describe('copied writes', () => {
  it('take a buffer again once all that was copied there has left', () => {
    const blocks = new Blocks()
    const queue = new SendQueue()
    blocks.append(queue, pattern(BUFFER_BYTES))
    const first = (queue.head as Run).buffer
    blocks.append(queue, pattern(1_000))
    expect((queue.head as Run).next?.buffer).not.toBe(first)
    queue.advance(BUFFER_BYTES - 1, memory(blocks))
    blocks.release()
    queue.advance(1, memory(blocks))
    blocks.append(queue, pattern(BUFFER_BYTES))
    expect([...runs(queue)].some(({ buffer }) => buffer === first)).toBe(false)
    blocks.release()
    blocks.append(queue, pattern(BUFFER_BYTES))
    expect([...runs(queue)].some(({ buffer }) => buffer === first)).toBe(true)
  })

  it('give back what is dropped with its stream', () => {
    const blocks = new Blocks()
    const queue = new SendQueue()
    blocks.append(queue, pattern(3 * BUFFER_BYTES))
    const buffers = [...runs(queue)].map(({ buffer }) => buffer)
    queue.truncate(10, memory(blocks))
    queue.drop(memory(blocks))
    blocks.release()
    const again = new SendQueue()
    blocks.append(again, pattern(3 * BUFFER_BYTES))
    expect(new Set([...runs(again)].map(({ buffer }) => buffer))).toEqual(new Set(buffers))
  })
})

describe('a slab', () => {
  it('has a buffer only while it is used, which others take then', () => {
    const [one, two] = [new Slab(), new Slab()]
    expect([one.buffer.length, two.buffer.length]).toEqual([0, 0])
    one.append(pattern(10))
    const { buffer } = one
    two.append(pattern(10, 3))
    expect(two.buffer).not.toBe(buffer)
    one.reuse()
    one.reuse()
    expect([one.buffer.length, one.used]).toEqual([0, 0])
    const [three, four] = [new Slab(), new Slab()]
    for (const each of [three, four]) each.append(pattern(10, 5))
    expect(three.buffer).toBe(buffer)
    expect(four.buffer).not.toBe(buffer)
    expect(Buffer.compare(two.buffer.subarray(0, 10), pattern(10, 3))).toBe(0)
    for (const each of [two, three, four]) each.reuse()
  })

  it('leaves only so many buffers to others', () => {
    const slabs = Array.from({ length: MAX_FREE_BUFFERS + 2 }, () => new Slab())
    const fill = (): Set<Uint8Array> => {
      for (const each of slabs) each.append(pattern(1))
      return new Set(slabs.map(({ buffer }) => buffer))
    }
    const before = fill()
    expect(before.size).toBe(slabs.length)
    for (const each of slabs) each.reuse()
    const kept = [...fill()].filter((buffer) => before.has(buffer))
    expect(kept).toHaveLength(MAX_FREE_BUFFERS)
    for (const each of slabs) each.reuse()
  })

  it('takes a fresh buffer when it is full, and leaves the old one alone', () => {
    const slab = new Slab()
    slab.append(pattern(BUFFER_BYTES - 1))
    const first = slab.buffer
    slab.append(pattern(2, 9))
    expect(slab.buffer).not.toBe(first)
    expect(slab.used).toBe(2)
    expect(Buffer.compare(first.subarray(0, 100), pattern(BUFFER_BYTES - 1).subarray(0, 100))).toBe(0)
  })
})

function memory(blocks = new Blocks()): SendMemory {
  return { blocks, borrowedBytes: 0 }
}

function* runs(queue: SendQueue): Generator<Run> {
  for (let run = queue.head; run !== undefined; run = run.next) yield run
}
