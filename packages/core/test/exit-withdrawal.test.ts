import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { until } from './support.js'

const program = fileURLToPath(new URL('./exit-owner.mjs', import.meta.url))

/** What a router still holds, in bytes, of a node that has joined it, offered a service, and ended so. */
async function heldAfter(way: string): Promise<number> {
  await using router = new AstraNet({ role: 'router' })
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const owner = fork(program, [address], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
  onTestFinished(() => void owner.kill('SIGKILL'))
  await until(() => router.services().length === 1)
  owner.send(way)
  await once(owner, 'exit')
  await until(() => router.services().length === 0 && router.inspect().links.length === 0)
  return router.inspect().registry.heldBytes
}

test('a node whose process exits withdraws what it offers, as one that was closed; one that is killed does not', async () => {
  const closed = await heldAfter('after it was closed')
  for (const way of ['by process.exit', 'by an exception', 'while it is being closed'])
    expect([way, await heldAfter(way)]).toEqual([way, closed])
  expect(await heldAfter('by SIGKILL')).toBeGreaterThan(closed)
})
