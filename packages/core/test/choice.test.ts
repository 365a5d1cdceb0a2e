import { describe, expect, test } from 'vitest'
import {
  AstraNet,
  formatNodeId,
  hashRing,
  leastStreams,
  lowestRtt,
  twoChoices,
  weighted,
  zoneFirst,
  type Selector,
  type SelectorContext,
  type Socket,
} from '../src/index.js'
import { Net } from './discovery-support.js'
import { failure, SkipClock, turns, until } from './support.js'

/** Five instances on one node, and two nodes that know them. */
async function shards(net: Net): Promise<[AstraNet, AstraNet]> {
  const server = await net.node()
  for (let port = 1; port <= 5; port++) await server.bind('', `shard:${port}`)
  const clients = [await net.node({}, server), await net.node({}, server)] as const
  for (const each of clients) await each.waitFor('shard', { count: 5 })
  return [...clients]
}

async function portOf(dialing: Promise<Socket>): Promise<number> {
  const socket = await dialing
  socket.on('error', () => {}).destroy()
  return socket.remotePort
}

describe('a network that chooses', () => {
  test('registry://KEY meets the same instance from every node, as the key of a hash ring does', async () => {
    await using net = new Net()
    const [one, two] = await shards(net)
    const met = new Set<number>()
    for (const key of ['ann', 'bob', 'eve', 'joe', 'kim', 'a/b?c', '☃']) {
      const port = await portOf(one.dial(`registry://${key}`, 'shard'))
      expect(await portOf(two.dial(`registry://${key}`, 'shard'))).toBe(port)
      expect(await portOf(two.dial('', 'shard', { selector: hashRing(), key }))).toBe(port)
      met.add(port)
    }
    expect(met.size).toBeGreaterThan(1)
    expect(await portOf(one.dial('registry://ann', 'shard:3'))).toBe(3)
  })

  test('vport2registry finds the service by its name alone, and chooses by the port', async () => {
    await using net = new Net()
    const [one, two] = await shards(net)
    const met = new Set<number>()
    for (let vport = 1_000; vport < 1_010; vport++) {
      const port = await portOf(one.dial('vport2registry', `shard:${vport}`))
      expect(await portOf(two.dial('vport2registry', `shard:${vport}`))).toBe(port)
      met.add(port)
    }
    expect(met.size).toBeGreaterThan(1)
    const missing = await failure(one.dial('vport2registry', 'nothing:5', { timeoutMs: 0 }))
    expect(missing).toMatchObject({ code: 'ENOTFOUND', address: 'nothing:5' })
    expect(missing.message).toContain('no node offers the service "nothing"')
    const stream = one.connect('vport2registry', 'shard:1000')
    await new Promise<void>((resolve) => stream.once('connect', resolve))
    stream.destroy()
  })

  test('a selector of the caller comes before that of the network', async () => {
    await using net = new Net()
    const [one] = await shards(net)
    const keys: (string | undefined)[] = []
    const selector: Selector = (instances, { key }) => (keys.push(key), instances[4])
    for (const options of [{ selector }, { selector, key: 'own' }])
      expect(await portOf(one.dial('registry://ann', 'shard', options))).toBe(5)
    expect(keys).toEqual(['ann', 'own'])
  })
})

test('a selector of the caller may pass over all instances, also over the only one', async () => {
  await using node = new AstraNet()
  await node.bind('', 'web:1', { version: '1' })
  const selector: Selector = (instances) => instances.find(({ version }) => version === '2')
  expect(await failure(node.dial('', 'web', { selector, timeoutMs: 0 }))).toMatchObject({
    code: 'ENOTFOUND',
    message: 'dial web: the selector did not pick the only instance of the service "web"',
  })
  // It is asked again when there is another one.
  const dialing = portOf(node.dial('', 'web', { selector }))
  await node.bind('', 'web:2', { version: '2' })
  expect(await dialing).toBe(2)
  const none = await failure(node.dial('', 'web', { selector: () => undefined, timeoutMs: 0 }))
  expect(none.message).toBe('dial web: the selector did not pick any of the 2 instances of the service "web"')
})

test('dials are spread at random when nothing else is said', async () => {
  await using net = new Net()
  const [one] = await shards(net)
  const counts = new Map<number, number>()
  for (let index = 0; index < 200; index++) {
    const port = await portOf(one.dial('', 'shard'))
    counts.set(port, (counts.get(port) ?? 0) + 1)
  }
  // With 200 dials an instance is left out once in 10^18 runs.
  expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5])
  const inTurn = [...counts.values()].every((count) => count === 40)
  expect(inTurn).toBe(false)
})

