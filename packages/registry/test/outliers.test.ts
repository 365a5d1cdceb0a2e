import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_FAILURE_RECORDS } from '../src/proto/select/failure-records.js'
import { Outliers, type OutlierOptions } from '../src/proto/select/outliers.js'
import type { ServiceInstance } from '../src/proto/view/service-instance.js'
import { instance, instances } from './instances.js'

const [one, two, three, four] = instances(4) as [
  ServiceInstance,
  ServiceInstance,
  ServiceInstance,
  ServiceInstance,
]

/** Fails `times` times at `now`; returns what the last call returned. */
function fail(outliers: Outliers, failing: ServiceInstance, now: number, times = 5): number {
  let ejectedMs = 0
  for (let n = 0; n < times; n++) ejectedMs = outliers.failed(failing, now)
  return ejectedMs
}

describe('outliers', () => {
  it('eject after failures without a success between them, for a while', () => {
    const outliers = new Outliers()
    const list = [one, two]
    expect(fail(outliers, one, 0, 4)).toBe(0)
    outliers.succeeded(one, 0)
    expect(fail(outliers, one, 0, 4)).toBe(0)
    expect(outliers.filter(list, 0)).toBe(list)
    expect(outliers.failed(one, 1_000)).toBe(30_000)
    expect(outliers.filter(list, 1_000)).toEqual([two])
    expect(outliers.ejectedUntil(one, 1_000)).toBe(31_000)
    expect(outliers.filter(list, 30_999)).toEqual([two])
    expect(outliers.filter(list, 31_000)).toBe(list)
    expect(outliers.ejectedUntil(one, 31_000)).toBeUndefined()
  })

  it('know instances by their place, not by the object', () => {
    const outliers = new Outliers()
    fail(outliers, one, 0)
    const updated = instance(1, { tags: ['new'] })
    const others = [
      instance(1, { port: 8 }),
      instance(1, { name: 'web' }),
      instance(1, { environment: 'test' }),
    ]
    expect(outliers.filter([updated, ...others], 1)).toEqual(others)
  })

  it('take longer each time, up to the longest, and less again after quiet times', () => {
    const outliers = new Outliers({ baseEjectionMs: 100, maxEjectionMs: 250 })
    expect(fail(outliers, one, 0)).toBe(100)
    expect(fail(outliers, one, 100)).toBe(200)
    expect(fail(outliers, one, 300)).toBe(250)
    expect(fail(outliers, one, 550)).toBe(250)
    // Ends at 800. The level is 3 (250 ms are three times the base, cut short); two quiet intervals leave 1.
    expect(fail(outliers, one, 1_000)).toBe(200)
    expect(fail(outliers, one, 1_200 + 1_000)).toBe(100)
  })

  it('stay out when another ejection that began later ends before theirs', () => {
    const outliers = new Outliers()
    fail(outliers, one, 0)
    expect(fail(outliers, one, 30_000)).toBe(60_000)
    expect(fail(outliers, two, 31_000)).toBe(30_000)
    expect(outliers.filter([one, two], 61_000)).toEqual([two])
  })

  it('ignore failures during an ejection, which may be of dials that began before', () => {
    const outliers = new Outliers()
    fail(outliers, one, 0)
    expect(fail(outliers, one, 29_999, 50)).toBe(0)
    expect(outliers.ejectedUntil(one, 29_999)).toBe(30_000)
    expect(fail(outliers, one, 30_000, 4)).toBe(0)
    outliers.succeeded(one, 30_000)
    expect(outliers.ejectedUntil(one, 30_000)).toBeUndefined()
  })

  it('let a success during an ejection not end it', () => {
    const outliers = new Outliers()
    fail(outliers, one, 0)
    outliers.succeeded(one, 10)
    expect(outliers.filter([one, two], 10)).toEqual([two])
  })

  it('return first what returns first anyhow when too many are ejected', () => {
    const outliers = new Outliers()
    for (const [failing, at] of [
      [two, 0],
      [four, 1],
      [one, 2],
      [three, 3],
    ] as const) {
      // prettier-ignore
      fail(outliers, failing, at)
    }
    expect(outliers.filter([one, two, three, four], 10)).toEqual([two, four])
    expect(outliers.filter([one, two, three], 10)).toEqual([one, two])
    expect(outliers.filter([one], 10)).toEqual([one])
  })

  it('forget failures that are long ago', () => {
    const outliers = new Outliers({ maxEjectionMs: 60_000 })
    fail(outliers, one, 0, 4)
    expect(outliers.failed(one, 60_001)).toBe(0)
    expect(fail(outliers, one, 60_001, 4)).toBe(30_000)
  })

  it('forget instances: after a success, and long after the last failure', () => {
    const outliers = new Outliers({ maxEjectionMs: 60_000 })
    fail(outliers, one, 0, 4)
    outliers.succeeded(one, 1)
    expect(outliers.size).toBe(0)
    fail(outliers, one, 0)
    outliers.succeeded(one, 30_000)
    expect(outliers.size).toBe(1)
    outliers.succeeded(one, 60_000)
    expect(outliers.size).toBe(0)
    fail(outliers, one, 100_000)
    fail(outliers, two, 161_000, 1)
    expect(outliers.size).toBe(1)
  })

  it('remember a bounded number of instances, those that failed last', () => {
    const outliers = new Outliers()
    for (let n = 0; n < MAX_FAILURE_RECORDS; n++) fail(outliers, instance(n), 0)
    fail(outliers, instance(0), 30_000)
    fail(outliers, instance(MAX_FAILURE_RECORDS), 30_000)
    expect(outliers.size).toBe(MAX_FAILURE_RECORDS)
    expect(outliers.ejectedUntil(instance(1), 1)).toBeUndefined()
    for (const n of [0, 2, MAX_FAILURE_RECORDS]) {
      expect(outliers.ejectedUntil(instance(n), 1)).toBeDefined()
    }
  })

  it.each([
    [{ consecutiveFailures: 0 }, RangeError, 'consecutiveFailures'],
    [{ consecutiveFailures: 1.5 }, RangeError, 'consecutiveFailures'],
    [{ baseEjectionMs: 0 }, RangeError, 'baseEjectionMs'],
    [{ baseEjectionMs: '1' as unknown as number }, TypeError, 'baseEjectionMs'],
    [{ baseEjectionMs: 100, maxEjectionMs: 99 }, RangeError, 'maxEjectionMs'],
    [{ maxEjectedShare: 1.1 }, RangeError, 'maxEjectedShare'],
    [{ maxEjectedShare: NaN }, RangeError, 'maxEjectedShare'],
  ])('refuse %o', (options, type, name) => {
    expect(() => new Outliers(options as OutlierOptions)).toThrow(type)
    expect(() => new Outliers(options as OutlierOptions)).toThrow(name)
  })

  it('take a longer base without a longest ejection', () => {
    expect(fail(new Outliers({ baseEjectionMs: 400_000 }), one, 0)).toBe(400_000)
  })
})

