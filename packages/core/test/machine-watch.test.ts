import { VirtualClock } from '@astranet/testkit/sim'
import { beforeEach, expect, test } from 'vitest'
import { MachineWatch } from '../src/node/machine-watch.js'

let clock: VirtualClock
let aheadMs: number
let network: string
let watch: MachineWatch

beforeEach(() => {
  clock = new VirtualClock()
  aheadMs = 1_700_000_000_000
  network = '10.0.0.1'
  watch = new MachineWatch({ clock, timeOfDay: () => clock.now() + aheadMs, network: () => network })
})

function counting(): { probe(): void; probes: number } {
  const link = { probes: 0, probe: () => void (link.probes += 1) }
  return link
}

test('all links are probed once, within a second, when the machine slept', () => {
  const [one, other] = [counting(), counting()]
  watch.watch(one)
  watch.watch(other)
  clock.advance(10_000)
  expect([one.probes, other.probes]).toEqual([0, 0])
  aheadMs += 5_000
  clock.advance(1_001)
  expect([one.probes, other.probes]).toEqual([1, 1])
  clock.advance(10_000)
  expect([one.probes, other.probes]).toEqual([1, 1])
})

test('small corrections of the time of day, and those backwards, probe nothing', () => {
  const link = counting()
  watch.watch(link)
  for (const stepMs of [4_999, -3_600_000, 1_000, 4_999]) {
    aheadMs += stepMs
    clock.advance(1_000)
  }
  expect(link.probes).toBe(0)
})

test('all links are probed when the addresses of the machine change', () => {
  const link = counting()
  watch.watch(link)
  clock.advance(5_000)
  network = '192.168.1.7'
  clock.advance(1_001)
  expect(link.probes).toBe(1)
  network = ''
  clock.advance(1_001)
  expect(link.probes).toBe(2)
})

test('a change of the addresses is reported to all that advertise them, once, also without a link', () => {
  const seen: string[] = []
  const [one, other] = ['one', 'other'].map((name) => watch.watchNetwork(() => void seen.push(name)))
  clock.advance(5_000)
  aheadMs += 5_000
  clock.advance(1_001)
  expect(seen).toEqual([])
  network = '192.168.1.7'
  clock.advance(1_001)
  expect(seen).toEqual(['one', 'other'])
  clock.advance(5_000)
  one?.()
  one?.()
  network = ''
  clock.advance(1_001)
  expect(seen).toEqual(['one', 'other', 'other'])
  other?.()
  network = '10.0.0.1'
  clock.advance(5_000)
  expect(seen).toHaveLength(3)
})

test('what happened before there was a link probes nothing', () => {
  const [first, second] = [counting(), counting()]
  watch.watch(first)()
  aheadMs += 60_000
  network = '192.168.1.7'
  watch.watch(second)
  clock.advance(10_000)
  expect([first.probes, second.probes]).toEqual([0, 0])
})

test('the machine is looked at only while there are links', () => {
  let looks = 0
  const counted = new MachineWatch({
    clock,
    timeOfDay: () => 0,
    network: () => {
      looks += 1
      return ''
    },
  })
  const [one, other] = [counted.watch(counting()), counted.watch(counting())]
  clock.advance(2_500)
  expect(looks).toBe(3)
  one()
  one()
  clock.advance(1_000)
  expect(looks).toBe(4)
  other()
  clock.advance(60_000)
  expect(looks).toBe(4)
})

test('a link that ends while others are probed is not probed', () => {
  const last = counting()
  let unwatch = (): void => undefined
  watch.watch({ probe: () => unwatch() })
  unwatch = watch.watch(last)
  network = ''
  clock.advance(1_001)
  expect(last.probes).toBe(0)
})
