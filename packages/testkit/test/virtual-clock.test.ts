import { VirtualClock } from '@astranet/testkit/sim'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('a virtual clock', () => {
  it('stands still until it is moved', () => {
    const clock = new VirtualClock({ startMs: 5 })
    expect(clock.now()).toBe(5)
    clock.advance(10)
    expect(clock.now()).toBe(15)
  })

  it('fires timers in the order of their times, those of one time as they were set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (delays) => {
        const clock = new VirtualClock()
        const fired: { delay: number; index: number }[] = []
        delays.forEach((delay, index) =>
          clock.setTimer(delay, () => fired.push({ delay: clock.now(), index })),
        )
        clock.runUntilIdle()
        const expected = delays.map((delay, index) => ({ delay, index }))
        expect(fired).toEqual(
          expected.sort((one, other) => one.delay - other.delay || one.index - other.index),
        )
      }),
    )
  })

  it('fires only what is due, at its time, also when set on the way', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const again = (): void => {
      fired.push(clock.now())
      clock.setTimer(10, again)
    }
    clock.setTimer(10, again)
    clock.advance(35)
    expect(fired).toEqual([10, 20, 30])
    expect(clock.now()).toBe(35)
  })

  it('runs what was deferred before the next timer, in rounds', () => {
    const clock = new VirtualClock()
    const order: string[] = []
    clock.setTimer(0, () => order.push('timer'))
    clock.defer(() => {
      order.push('first')
      clock.defer(() => order.push('next round'))
    })
    clock.defer(() => order.push('second'))
    clock.advance(0)
    expect(order).toEqual(['first', 'second', 'next round', 'timer'])
  })

  it('does not fire cancelled timers, and stops being idle only for those in the foreground', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const cancelled = clock.setTimer(1, () => fired.push('cancelled'))
    clock.setTimer(5, () => fired.push('foreground'))
    clock.setTimer(3, () => fired.push('background, before'), { background: true })
    clock.setTimer(7, () => fired.push('background, after'), { background: true })
    cancelled.cancel()
    cancelled.cancel()
    expect(clock.pendingTimers).toBe(1)
    clock.runUntilIdle()
    expect(fired).toEqual(['background, before', 'foreground'])
    expect(clock.pendingTimers).toBe(0)
    expect(clock.step()).toBe(true)
    expect(clock.step()).toBe(false)
  })

  it('drives a promise to its end, and says when nothing can', async () => {
    const clock = new VirtualClock()
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(ms, resolve))
    await clock.drive(sleep(10).then(() => sleep(20)))
    expect(clock.now()).toBe(30)
    await expect(clock.drive(Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(clock.drive(new Promise(() => undefined))).rejects.toThrow(/nothing left to run/)
  })

  it('ends a livelock', () => {
    const clock = new VirtualClock({ maxEvents: 100 })
    const again = (): void => clock.defer(again)
    again()
    expect(() => clock.advance(1)).toThrow(/livelock/)
  })

  it('does not go back', () => {
    expect(() => new VirtualClock().advance(-1)).toThrow(RangeError)
  })
})
