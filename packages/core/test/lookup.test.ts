import { describe, expect, test } from 'vitest'
import { AstraNet, type PolicyPeer, type ServiceInstance } from '../src/index.js'
import { Net, networks } from './discovery-support.js'
import { closing, failure, SkipClock, turns, until } from './support.js'

const ports = (instances: readonly ServiceInstance[]): number[] => instances.map(({ port }) => port)

describe.each(Object.entries(networks))('over %s', (_, network) => {
  test('resolve gives the instances of a name by node id and port, filtered', async () => {
    await using net = new Net(network)
    const server = await net.node({ zone: 'north' })
    await server.bind('', 'web:2', { tags: ['a', 'b'] })
    await server.bind('', 'web:1', { tags: ['a'], zone: 'south', version: '1.2' })
    const client = await net.node({}, server)
    const found = await client.resolve('web')
    expect(ports(found)).toEqual([1, 2])
    expect(found[0]).toMatchObject({ zone: 'south', version: '1.2', health: 'passing' })
    expect(found[1]).toMatchObject({ zone: 'north', version: '', nodeId: server.nodeId })
    expect(ports(await client.resolve('web', { port: 2 }))).toEqual([2])
    expect(ports(await client.resolve('web', { tags: ['a'] }))).toEqual([1, 2])
    expect(ports(await client.resolve('web', { tags: ['b', 'a'] }))).toEqual([2])
    expect(ports(await client.resolve('web', { zone: 'south', tags: ['a'] }))).toEqual([1])
    expect(await client.resolve('nothing')).toEqual([])
    expect(await client.withEnv('other').resolve('web')).toEqual([])
    expect(ports(client.services({ name: 'web', version: '1.2' }))).toEqual([1])
    expect(ports(client.services({ health: 'failing' }))).toEqual([])
    expect(ports(client.services({ zone: 'north', port: 2 }))).toEqual([2])
  })

  test('waitFor resolves when there are as many instances as it waits for', async () => {
    await using net = new Net(network)
    const server = await net.node()
    const client = await net.node({}, server)
    const [one, two] = [client.waitFor('web'), client.waitFor('web', { count: 2 })]
    await server.bind('', 'web:1')
    expect(ports(await one)).toEqual([1])
    await client.bind('', 'web:2')
    expect(ports(await two).sort()).toEqual([1, 2])
    expect(ports(await client.waitFor('web', { port: 2, timeoutMs: 0 }))).toEqual([2])
  })

  test('a leaf hears from its router what it asks for, as long as it asks', async () => {
    await using net = new Net(network)
    const router = await net.node({ role: 'router' })
    const servers: AstraNet[] = []
    for (const name of ['a:1', 'b:2', 'c:3']) {
      const server = await net.node({}, router)
      await server.bind('', name)
      servers.push(server)
    }
    for (const name of ['a', 'b', 'c']) await router.waitFor(name)
    const leaf = await net.node({ role: 'leaf' }, router)
    expect(ports(await leaf.resolve('a'))).toEqual([1])
    expect(await leaf.resolve('nothing')).toEqual([])
    const waiting = leaf.waitFor('d')
    await servers[1]?.bind('', 'd:4')
    expect(ports(await waiting)).toEqual([4])
    // Nobody asks for anything now.
    await until(() => leaf.services().length === 0)
    const socket = await leaf.dial('', 'c')
    expect(socket.path.kind).toBe('relay')
    socket.destroy()
    // The name that was dialed is kept for a while.
    expect(ports(leaf.services())).toEqual([3])
    const watch = leaf.serviceMap().watch()
    const seen = new Set<string>()
    for await (const { service } of watch) if (seen.add(service.name).size === 4) break
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd'])
    await until(() => leaf.services().length === 1)
    const named = leaf.serviceMap().watch({ name: 'a' })
    for await (const { service } of named) {
      expect(service.name).toBe('a')
      // Only that name was asked for beside the one that is kept.
      expect(ports(leaf.services()).sort()).toEqual([1, 3])
      break
    }
    await until(() => leaf.services().length === 1)
  })
})

