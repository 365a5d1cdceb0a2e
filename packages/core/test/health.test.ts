import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { AstraNet, BindOptions } from '../src/index.js'
import { Net } from './discovery-support.js'
import { failure, textOf, until } from './support.js'

const OFTEN = { intervalMs: 100, timeoutMs: 100, rise: 1, fall: 1 }

/** What the channel reports until the test's end. */
function reports(): unknown[] {
  const found: unknown[] = []
  const onMessage = (message: unknown): void => void found.push(message)
  subscribe('astranet:health:changed', onMessage)
  onTestFinished(() => void unsubscribe('astranet:health:changed', onMessage))
  return found
}

function healthAt(node: AstraNet): string | undefined {
  return node.services()[0]?.health
}

test('what a check finds is published, and reported with its reason', async () => {
  await using net = new Net()
  const found = reports()
  let isWell = true
  let runs = 0
  const check = (): boolean => {
    runs += 1
    return isWell
  }
  const server = await net.node()
  const client = await net.node({}, server)
  const listener = await server.bind('', 'web:80', { health: { check, ...OFTEN } })
  await until(() => healthAt(client) === 'passing' && runs > 2)
  isWell = false
  await until(() => healthAt(client) === 'failing')
  isWell = true
  await until(() => healthAt(client) === 'passing')
  const service = { environment: '', service: 'web', port: 80 }
  expect(found).toEqual([
    { ...service, health: 'failing', reason: 'the check returned false' },
    { ...service, health: 'passing', reason: 'the check succeeded' },
  ])
  listener.close()
  await until(() => client.services().length === 0)
})

test('a check ends with its listener', async () => {
  await using net = new Net()
  const signals: AbortSignal[] = []
  const server = await net.node()
  const listener = await server.bind('', 'web', {
    health: {
      check: (signal) => {
        signals.push(signal)
        return new Promise<boolean>(() => undefined)
      },
    },
  })
  await until(() => signals.length === 1)
  expect(signals[0]?.aborted).toBe(false)
  listener.close()
  expect(signals[0]?.aborted).toBe(true)
})

test('an instance that fails is not chosen while another one passes, and is when all fail', async () => {
  await using net = new Net()
  const client = await net.node()
  const isWell = [true, true]
  for (const index of [0, 1]) {
    const server = await net.node({}, client)
    const check = (): boolean => isWell[index] === true
    const listener = await server.bind('', 'web', { health: { check, ...OFTEN } })
    listener.on('connection', (socket) => socket.on('error', () => undefined).end(String(index)))
  }
  const healths = (): string =>
    client
      .services()
      .map(({ health }) => health)
      .sort()
      .join()
  const chosen = async (): Promise<Set<string>> => {
    const texts = new Set<string>()
    for (let i = 0; i < 20; i++) texts.add(await textOf(await client.dial('', 'web')))
    return texts
  }
  await until(() => healths() === 'passing,passing')
  isWell[0] = false
  await until(() => healths() === 'failing,passing')
  expect(await chosen()).toEqual(new Set(['1']))
  isWell[1] = false
  await until(() => healths() === 'failing,failing')
  expect(await chosen()).toEqual(new Set(['0', '1']))
  isWell[0] = true
  await until(() => healths() === 'failing,passing')
  expect(await chosen()).toEqual(new Set(['0']))
})

test('a service of a backend fails while nobody listens there', async () => {
  await using net = new Net()
  const backend = createServer((socket) => void socket.destroy()).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const { port } = backend.address() as AddressInfo
  const server = await net.node()
  const client = await net.node({}, server)
  await server.bind('', 'web', { health: { tcp: `127.0.0.1:${port}`, ...OFTEN } })
  await until(() => healthAt(client) === 'passing')
  backend.close()
  await until(() => healthAt(client) === 'failing')
})

test('the health that a check finds cannot be updated, all else can', async () => {
  await using net = new Net()
  const server = await net.node()
  const listener = await server.bind('', 'web', { health: { check: () => true } })
  expect(() => listener.update({ health: 'failing' })).toThrow(
    /^The property 'facts\.health' of this service is what its check finds: it cannot be updated/,
  )
  listener.update({ weight: 0 })
  expect(server.services()).toMatchObject([{ weight: 0, health: 'passing' }])
})

test.each<[string, BindOptions['health'], RegExp]>([
  [
    ':80',
    { check: () => true },
    /^The property 'options\.health' is published with a service, and ":80" has no name/,
  ],
  ['web', null as unknown as BindOptions['health'], /^The "options\.health" property must be of type object/],
  [
    'web',
    'well' as BindOptions['health'],
    /^The property 'options\.health' must be one of: 'passing', 'failing'/,
  ],
  [
    'web',
    { tcp: 'localhost' },
    /^The property 'options\.health\.tcp' must be "host:port" or "\[IPv6\]:port" with a port from 1 to 65535/,
  ],
])('%s with a wrong health is not bound', async (address, health, message) => {
  await using net = new Net()
  const server = await net.node()
  const options: BindOptions = health === undefined ? {} : { health }
  expect((await failure(server.bind('', address, options))).message).toMatch(message)
  expect(server.services()).toEqual([])
  await server.bind('', address)
})
