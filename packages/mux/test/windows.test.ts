import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../src/proto/receive/memory-budget.js'
import { ReceiveWindow } from '../src/proto/receive/session-window.js'
import { SendWindow } from '../src/proto/send/window.js'
import { WindowTuning } from '../src/proto/receive/window-tuning.js'

const MEBIBYTE = 1_048_576

function makeWindow(cap: number): { window: ReceiveWindow; budget: MemoryBudget } {
  const budget = new MemoryBudget(cap)
  return { window: new ReceiveWindow(cap, budget), budget }
}

describe('the session’s receive window', () => {
  it('begins with 1 MiB, or with half the cap where that is less', () => {
    expect(makeWindow(64 * MEBIBYTE).window.limit).toBe(MEBIBYTE)
    expect(makeWindow(65_536).window.limit).toBe(32_768)
  })

  it('gives whole bytes also when the cap is odd', () => {
    const { window } = makeWindow(65_537)
    expect(window.limit).toBe(32_768)
    window.receive(30_000)
    window.consume(30_000)
    window.requireAtLeast(32_768)
    window.update(1, undefined, () => {})
    expect(Number.isInteger(window.limit)).toBe(true)
  })

  it('is MAX_DATA = received + min(W, C - U): unread bytes take from it', () => {
    const { window, budget } = makeWindow(65_536)
    expect(window.receive(32_768)).toBe(true)
    expect(window.receive(1)).toBe(false)
    window.received -= 1
    expect(window.isUpdateDue()).toBe(true)
    window.update(10, undefined, () => {})
    expect(window.limit).toBe(65_536)
    expect(window.unreadBytes + window.outstandingBytes).toBe(65_536)
    window.receive(32_768)
    expect(window.isUpdateDue()).toBe(false)
    window.consume(65_536)
    expect(window.isUpdateDue()).toBe(true)
    window.update(20, undefined, () => {})
    expect(budget.reservedBytes).toBe(window.unreadBytes + window.outstandingBytes)
  })

  it('grows to half the cap while it is what holds a fast peer back', () => {
    const { window } = makeWindow(64 * MEBIBYTE)
    for (let now = 0; now < 2_000; now += 100) {
      const { outstandingBytes } = window
      window.receive(outstandingBytes)
      window.consume(outstandingBytes)
      if (window.isUpdateDue()) window.update(now, 100, () => {})
    }
    expect(window.outstandingBytes).toBe(32 * MEBIBYTE)
  })

  it('gives everything back to the budget at the end, also when bytes are dropped afterwards', () => {
    const { window, budget } = makeWindow(MEBIBYTE)
    window.receive(1_000)
    window.addOverhead(200)
    window.close(() => {})
    expect(budget.reservedBytes).toBe(0)
    window.addOverhead(-200)
    expect(budget.reservedBytes).toBe(0)
  })

  it('leaves every session of a shared budget a little, however much the others hold', () => {
    const budget = new MemoryBudget(65_536)
    const windows = Array.from({ length: 4 }, () => new ReceiveWindow(65_536, budget))
    const [busy] = windows as [ReceiveWindow]
    for (let i = 0; i < 10; i++) {
      const { outstandingBytes } = busy
      expect(outstandingBytes).toBeGreaterThan(0)
      busy.receive(outstandingBytes)
      busy.consume(outstandingBytes)
      busy.update(i, undefined, () => {})
    }
  })

  it('begins with what a shared budget has left, but 128 KiB at least, and grows when bytes return', () => {
    const budget = new MemoryBudget(3 * MEBIBYTE)
    const windows = Array.from({ length: 5 }, () => new ReceiveWindow(64 * MEBIBYTE, budget))
    const late = windows.at(-1) as ReceiveWindow
    expect(windows.map(({ limit }) => limit)).toEqual([MEBIBYTE, MEBIBYTE, MEBIBYTE, 131_072, 131_072])
    expect(budget.reservedBytes).toBe(3 * MEBIBYTE + 2 * 131_072)
    for (const window of windows.slice(0, -1)) window.close(() => {})
    expect(late.isUpdateDue()).toBe(true)
    late.update(10, undefined, () => {})
    expect(late.limit).toBe(MEBIBYTE)
    expect(budget.reservedBytes).toBe(MEBIBYTE)
  })
})

