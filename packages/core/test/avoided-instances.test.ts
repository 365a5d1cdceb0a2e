import type { NodeId, ServiceInstance } from '../src/index.js'
import { expect, test } from 'vitest'
import { AvoidedInstances, MAX_OBSERVED_EJECTIONS } from '../src/dial/avoided-instances.js'
import { SkipClock } from './support.js'

function instance(port: number): ServiceInstance {
  const nodeId = 7n as NodeId
  const texts = { environment: 'blue', name: 'web', zone: '', version: '' }
  return { ...texts, port, nodeId, tags: [], weight: 1, health: 'passing' }
}

/** Instances that fail, and what is reported of them to whoever observes `channels`. */
class Observed {
  readonly clock = new SkipClock()
  readonly reported: string[] = []
  readonly avoided: AvoidedInstances

  constructor(...channels: readonly string[]) {
    this.avoided = new AvoidedInstances({
      clock: this.clock,
      reporter: {
        hasSubscribers: (name) => channels.includes(name),
        publish: (name, message) => {
          const { port } = message as { port: number }
          if (channels.includes(name)) this.reported.push(`${name.split(':').at(-1)} ${port}`)
        },
      },
    })
  }

  eject(...ports: readonly number[]): void {
    for (const port of ports) for (let count = 0; count < 5; count++) this.avoided.failed(instance(port))
  }
}

const [EJECTED, RETURNED] = ['astranet:instance:ejected', 'astranet:instance:returned'] as const

test('ejections are reported as they end, the later one of a second ejection after it', async () => {
  const observed = new Observed(EJECTED, RETURNED)
  observed.eject(1)
  await observed.clock.advance(30_000)
  // Its second ejection in a row takes 60 s.
  observed.eject(1, 2)
  expect(observed.avoided.filter([1, 2, 3, 4].map(instance))).toEqual([instance(3), instance(4)])
  await observed.clock.advance(30_000)
  const first = ['ejected 1', 'returned 1', 'ejected 1', 'ejected 2']
  expect(observed.reported).toEqual([...first, 'returned 2'])
  await observed.clock.advance(30_000)
  expect(observed.reported).toEqual([...first, 'returned 2', 'returned 1'])
  expect(observed.clock.pending).toBe(0)
})

test('an observer of the returns alone sees them', async () => {
  const observed = new Observed(RETURNED)
  observed.eject(1)
  await observed.clock.advance(30_000)
  expect(observed.reported).toEqual(['returned 1'])
})

test('nothing runs for ejections that nobody observes, nor after the end', () => {
  const unobserved = new Observed()
  unobserved.eject(1)
  expect(unobserved.clock.pending).toBe(0)
  const observed = new Observed(EJECTED)
  observed.eject(1)
  expect(observed.clock.pending).toBe(1)
  observed.avoided.close()
  observed.avoided.close()
  expect(observed.clock.pending).toBe(0)
})

test('beyond the limit the first of the ejections counts as over', async () => {
  const observed = new Observed(RETURNED)
  const ports = Array.from({ length: MAX_OBSERVED_EJECTIONS }, (_, index) => index)
  observed.eject(...ports)
  expect(observed.reported).toEqual([])
  observed.eject(MAX_OBSERVED_EJECTIONS)
  expect(observed.reported).toEqual(['returned 0'])
  // It has been forgotten altogether, so it is ejected anew, in place of the next one.
  observed.eject(0)
  expect(observed.reported).toEqual(['returned 0', 'returned 1'])
  await observed.clock.advance(30_000)
  expect(observed.reported).toHaveLength(MAX_OBSERVED_EJECTIONS + 2)
})
