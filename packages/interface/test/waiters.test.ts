import { getEventListeners } from 'node:events'
import { Waiters } from '@astranet/interface'
import { expect, it } from 'vitest'

it('serves the callers in order until there is nothing left', async () => {
  const waiters = new Waiters<number, string>()
  const waiting = [1, 2, 3].map((request) => waiters.wait(request, undefined))
  let left = 2
  waiters.serve((request) => (left-- > 0 ? `answer ${request}` : undefined))
  expect(waiters.size).toBe(1)
  waiters.serve((request) => `late answer ${request}`)
  expect(await Promise.all(waiting)).toEqual(['answer 1', 'answer 2', 'late answer 3'])
})

it('rejects a caller whose signal aborts with its reason, and passes it over', async () => {
  const waiters = new Waiters<undefined, string>()
  const controller = new AbortController()
  const first = waiters.wait(undefined, controller.signal)
  const second = waiters.wait(undefined, undefined)
  const reason = new Error('not today')
  controller.abort(reason)
  await expect(first).rejects.toBe(reason)
  waiters.serve(() => 'answer')
  expect(await second).toBe('answer')
})

it('rejects all that wait now, and leaves no listener behind', async () => {
  const waiters = new Waiters<undefined, string>()
  const { signal } = new AbortController()
  const waiting = [waiters.wait(undefined, signal), waiters.wait(undefined, undefined)]
  const error = new Error('the end')
  waiters.fail(error)
  for (const each of waiting) await expect(each).rejects.toBe(error)
  expect([waiters.size, getEventListeners(signal, 'abort').length]).toEqual([0, 0])
})
