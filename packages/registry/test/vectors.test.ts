import { readFileSync } from 'node:fs'
import { nodeIdToBytes, toNodeId } from '@astranet/interface'
import { expect, test } from 'vitest'
import { Catalogue, type PlainValue, type RegistryMessage } from '../src/index.js'

const SPEC = readFileSync(new URL('../../../spec/registry.md', import.meta.url), 'utf8')

/** The bytes of the example that begins so. */
function example(name: string): string {
  const row = SPEC.split('\n').find((line) => line.startsWith(`| ${name}`))
  return row?.split('|')[2]?.replaceAll('`', '').trim() ?? 'there is no such example'
}

/** What occurs in the examples, as msgpack. */
function msgpack(value: PlainValue): number[] {
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2]
  if (typeof value === 'number') return value < 128 ? [value] : [0xcd, value >> 8, value & 0xff]
  if (typeof value === 'string') return [0xa0 + value.length, ...Buffer.from(value)]
  if (value instanceof Uint8Array) return [0xc4, value.length, ...value]
  const items = value as readonly PlainValue[]
  return [0x90 + items.length, ...items.flatMap(msgpack)]
}

/** A message as it is on the stream: its length, then itself. */
function hex(message: RegistryMessage | undefined): string {
  const bytes = msgpack(message ?? 'there is none')
  return Buffer.from([bytes.length, ...bytes])
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')
}

test('the examples of the specification are what catalogues say', () => {
  const [one, two] = [toNodeId(1n), toNodeId(2n)]
  const node = new Catalogue({ self: one, incarnation: 1_000 })
  node.publishService({ name: 'echo', port: 7, weight: 9 })
  node.publishService({ name: 'echo', port: 7 })
  node.neighbourUp(two, 0)
  expect(hex(node.nextMessage(two, 0))).toBe(example('digest that names nothing'))
  node.receive(two, [0, []], 0)
  const snapshot = node.nextMessage(two, 0)
  expect(hex(snapshot)).toBe(example('snapshot'))

  const other = new Catalogue({ self: two, incarnation: 1 })
  other.neighbourUp(one, 0)
  other.receive(one, snapshot, 0)
  other.neighbourDown(one, 0)
  other.neighbourUp(one, 0, 1_000)
  expect(hex(other.nextMessage(one, 0))).toBe(example('digest that names node 1'))
  other.neighbourUp(one, 0, 1_000)
  expect(hex(other.nextMessage(one, 0))).toBe(example('restart'))

  node.neighbourUp(toNodeId(3n), 0)
  node.receive(toNodeId(3n), [0, [[nodeIdToBytes(one), 5_000, 0]]], 0)
  node.publishLink(two, 1, 0)
  const delta = node.nextMessage(two, 0)
  expect(hex(delta)).toBe(example('what follows after the move'))
  expect(other.receive(one, delta, 0)).toBeUndefined()
  expect(other.link(one, two)).toEqual({ kind: 'link', neighbour: two, cost: undefined })
})
