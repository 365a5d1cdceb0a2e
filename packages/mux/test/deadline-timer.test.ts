import { expect, it } from 'vitest'
import { DeadlineTimer, PROBE_TIMEOUT_MS } from '../src/io/session/deadline-timer.js'
import type { SessionCore } from '../src/proto/session/core.js'
import { ManualClock } from './support/fake-pipe.js'

interface World {
  readonly clock: ManualClock
  readonly timer: DeadlineTimer
  /** What the core was asked, with the time. */
  readonly calls: [string, number][]
  /** Sets the core's next deadline. */
  readonly setDeadline: (deadline: number) => void
}

function world(): World {
  const clock = new ManualClock()
  const calls: [string, number][] = []
  let deadline = Infinity
  const core: Partial<SessionCore> = {
    isClosing: false,
    nextDeadline: () => deadline,
    timeout: (now) => {
      calls.push(['timeout', now])
      deadline = Infinity
    },
    probe: (now, ms) => void calls.push([`probe ${ms}`, now]),
  }
  const timer = new DeadlineTimer(clock, core as SessionCore)
  const setDeadline = (at: number): void => {
    deadline = at
    timer.arm()
  }
  return { clock, timer, calls, setDeadline }
}

/** How often timers fire until then. */
function firesUntil(clock: ManualClock, at: number): number {
  let fires = 0
  const { setTimer } = clock
  clock.setTimer = (delayMs, callback) =>
    setTimer.call(clock, delayMs, () => {
      fires += 1
      callback()
    })
  clock.advance(at - clock.now())
  return fires
}

it('fires at the deadline, also when that comes nearer', () => {
  const { clock, calls, setDeadline } = world()
  setDeadline(5_000)
  setDeadline(4_000)
  expect(clock.timers).toBe(1)
  clock.advance(10_000)
  expect(calls).toEqual([['timeout', 4_000]])
  expect(clock.timers).toBe(0)
})

it('stays when the deadline moves a little, and then finds the later one', () => {
  const { clock, calls, setDeadline } = world()
  setDeadline(5_000)
  for (let at = 5_001; at < 6_000; at += 100) setDeadline(at)
  expect(firesUntil(clock, 10_000)).toBe(1)
  expect(calls).toEqual([['timeout', 5_901]])
})

it('moves with a deadline that moves far, so that it never fires for nothing', () => {
  const { clock, calls, setDeadline } = world()
  setDeadline(5_000)
  for (let at = 4_000; at <= 40_000; at += 4_000) {
    clock.advance(at - clock.now())
    setDeadline(at + 5_000)
    expect(clock.timers).toBe(1)
  }
  expect(firesUntil(clock, 44_999)).toBe(0)
  expect(calls).toEqual([])
  clock.advance(1)
  expect(calls).toEqual([['timeout', 45_000]])
})

it('is gone when there is no deadline any more', () => {
  const { clock, calls, setDeadline } = world()
  setDeadline(5_000)
  setDeadline(Infinity)
  expect(clock.timers).toBe(0)
  setDeadline(6_000)
  clock.advance(6_000)
  expect(calls).toEqual([['timeout', 6_000]])
})

it('stays when it is late, because it shows that the process was stopped', () => {
  const { clock, calls, setDeadline } = world()
  setDeadline(5_000)
  clock.skip(60_000)
  // A ping that waited in the system is read before the timer fires.
  setDeadline(65_000)
  clock.fireTimers()
  clock.runDeferred()
  expect(calls).toEqual([[`probe ${PROBE_TIMEOUT_MS}`, 60_000]])
  clock.advance(5_000)
  expect(calls.slice(1)).toEqual([['timeout', 65_000]])
})
