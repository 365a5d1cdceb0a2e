import { VirtualClock } from '@astranet/testkit/sim'
import { expect, test } from 'vitest'
import type { HealthCheck } from '../src/health/health-check.js'
import { HealthMonitor } from '../src/health/health-monitor.js'
import type { HealthPlan } from '../src/health/health-plan.js'
import { turns } from './support.js'

interface Monitored {
  readonly clock: VirtualClock
  readonly monitor: HealthMonitor
  readonly changes: string[]
  /** Moves time on in steps of 100 ms; after each the check's promises have their turn. */
  pass(ms: number): Promise<void>
}

function monitored(check: HealthCheck, options: Partial<HealthPlan> = {}, random = 0): Monitored {
  const clock = new VirtualClock()
  const changes: string[] = []
  const monitor = new HealthMonitor({
    plan: { check, intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3, ...options },
    clock,
    random: () => random,
    onChange: (health, reason) => changes.push(`${clock.now()} ${health}: ${reason}`),
  })
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 100) {
      clock.advance(100)
      await turns(1)
    }
  }
  return { clock, monitor, changes, pass }
}

/** A check whose result the test sets. */
function switchable(): { fault: string | undefined; runs: number; check: HealthCheck } {
  const state = {
    fault: undefined as string | undefined,
    runs: 0,
    check: () => {
      state.runs += 1
      return Promise.resolve(state.fault)
    },
  }
  return state
}

test('a service that is well is checked at once and then at every interval, and nothing changes', async () => {
  const service = switchable()
  const { clock, monitor, changes, pass } = monitored(service.check)
  monitor.start()
  expect(service.runs).toBe(0)
  await pass(100)
  expect(service.runs).toBe(1)
  await pass(6_000)
  expect(service.runs).toBe(4)
  expect(changes).toEqual([])
  // Its timer is in the background: it keeps no process alive.
  expect(clock.pendingTimers).toBe(0)
  monitor.close()
})

test('a service that goes bad fails after three results, and passes again after two', async () => {
  const service = switchable()
  const { monitor, changes, pass } = monitored(service.check)
  monitor.start()
  await pass(1_000)
  service.fault = 'status 500'
  await pass(6_000)
  expect(changes).toEqual(['6000 failing: status 500'])
  expect(monitor.health).toBe('failing')
  service.fault = undefined
  await pass(5_000)
  expect(changes.slice(1)).toEqual(['10000 passing: the check succeeded'])
  monitor.close()
})

test('a service that is bad at the beginning fails with its first result', async () => {
  const service = switchable()
  service.fault = 'not there'
  const { monitor, changes, pass } = monitored(service.check)
  monitor.start()
  expect(changes).toEqual([])
  await pass(100)
  expect(changes).toEqual(['100 failing: not there'])
  monitor.close()
})

test('a rejection is a failure with its message', async () => {
  const { monitor, changes, pass } = monitored(() => Promise.reject(new Error('connect ECONNREFUSED')))
  monitor.start()
  await pass(100)
  expect(changes).toEqual(['100 failing: the check failed: connect ECONNREFUSED'])
  monitor.close()
})

test('a check that does not answer has failed when its time is over, and is aborted', async () => {
  const signals: AbortSignal[] = []
  const { monitor, changes, pass } = monitored((signal) => {
    signals.push(signal)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  })
  monitor.start()
  await pass(900)
  expect(changes).toEqual([])
  await pass(200)
  expect(changes).toEqual(['1000 failing: no answer within 1000 ms'])
  expect(signals[0]?.aborted).toBe(true)
  await pass(1_000)
  expect(signals).toHaveLength(2)
  monitor.close()
})

test('a check that ignores its signal runs alone: no other begins, and each interval counts as a failure', async () => {
  let running = 0
  let most = 0
  const answers: (() => void)[] = []
  const { monitor, changes, pass } = monitored(
    () => {
      running += 1
      most = Math.max(most, running)
      return new Promise((resolve) =>
        answers.push(() => {
          running -= 1
          resolve(undefined)
        }),
      )
    },
    { fall: 1 },
  )
  monitor.start()
  await pass(20_000)
  expect([most, answers.length]).toEqual([1, 1])
  expect(monitor.health).toBe('failing')
  // Its late answer does not count; it lets the next one begin.
  answers[0]?.()
  await pass(100)
  expect(changes).toHaveLength(1)
  await pass(2_000)
  answers[1]?.()
  await pass(2_000)
  answers[2]?.()
  await pass(100)
  expect(changes[1]).toMatch(/passing/)
  monitor.close()
})

test('a slow check delays the next one, which never begins before it has answered', async () => {
  const starts: number[] = []
  const { clock, monitor, pass } = monitored(
    () => {
      starts.push(clock.now())
      return new Promise((resolve) => clock.setTimer(2_500, () => resolve(undefined)))
    },
    { timeoutMs: 3_000 },
  )
  monitor.start()
  await pass(10_000)
  expect(starts.slice(0, 4)).toEqual([0, 2_500, 5_000, 7_500])
  monitor.close()
})

test('intervals are up to a tenth shorter', async () => {
  const starts: number[] = []
  const { clock, monitor, pass } = monitored(
    () => {
      starts.push(clock.now())
      return Promise.resolve(undefined)
    },
    {},
    1,
  )
  monitor.start()
  await pass(4_000)
  expect(starts).toEqual([0, 1_800, 3_600])
  monitor.close()
})

test('closing cancels all timers and aborts a check in progress, whose answer does not count', async () => {
  let aborted: unknown
  let answer = (_fault: string | undefined): void => undefined
  const { clock, monitor, changes, pass } = monitored((signal) => {
    signal.addEventListener('abort', () => (aborted = signal.reason))
    return new Promise((resolve) => (answer = resolve))
  })
  monitor.start()
  await pass(100)
  monitor.close()
  monitor.close()
  expect(aborted).toMatchObject({ code: 'ECONNABORTED' })
  answer('too late')
  await pass(10_000)
  expect(changes).toEqual([])
  // No timer at all, in the background either.
  expect(clock.step()).toBe(false)
})

test('closing before the first check leaves nothing', async () => {
  const service = switchable()
  const { clock, monitor, pass } = monitored(service.check)
  monitor.start()
  monitor.close()
  await pass(5_000)
  expect(service.runs).toBe(0)
  expect(clock.step()).toBe(false)
})

test('closing from inside the report of a change ends it', async () => {
  const clock = new VirtualClock()
  let runs = 0
  const monitor: HealthMonitor = new HealthMonitor({
    plan: {
      ...{ intervalMs: 100, timeoutMs: 100, rise: 1, fall: 1 },
      check: () => {
        runs += 1
        return Promise.resolve('bad')
      },
    },
    ...{ clock, random: () => 0 },
    onChange: () => monitor.close(),
  })
  monitor.start()
  for (let i = 0; i < 10; i++) {
    clock.advance(100)
    await turns(1)
  }
  expect(runs).toBe(1)
  expect(clock.step()).toBe(false)
})
