import { FifoQueue, LinkedList, type Linked } from '@astranet/interface/collections'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('a FIFO queue', () => {
  it('does what an array does', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('push' as const) },
      { weight: 3, arbitrary: fc.constant('shift' as const) },
      fc.constantFrom('keep' as const, 'clear' as const),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new FifoQueue<number>()
        let model: number[] = []
        for (const [item, kind] of steps.entries()) {
          if (kind === 'push') {
            queue.push(item)
            model.push(item)
          } else if (kind === 'shift') {
            expect(queue.shift()).toBe(model.shift())
          } else if (kind === 'keep') {
            queue.keep((each) => each % 3 > 0)
            model = model.filter((each) => each % 3 > 0)
          } else {
            queue.clear()
            model = []
          }
          expect([queue.size, queue.peek()]).toEqual([model.length, model[0]])
        }
      }),
    )
  })

  it('cuts what was taken off its front, however long it is', () => {
    const queue = new FifoQueue<number>()
    for (let item = 0; item < 100_000; item++) queue.push(item)
    for (let item = 0; item < 100_000; item++) expect(queue.shift()).toBe(item)
    expect([queue.size, queue.shift()]).toEqual([0, undefined])
  })
})

class Item implements Linked<Item> {
  previous: Item | undefined = undefined
  next: Item | undefined = undefined
}

function itemsOf(list: LinkedList<Item>): { forth: Item[]; back: Item[] } {
  const [forth, back]: [Item[], Item[]] = [[], []]
  for (let item = list.first; item !== undefined; item = item.next) forth.push(item)
  for (let item = list.last; item !== undefined; item = item.previous) back.push(item)
  return { forth, back }
}

describe('a linked list', () => {
  it('keeps the order, and lets an item leave from anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 100 }), (choices) => {
        const items = Array.from({ length: 10 }, () => new Item())
        const list = new LinkedList<Item>()
        let model: Item[] = []
        for (const choice of choices) {
          const item = items[choice] as Item
          expect(list.has(item)).toBe(model.includes(item))
          if (model.includes(item)) {
            list.delete(item)
            model = model.filter((each) => each !== item)
            expect([item.previous, item.next]).toEqual([undefined, undefined])
          } else {
            list.push(item)
            model.push(item)
          }
          const { forth, back } = itemsOf(list)
          expect(forth).toEqual(model)
          expect(back.reverse()).toEqual(model)
        }
      }),
    )
  })
})