test('a selector knows the key, the port, the zone, open streams and round trips', async () => {
  await using net = new Net()
  const server = await net.node({ zone: 'north' })
  const client = await net.node({ zone: 'south' }, server)
  for (const node of [server, client]) await node.bind('', 'web:7')
  await client.waitFor('web', { count: 2 })
  await client.ping(server.nodeId)
  const open = await client.dial('', `${formatNodeId(server.nodeId)}:7`)
  const seen: unknown[] = []
  const selector: Selector = (instances, context: SelectorContext) => {
    const { key, port, zone } = context
    const [own, far] = [client, server].map(({ nodeId }) => instances.find((each) => each.nodeId === nodeId))
    if (own === undefined || far === undefined) throw new Error('both are given')
    seen.push({ key, port, zone }, context.rttMs(own), context.openStreams(own))
    expect(context.rttMs(far)).toBeGreaterThan(0)
    expect(context.openStreams(far)).toBeGreaterThan(0)
    const number = context.random()
    expect(number >= 0 && number < 1).toBe(true)
    return own
  }
  await portOf(client.dial('', 'web:7', { selector, key: 'k' }))
  expect(seen).toEqual([{ key: 'k', port: 7, zone: 'south' }, 0, 0])
  for (const each of [leastStreams(), lowestRtt(), twoChoices(), weighted(), zoneFirst(hashRing())])
    expect(await portOf(client.dial('', 'web', { selector: each }))).toBe(7)
  const near = await client.dial('', 'web', { selector: lowestRtt() })
  expect(near.remoteNode).toBe(client.nodeId)
  for (const socket of [open, near]) socket.destroy()
})

test('the zone of the node decides with zoneFirst, in place of chance', async () => {
  await using net = new Net()
  const server = await net.node()
  await server.bind('', 'web:1', { zone: 'north' })
  await server.bind('', 'web:2', { zone: 'south' })
  const client = await net.node({ zone: 'south' }, server)
  await client.waitFor('web', { count: 2 })
  for (let index = 0; index < 20; index++) {
    const selector = zoneFirst((instances, { random }) => instances[Math.floor(random() * instances.length)])
    expect(await portOf(client.dial('', 'web', { selector }))).toBe(2)
  }
})

test('a failing instance is dialed only when all fail, and a standby when there is nothing else', async () => {
  await using net = new Net()
  const server = await net.node()
  const one = await server.bind('', 'web:1')
  const two = await server.bind('', 'web:2', { weight: 0 })
  const client = await net.node({}, server)
  await client.waitFor('web', { count: 2 })
  const met = async (): Promise<number[]> => {
    const ports = new Set<number>()
    for (let index = 0; index < 20; index++) ports.add(await portOf(client.dial('', 'web')))
    return [...ports].sort()
  }
  const know = (facts: object): Promise<void> =>
    until(() =>
      client.services().some((each) => Object.entries(facts).every(([k, v]) => v === each[k as 'port'])),
    )
  expect(await met()).toEqual([1])
  one.update({ health: 'failing' })
  await know({ port: 1, health: 'failing' })
  expect(await met()).toEqual([2])
  // A selector of the caller is not even given it.
  const given: number[][] = []
  const selector: Selector = (instances) => (given.push(instances.map(({ port }) => port)), instances[0])
  await portOf(client.dial('', 'web', { selector }))
  expect(given).toEqual([[2]])
  two.update({ health: 'failing' })
  await know({ port: 2, health: 'failing' })
  expect(await met()).toEqual([1])
  two.update({ weight: 3 })
  await know({ port: 2, weight: 3 })
  expect(await met()).toEqual([1, 2])
})

test('an instance that refuses again and again is left out for a while, and given another chance', async () => {
  const clock = new SkipClock()
  await using server = new AstraNet()
  const client = new AstraNet({ clock })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const full = await server.bind('', 'web:1', { backlog: 1 })
  const free = await server.bind('', 'web:2')
  free.on('connection', (socket) => socket.resume().end())
  await client.join('tcp4', address)
  await until(() => client.services().length === 2)
  const asked: number[][] = []
  const selector: Selector = (instances) => {
    asked.push(instances.map(({ port }) => port))
    return instances[0]
  }
  const kept = await client.dial('', 'web:1')
  // Each of these is refused once and goes to the other instance, within the same dial.
  for (let index = 0; index < 5; index++) expect(await portOf(client.dial('', 'web', { selector }))).toBe(2)
  expect(asked.splice(0)).toEqual(Array.from({ length: 5 }, () => [[1, 2], [2]]).flat())
  expect(await portOf(client.dial('', 'web', { selector }))).toBe(2)
  expect(asked.splice(0)).toEqual([[2]])
  ;(await full.accept()).on('error', () => {}).destroy()
  kept.on('error', () => {}).destroy()
  await clock.advance(30_000)
  await turns(5)
  expect(await portOf(client.dial('', 'web', { selector }))).toBe(1)
  expect(asked).toEqual([[1, 2]])
  const closed = client.close()
  for (let index = 0; index < 50; index++) await clock.advance(100)
  await closed
})

test('a service whose node cannot be reached directly is EHOSTUNREACH, and names the node', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  const server = await net.node({}, router)
  const client = await net.node({}, router)
  await server.bind('', 'far:1')
  await client.waitFor('far')
  const error = await failure(client.dial('', 'far', { timeoutMs: 0, path: 'direct' }))
  expect(error).toMatchObject({ code: 'EHOSTUNREACH', address: 'far' })
  expect(error.message).toContain(`node ${formatNodeId(server.nodeId)} offers the service "far"`)
  // A link that comes later is used.
  const dialing = client.dial('', 'far', { path: 'direct' })
  await net.link(client, server)
  expect(await portOf(dialing)).toBe(1)
})