describe('whatever happens in whatever order', () => {
  const COUNT = 12
  const everything = instances(COUNT)
  const event = fc.record({
    kind: fc.constantFrom('failed' as const, 'failed' as const, 'succeeded' as const),
    at: fc.nat(COUNT - 1),
    afterMs: fc.nat(200),
  })
  const options = fc.record({
    consecutiveFailures: fc.integer({ min: 1, max: 4 }),
    baseEjectionMs: fc.constant(100),
    maxEjectionMs: fc.integer({ min: 100, max: 1_000 }),
    maxEjectedShare: fc.constantFrom(0, 0.2, 0.5, 0.75, 1),
  })

  function play(
    outliers: Outliers,
    events: readonly { kind: 'failed' | 'succeeded'; at: number; afterMs: number }[],
    check: (now: number) => void,
  ): number {
    let now = 1_000
    for (const { kind, at, afterMs } of events) {
      now += afterMs
      outliers[kind](everything[at] as ServiceInstance, now)
      check(now)
    }
    return now
  }

  it('at most the given share of any list is left out, and never all of it', () => {
    fc.assert(
      fc.property(
        options,
        fc.array(event, { maxLength: 200 }),
        fc.subarray([...everything]),
        (given, events, some) => {
          const outliers = new Outliers(given)
          play(outliers, events, (now) => {
            for (const list of [everything, some]) {
              const left = outliers.filter(list, now)
              expect(list.length - left.length).toBeLessThanOrEqual(list.length * given.maxEjectedShare)
              expect(left.length).toBeGreaterThanOrEqual(Math.min(1, list.length))
              expect(list.filter((each) => left.includes(each))).toEqual(left)
            }
            expect(outliers.filter([one], now)).toEqual([one])
          })
        },
      ),
    )
  })

  it('only ejected instances are left out, all of them while they are not too many', () => {
    fc.assert(
      fc.property(options, fc.array(event, { maxLength: 200 }), (given, events) => {
        const outliers = new Outliers(given)
        play(outliers, events, (now) => {
          const left = outliers.filter(everything, now)
          const ejected = everything.filter((each) => outliers.ejectedUntil(each, now) !== undefined)
          const most = Math.min(Math.floor(COUNT * given.maxEjectedShare), COUNT - 1)
          expect(COUNT - left.length).toBe(Math.min(ejected.length, most))
          for (const each of everything) if (!left.includes(each)) expect(ejected).toContain(each)
        })
      }),
    )
  })

  it('every ejection ends, within the longest one', () => {
    fc.assert(
      fc.property(options, fc.array(event, { maxLength: 200 }), (given, events) => {
        const outliers = new Outliers(given)
        const last = play(outliers, events, (now) => {
          for (const each of everything) {
            expect(outliers.ejectedUntil(each, now) ?? now).toBeLessThanOrEqual(now + given.maxEjectionMs)
          }
        })
        expect(outliers.filter(everything, last + given.maxEjectionMs)).toBe(everything)
      }),
    )
  })
})
