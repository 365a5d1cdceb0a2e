import { systemClock } from '@astranet/interface'
import { describe, expect, it } from 'vitest'

describe('the system clock', () => {
  it('never goes back', () => {
    let last = systemClock.now()
    for (let count = 0; count < 1000; count++) {
      const now = systemClock.now()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  it('fires a timer once, and not in the turn it was set', async () => {
    const fired: string[] = []
    await new Promise<void>((resolve) => {
      systemClock.setTimer(0, () => {
        fired.push('timer')
        resolve()
      })
      fired.push('set')
    })
    expect(fired).toEqual(['set', 'timer'])
  })

  it('does not fire a cancelled timer, and may be told so twice', async () => {
    const fired: string[] = []
    const timer = systemClock.setTimer(0, () => void fired.push('cancelled'))
    timer.cancel()
    timer.cancel()
    await new Promise<void>((resolve) => systemClock.setTimer(1, resolve))
    expect(fired).toEqual([])
  })

  it('does not fire a delay beyond what timers hold at once', async () => {
    const fired: string[] = []
    const timer = systemClock.setTimer(2 ** 40, () => void fired.push('early'))
    await new Promise<void>((resolve) => systemClock.setTimer(1, resolve))
    timer.cancel()
    expect(fired).toEqual([])
  })

  it('does not let a background timer keep the process alive', () => {
    const count = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = count()
    const background = systemClock.setTimer(60_000, () => undefined, { background: true })
    expect(count()).toBe(before)
    const foreground = systemClock.setTimer(60_000, () => undefined)
    expect(count()).toBe(before + 1)
    background.cancel()
    foreground.cancel()
  })

  it('defers in order, after the promises of the turn', async () => {
    const order: string[] = []
    await new Promise<void>((resolve) => {
      systemClock.defer(() => order.push('first'))
      systemClock.defer(() => {
        order.push('second')
        resolve()
      })
      void Promise.resolve().then(() => order.push('promise'))
    })
    expect(order).toEqual(['promise', 'first', 'second'])
  })
})
