import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { until } from './support.js'

const program = fileURLToPath(new URL('./exit-owner.mjs', import.meta.url))

/** How many states a router has received of a node that has joined it, offered a service, and ended so. */
async function statesAfter(way: string): Promise<number> {
  await using router = new AstraNet({ role: 'router' })
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const owner = fork(program, [address], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
  onTestFinished(() => void owner.kill('SIGKILL'))
  await until(() => router.services().length === 1)
  owner.send(way)
  await once(owner, 'exit')
  await until(() => router.services().length === 0 && router.inspect().links.length === 0)
  // Each state has one signature, which is checked before it is taken.
  return router.inspect().registry.verifications
}

test.each(['after it was closed', 'by process.exit', 'by an exception', 'while it is being closed'])(
  'a node whose process ends %s sends its last state before its link closes',
  async (way) => {
    expect(await statesAfter(way)).toBe(2)
  },
)

test('a node whose process is killed sends nothing more', async () => {
  expect(await statesAfter('by SIGKILL')).toBe(1)
})
