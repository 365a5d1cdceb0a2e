import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { sessionPair } from './support/sessions.js'

test('many calls can wait with one signal: it has one listener, and ends them all', async () => {
  const { client, server } = await sessionPair({ server: { maxConcurrentStreams: 0 } })
  const controller = new AbortController()
  const { signal } = controller
  const calls = Array.from({ length: 30 }, () => [client.accept({ signal }), client.openStream({ signal })])
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
  const outcomes = Promise.allSettled(calls.flat())
  await new Promise((resolve) => setImmediate(resolve))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  const reason = new Error('enough')
  controller.abort(reason)
  for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason })
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  client.close()
  server.close()
  await Promise.all([client.closed, server.closed])
})

test('a stream that is given up before the peer was told of it makes room for one that waits', async () => {
  const { client, server } = await sessionPair({ server: { maxConcurrentStreams: 1 } })
  await client.ping()
  const first = await client.openStream()
  const second = client.openStream()
  first.destroy()
  expect((await second).id).toBe(first.id)
  client.close()
  await Promise.all([client.closed, server.closed])
})