describe('a memory budget', () => {
  it('grants no more than it has and tells those who wait once', () => {
    const budget = new MemoryBudget(65_536)
    expect(budget.reserve(60_000)).toBe(60_000)
    expect(budget.reserve(60_000)).toBe(5_536)
    expect(budget.reserve(1)).toBe(0)
    let told = 0
    const callback = (): void => void (told += 1)
    budget.whenReleased(callback)
    budget.whenReleased(callback)
    budget.release(100)
    budget.release(100)
    expect(told).toBe(1)
    budget.whenReleased(callback)
    budget.forget(callback)
    budget.release(100)
    expect(told).toBe(1)
  })

  it('refuses a limit that no session could work with', () => {
    expect(() => new MemoryBudget(65_535)).toThrow(RangeError)
    expect(() => new MemoryBudget(65_535)).toThrow('limitBytes')
    expect(() => new MemoryBudget('1' as unknown as number)).toThrow(TypeError)
  })
})

describe('the window of one stream', () => {
  it('becomes twice the round trip times the rate over at least that long, at most doubling', () => {
    const tuning = new WindowTuning(16_384, 0, 2)
    for (const now of [10, 50, 99]) tuning.renew(8_192, now, 100, 16_777_216)
    expect(tuning.windowBytes).toBe(16_384)
    tuning.renew(8_192, 101, 100, 16_777_216)
    expect(tuning.windowBytes).toBe(32_768)
    tuning.renew(16_384, 500, 100, 16_777_216)
    expect(tuning.windowBytes).toBe(32_768)
    tuning.renew(32_768, 500, 100, 20_000)
    expect(tuning.windowBytes).toBe(20_000)
  })

  it('shrinks with the shortest round trip, which was too long at first, though not below its first size', () => {
    const tuning = new WindowTuning(16_384, 0, 2)
    for (const now of [100, 200, 300]) tuning.renew(1_000_000, now, undefined, 16_777_216)
    expect(tuning.windowBytes).toBe(131_072)
    tuning.renew(1, 1_000, 50, 16_777_216)
    expect(tuning.windowBytes).toBe(65_536)
    tuning.renew(1, 2_000, 0.5, 16_777_216)
    expect(tuning.windowBytes).toBe(16_384)
  })

  it('stays what was required, however short the round trip', () => {
    const { window } = makeWindow(64 * MEBIBYTE)
    window.requireAtLeast(8 * MEBIBYTE)
    window.received = window.limit
    window.consume(window.limit)
    window.update(1_000, 0.5, () => undefined)
    expect(window.outstandingBytes).toBe(16 * MEBIBYTE)
  })

  it('has a fair share of the pool, 256 KiB at least', () => {
    const { window } = makeWindow(64 * MEBIBYTE)
    expect(window.maxStreamWindow(0, 0)).toBe(32 * MEBIBYTE)
    for (let i = 0; i < 1_000; i++) window.markReader(-1, 0)
    expect(window.maxStreamWindow(0, 500)).toBe(256 * 1024)
    window.growthBytes = 32 * MEBIBYTE - 50_000
    expect(window.maxStreamWindow(0, 500)).toBe(50_000)
    window.growthBytes = 32 * MEBIBYTE
    expect(window.maxStreamWindow(0, 500)).toBe(16_384)
  })
})

describe('the credit the peer has given', () => {
  it('keeps its last 64 KiB for urgency 0', () => {
    const window = new SendWindow()
    window.raise(MEBIBYTE)
    window.sent = MEBIBYTE - 65_536
    expect(window.available(3)).toBe(0)
    expect(window.available(0)).toBe(65_536)
  })

  it('keeps an eighth of what a frugal peer grants', () => {
    const window = new SendWindow()
    window.raise(65_536)
    expect(window.available(7)).toBe(65_536 - 8_192)
  })

  it('keeps it also while the peer grants little at a time', () => {
    const window = new SendWindow()
    window.raise(65_536)
    window.sent = 65_536 - 8_192
    window.raise(65_536 + 1_024)
    expect(window.available(3)).toBe(1_024)
    window.sent += 1_024
    expect(window.available(3)).toBe(0)
    expect(window.available(0)).toBe(8_192)
  })

  it('asks for more once for each limit', () => {
    const window = new SendWindow()
    window.raise(10)
    window.blocked()
    expect(window.isBlockedFrameDue).toBe(true)
    window.isBlockedFrameDue = false
    window.blocked()
    expect(window.isBlockedFrameDue).toBe(false)
    expect(window.raise(5)).toBe(false)
    expect(window.raise(20)).toBe(true)
    window.blocked()
    expect(window.isBlockedFrameDue).toBe(true)
  })
})
