import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BeforeExit } from '../src/nodejs/before-exit.js'

const PATIENCE_MS = 10_000
const CHECK_INTERVAL_MS = 10

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** A process whose links have that many bytes to send. */
function idleProcess(...unsent: number[]): { link: { unsentBytes: number }; idle: () => void } {
  const leavers = unsent.map((unsentBytes) => ({ unsentBytes }))
  const { onIdle } = new BeforeExit(new Set([{}, ...leavers]))
  return { link: leavers[0] as { unsentBytes: number }, idle: onIdle }
}

test('a process without unsent bytes is not kept alive', () => {
  idleProcess(0, 0).idle()
  expect(vi.getTimerCount()).toBe(0)
})

test('one with unsent bytes is kept alive until they have left', () => {
  const { link, idle } = idleProcess(100, 0)
  idle()
  vi.advanceTimersByTime(PATIENCE_MS - CHECK_INTERVAL_MS)
  expect(vi.getTimerCount()).toBe(1)
  // Progress: it waits again as long.
  link.unsentBytes = 1
  vi.advanceTimersByTime(PATIENCE_MS - CHECK_INTERVAL_MS)
  expect(vi.getTimerCount()).toBe(1)
  link.unsentBytes = 0
  vi.advanceTimersByTime(CHECK_INTERVAL_MS)
  expect(vi.getTimerCount()).toBe(0)
})

test('a peer that takes nothing is not waited for longer than 10 s, and not again for the same bytes', () => {
  const { link, idle } = idleProcess(100)
  idle()
  vi.advanceTimersByTime(PATIENCE_MS)
  expect(vi.getTimerCount()).toBe(0)
  idle()
  expect(vi.getTimerCount()).toBe(0)
  link.unsentBytes = 101
  idle()
  expect(vi.getTimerCount()).toBe(1)
})