test('waitFor counts only instances that pass, and says how many there were', async () => {
  const clock = new SkipClock()
  const node = new AstraNet({ clock })
  const listener = await node.bind('', 'web:1', { health: 'failing' })
  await node.bind('', 'web:2')
  expect(ports(await node.waitFor('web'))).toEqual([2])
  const waiting = failure(node.waitFor('web', { count: 2, timeoutMs: 5_000 }))
  await clock.advance(5_000)
  const error = await waiting
  expect(error).toMatchObject({ name: 'NetError', code: 'ETIMEDOUT', syscall: 'waitFor', address: 'web' })
  expect(error.message).toBe(
    'waitFor web: there were 1 of 2 passing instances of the service "web" after 5000 ms',
  )
  const both = node.waitFor('web', { count: 2 })
  listener.update({ health: 'passing' })
  await clock.advance(1)
  expect(ports(await both)).toEqual([1, 2])
  expect(await failure(node.withEnv('a').waitFor('web', { timeoutMs: 0 }))).toMatchObject({
    message:
      'waitFor web: there were 0 of 1 passing instances of the service "web" in the environment "a" after 0 ms',
  })
  await closing(clock, node)
  expect(clock.pending).toBe(0)
})

test('a lookup ends with its signal, and with the node', async () => {
  const node = new AstraNet()
  const controller = new AbortController()
  const reason = new Error('enough')
  const aborted = failure(node.waitFor('web', { signal: controller.signal }))
  const closed = failure(node.waitFor('web'))
  await turns(2)
  controller.abort(reason)
  expect(await aborted).toBe(reason)
  expect(await failure(node.waitFor('web', { signal: controller.signal }))).toBe(reason)
  expect(await failure(node.resolve('web', { signal: controller.signal }))).toBe(reason)
  await node.close()
  expect(await closed).toMatchObject({ code: 'ECONNABORTED', syscall: 'waitFor', address: 'web' })
  expect(await failure(node.waitFor('web'))).toMatchObject({ code: 'ERR_SOCKET_CLOSED', syscall: 'waitFor' })
  expect(await failure(node.resolve('web'))).toMatchObject({ code: 'ERR_SOCKET_CLOSED', syscall: 'resolve' })
})

test('what a policy hides is not found, and found again when it is allowed', async () => {
  await using net = new Net()
  const server = await net.node()
  const client = await net.node({}, server)
  await server.bind('', 'web:1')
  await client.waitFor('web')
  await client.setPolicy({ mayLink: () => true, mayDial: () => true, mayOffer: () => false })
  expect(await client.resolve('web')).toEqual([])
  const waiting = client.waitFor('web')
  await turns(3)
  await client.setPolicy(undefined)
  expect(ports(await waiting)).toEqual([1])
})

test('the policy is asked about nodes behind a router, by their id and key', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router' })
  const [good, bad] = [await net.node({}, router), await net.node({}, router)]
  const asked = new Map<bigint, PolicyPeer>()
  const client = await net.node({
    policy: {
      mayLink: () => true,
      mayDial: () => true,
      mayOffer: (peer) => {
        asked.set(peer.nodeId, peer)
        return peer.nodeId !== bad.nodeId
      },
    },
  })
  await net.link(client, router)
  await bad.bind('', 'web:1')
  await good.bind('', 'web:2')
  expect(ports(await client.waitFor('web'))).toEqual([2])
  await until(() => asked.has(bad.nodeId) || client.services().length > 1)
  expect(client.services().map(({ nodeId }) => nodeId)).toEqual([good.nodeId])
  const { publicKey } = good
  expect(asked.get(good.nodeId)).toMatchObject({
    nodeId: good.nodeId,
    publicKey,
    roles: [],
    remoteAddress: '',
  })
})
