import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { generateIdentity } from '../src/index.js'
import { NodeProcess, type NodeSettings } from './network/processes.js'

const HOUR_MS = 3_600_000

/** A dead peer is noticed within 1.5 s. */
const sessionLimits = { keepAliveIntervalMs: 500, deadPeerTimeoutMs: 1_000 }

const processes = new Set<NodeProcess>()

afterEach(async () => {
  await Promise.all([...processes].map((each) => each[Symbol.asyncDispose]()))
  processes.clear()
})

async function start(settings: NodeSettings): Promise<NodeProcess> {
  const process = await NodeProcess.start({ sessionLimits, ...settings })
  processes.add(process)
  return process
}

/** A router, and an observer that has joined it. */
async function observed(router: NodeSettings = {}): Promise<{ router: NodeProcess; observer: NodeProcess }> {
  const middle = await start({ role: 'router', ...router })
  const observer = await start({ joins: [middle.address] })
  return { router: middle, observer }
}

async function exported(): Promise<string> {
  return await (await generateIdentity()).export()
}

/** An address at which nothing listens now. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}

test('a service is listed across a router, gone when unbound, and gone everywhere when its node is closed', async () => {
  const { router, observer } = await observed()
  const owner = await start({ joins: [router.address], binds: ['web', 'mail'] })
  await observer.lists('mail', 'web')
  await owner.unbind('mail')
  await observer.lists('web')
  await owner.bind('late')
  await observer.lists('late', 'web')
  const before = performance.now()
  await owner.close()
  await Promise.all([observer.lists(), router.lists()])
  expect(performance.now() - before).toBeLessThan(4_000)
}, 60_000)

test('the services of a killed process are gone everywhere as soon as its router has lost it', async () => {
  const { router, observer } = await observed()
  const owner = await start({ joins: [router.address], binds: ['web'] })
  await observer.lists('web')
  await owner.signal('SIGKILL')
  const before = performance.now()
  await Promise.all([observer.lists(), router.lists()])
  expect(performance.now() - before).toBeLessThan(10_000)
}, 60_000)

test('a node that comes again with its clock an hour back shows what it offers now, and nothing of before', async () => {
  const identity = await exported()
  const { router, observer } = await observed()
  const former = await start({
    identity,
    clockOffsetMs: HOUR_MS,
    joins: [router.address],
    binds: ['old', 'kept'],
  })
  await observer.lists('kept', 'old')
  await former.signal('SIGKILL')
  await observer.lists()
  const owner = await start({ identity, joins: [router.address], binds: ['kept', 'new'] })
  await observer.lists('kept', 'new')
  await owner.bind('more')
  await observer.lists('kept', 'more', 'new')
}, 60_000)

test('a node that comes again within the same millisecond does too', async () => {
  const identity = await exported()
  const { router, observer } = await observed()
  const fixedNow = Date.now()
  for (let count = 0; count < 3; count++) {
    const life = await start({ identity, fixedNow, joins: [router.address], binds: [`life${count}`] })
    await observer.lists(`life${count}`)
    await life.signal('SIGKILL')
    await observer.lists()
  }
}, 60_000)

test('an identity that has moved to another machine shows only what the machine offers', async () => {
  const identity = await exported()
  const { router, observer } = await observed()
  const second = await start({ role: 'router', joins: [router.address] })
  const here = await start({ identity, joins: [router.address], binds: ['here'] })
  await observer.lists('here')
  await here.signal('SIGSTOP')
  const there = await start({ identity, joins: [second.address], binds: ['there'] })
  await observer.lists('there')
  await here.signal('SIGKILL')
  await there.bind('more')
  await observer.lists('more', 'there')
}, 60_000)

test('two processes with one identity at two routers do not stop the network', async () => {
  const identity = await exported()
  const { router, observer } = await observed()
  const second = await start({ role: 'router', joins: [router.address] })
  await start({ identity, joins: [router.address], binds: ['one'] })
  await start({ identity, joins: [second.address], binds: ['other'] })
  const honest = await start({ joins: [second.address], binds: ['honest'] })
  while (!(await observer.services()).includes('honest'));
  await honest.unbind('honest')
  while ((await observer.services()).includes('honest'));
}, 60_000)

test('a router that restarts has everything again, also with its clock an hour back', async () => {
  const [identity, listen] = [await exported(), await freeAddress()]
  const { router, observer } = await observed({ identity, listen })
  const owner = await start({ joins: [listen], binds: ['web'] })
  await observer.lists('web')
  await router.signal('SIGKILL')
  await observer.lists()
  const again = await start({ role: 'router', identity, listen, clockOffsetMs: -HOUR_MS })
  await Promise.all([again.lists('web'), observer.lists('web')])
  await owner.bind('more')
  await observer.lists('more', 'web')
}, 60_000)

test('a router that stood still returns to what is there now, and revives nothing', async () => {
  const { router, observer } = await observed()
  const second = await start({ role: 'router' })
  const owner = await start({ joins: [router.address, second.address], binds: ['old', 'kept'] })
  const other = await start({ joins: [second.address] })
  await Promise.all([observer.lists('kept', 'old'), other.lists('kept', 'old')])
  await router.signal('SIGSTOP')
  await observer.lists()
  await owner.unbind('old')
  await owner.bind('new')
  await other.lists('kept', 'new')
  await router.signal('SIGCONT')
  await observer.lists('kept', 'new')
  await other.lists('kept', 'new')
}, 60_000)

test('a router that held the state of a node that has gone returns, and the node stays gone', async () => {
  const { router, observer } = await observed()
  const second = await start({ role: 'router', joins: [router.address] })
  const owner = await start({ joins: [second.address], binds: ['gone'] })
  await observer.lists('gone')
  await router.signal('SIGSTOP')
  await owner.signal('SIGKILL')
  await second.lists()
  await router.signal('SIGCONT')
  await Promise.all([router.lists(), observer.lists(), second.lists()])
  const later = await start({ joins: [second.address], binds: ['later'] })
  await observer.lists('later')
  await later.close()
  await observer.lists()
}, 60_000)
