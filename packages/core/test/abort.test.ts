import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { failure, turns } from './support.js'

test('one signal can wait for any number of calls without a warning, and ends them all', async () => {
  await using node = new AstraNet()
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const controller = new AbortController()
  const { signal } = controller
  const listener = await node.bind('', 'here')
  const calls = Array.from({ length: 30 }, () => [
    failure(node.dial('', 'nowhere', { signal })),
    failure(listener.accept({ signal })),
  ]).flat()
  const reason = new Error('enough')
  await turns(3)
  controller.abort(reason)
  for (const error of await Promise.all(calls)) expect(error).toBe(reason)
  await turns(3)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('a reason of null is passed on', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'here')
  const controller = new AbortController()
  const { signal } = controller
  const calls = Promise.allSettled([
    node.dial('', 'nowhere', { signal }),
    listener.accept({ signal }),
    node.dial('', 'here', { signal: AbortSignal.abort(null) }),
  ])
  controller.abort(null)
  for (const outcome of await calls) expect(outcome).toEqual({ status: 'rejected', reason: null })
})

test('a connection handler that throws does not keep the others waiting', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'here')
  const sockets = await Promise.all(Array.from({ length: 3 }, () => node.dial('', 'here')))
  while (listener.waiting < 3) await turns(1)
  const handlers = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const uncaught: Error[] = []
  process.on('uncaughtException', (error) => uncaught.push(error))
  let served = 0
  listener.on('connection', () => {
    served += 1
    throw new Error(`handler ${served}`)
  })
  await turns(5)
  process.removeAllListeners('uncaughtException')
  for (const handler of handlers) process.on('uncaughtException', handler)
  expect(uncaught.map((error) => error.message)).toEqual(['handler 1', 'handler 2', 'handler 3'])
  expect([served, listener.waiting]).toEqual([3, 0])
  for (const socket of sockets) socket.destroy()
})
