import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairRounds, type Turn } from '../src/proto/tunnel/fair-rounds.js'

/** A source that is a neighbour itself, or one that a neighbour names. */
const turnOf = (key: unknown, neighbour: unknown = key): Turn => ({ neighbour, key })

test('sources take turns first, then what waits of each', () => {
  const rounds = new FairRounds<string>()
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) rounds.add(turnOf(item[0]), item)
  const order: (string | undefined)[] = []
  while (!rounds.isEmpty) order.push(rounds.take())
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  expect(rounds.take()).toBeUndefined()
})

test('what is deleted has no turn', () => {
  const rounds = new FairRounds<number>()
  rounds.add(turnOf('a'), 1)
  rounds.add(turnOf('a'), 2)
  rounds.delete(turnOf('a'), 1)
  rounds.delete(turnOf('a'), 1)
  rounds.delete(turnOf('b'), 1)
  expect(rounds.take()).toBe(2)
  expect(rounds.isEmpty).toBe(true)
})

test('whatever waits, the turns of two sources that always wait differ by one at most', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }), (tunnels) => {
      const rounds = new FairRounds<string>()
      tunnels.forEach((count, source) => {
        for (let index = 0; index < count; index++) rounds.add(turnOf(source), `${source}.${index}`)
      })
      const turns = tunnels.map(() => 0)
      for (let turn = 0; turn < 100; turn++) {
        const item = rounds.take() as string
        const source = Number(item.split('.')[0])
        turns[source] = (turns[source] ?? 0) + 1
        rounds.add(turnOf(source), item)
      }
      expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1)
    }),
  )
})

test('a neighbour that names many sources gets no more turns than one that sends for itself', () => {
  const rounds = new FairRounds<string>()
  for (let index = 0; index < 50; index++) rounds.add(turnOf(`made up ${index}`, 'liar'), `l${index}`)
  for (const item of ['h1', 'h2']) rounds.add(turnOf('honest'), item)
  const taken = Array.from({ length: 4 }, () => rounds.take())
  expect(taken).toEqual(['l0', 'h1', 'l1', 'h2'])
  for (let index = 2; index < 50; index++) rounds.delete(turnOf(`made up ${index}`, 'liar'), `l${index}`)
  expect(rounds.isEmpty).toBe(true)
})
