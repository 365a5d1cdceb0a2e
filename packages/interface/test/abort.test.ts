import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from '../src/index.js'

test('however many wait for a signal, it has one listener, and none when nobody waits', () => {
  const controller = new AbortController()
  const { signal } = controller
  const told: number[] = []
  const ends = Array.from({ length: 30 }, (_, index) => onAbort(signal, () => told.push(index)))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (const end of ends) end()
  for (const end of ends) end()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  onAbort(signal, () => told.push(100))
  controller.abort()
  controller.abort()
  expect(told).toEqual([100])
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('those that wait are told in order, once each, and not those that ended meanwhile', () => {
  const controller = new AbortController()
  const told: string[] = []
  const again = (): void => void told.push('again')
  onAbort(controller.signal, again)
  onAbort(controller.signal, () => {
    told.push('second')
    endThird()
  })
  const endThird = onAbort(controller.signal, () => told.push('third'))
  onAbort(controller.signal, again)
  controller.abort()
  endThird()
  expect(told).toEqual(['again', 'second', 'again'])
})

test('without a signal nothing is waited for', () => {
  const end = onAbort(undefined, () => expect.unreachable())
  end()
})
