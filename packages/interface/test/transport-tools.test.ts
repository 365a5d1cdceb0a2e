import {
  checkDialTimeout,
  DEFAULT_DIAL_TIMEOUT_MS,
  DrainCounter,
  isLoopback,
} from '@astranet/interface/transport-tools'
import { describe, expect, it } from 'vitest'

describe('a drain counter', () => {
  it('lets each owed call be made once, when it is due', () => {
    const drains = new DrainCounter()
    expect(drains.owe()).toBe(false)
    drains.owe()
    expect([drains.takeDue(), drains.isOwing]).toEqual([false, true])
    drains.makeDue()
    expect([drains.takeDue(), drains.takeDue(), drains.takeDue()]).toEqual([true, true, false])
    expect(drains.isOwing).toBe(false)
  })

  it('defers the calls that are left when a write has to wait from inside one', () => {
    const drains = new DrainCounter()
    for (let count = 0; count < 3; count++) drains.owe()
    drains.makeDue()
    expect(drains.takeDue()).toBe(true)
    drains.owe()
    expect(drains.takeDue()).toBe(false)
    drains.makeDue()
    let calls = 0
    while (drains.takeDue()) calls++
    expect(calls).toBe(3)
  })

  it('never makes a call twice when a loop runs inside of another one', () => {
    const drains = new DrainCounter()
    for (let count = 0; count < 3; count++) drains.owe()
    let calls = 0
    const drain = (): void => {
      drains.makeDue()
      while (drains.takeDue()) {
        calls++
        if (calls === 1) {
          drains.owe()
          drain()
        }
      }
    }
    drain()
    expect([calls, drains.isOwing]).toEqual([4, false])
  })
})

it.each([
  '127.0.0.1',
  '127.255.0.3',
  '::1',
  '::ffff:127.0.0.1',
  'localhost',
  'LOCALHOST',
  'a.localhost',
  'localhost.',
])('%s is this machine only', (host) => expect(isLoopback(host)).toBe(true))

it.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '128.0.0.1',
  '::2',
  '127.0.0.1.example',
  '127.example',
  'notlocalhost',
  '',
])('%j can be reached from elsewhere', (host) => expect(isLoopback(host)).toBe(false))

it('a dial has ten seconds, any time, or no limit', () => {
  expect(checkDialTimeout(undefined)).toBe(DEFAULT_DIAL_TIMEOUT_MS)
  expect([0, 1.5, Infinity].map(checkDialTimeout)).toEqual([0, 1.5, Infinity])
  expect(() => checkDialTimeout(-1)).toThrow(
    /^The value of "options.timeoutMs" is out of range. It must be >= 0. Received -1$/,
  )
  expect(() => checkDialTimeout('5' as never)).toThrow(TypeError)
})
