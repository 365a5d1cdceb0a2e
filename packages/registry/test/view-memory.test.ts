import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ServiceInstance } from '../src/proto/view/service-instance.js'
import { ServiceView } from '../src/proto/view/service-view.js'
import { instance } from './instances.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Just above a power of two: V8's maps have doubled, so they take the most for each entry. */
const COUNT = 66_000

/** The heap that is used once everything unreachable is gone. */
function heapBytes(): number {
  for (let round = 0; round < 4; round++) collect()
  return process.memoryUsage().heapUsed
}

type MakeInstance = (n: number) => ServiceInstance

function make(of: MakeInstance): readonly ServiceInstance[] {
  return Array.from({ length: COUNT }, (_, n) => of(n))
}

function fill(view: ServiceView, all: readonly ServiceInstance[]): void {
  for (const each of all) view.set(each)
}

describe('the memory of a view', () => {
  const shapes: readonly (readonly [string, MakeInstance])[] = [
    ['a name each', (n) => instance(n, { name: `name-${n}` })],
    ['an environment each', (n) => instance(n, { environment: `environment-${n}` })],
    ['two of each name', (n) => instance(n, { name: `name-${n >> 1}` })],
    ['twenty of each name', (n) => instance(n, { name: `name-${n % (COUNT / 20)}` })],
    ['one name for all', (n) => instance(n)],
  ]

  // Compiled code takes memory as well, so it is compiled before anything is measured.
  beforeAll(() => {
    for (const [, of] of shapes) fill(new ServiceView(), make(of).slice(0, 5_000))
  })

  it.each(shapes)('is at most what is counted: %s', (_, of) => {
    const all = make(of)
    const before = heapBytes()
    const view = new ServiceView()
    fill(view, all)
    const unread = heapBytes() - before
    view.list({})
    const read = heapBytes() - before
    for (const bytes of [unread, read]) {
      expect(bytes).toBeLessThan(view.heldBytes)
      expect(bytes).toBeGreaterThan(0.1 * view.heldBytes)
    }
    expect(all).toHaveLength(view.size)
  })
})
