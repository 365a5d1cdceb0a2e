import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  AstraNet,
  type ChangeIterator,
  type NodeId,
  type Route,
  type RouteChange,
  type RoutesMap,
  type ServiceChange,
  type ServiceInstance,
  type ServiceMap,
} from '../src/index.js'
import { Net, networks, take } from './discovery-support.js'
import { failure, turns, until } from './support.js'

/** A change in short. */
function short({ kind, service }: ServiceChange): string {
  return `${kind} ${service.name}:${service.port} ${service.weight}`
}

test('a map of services and its changes are typed', () => {
  expectTypeOf<ServiceMap>().toExtend<ReadonlyMap<string, readonly ServiceInstance[]>>()
  expectTypeOf<RoutesMap>().toExtend<ReadonlyMap<NodeId, Route>>()
  expectTypeOf<ReturnType<ServiceMap['watch']>>().toEqualTypeOf<ChangeIterator<ServiceChange>>()
  expectTypeOf<ReturnType<RoutesMap['watch']>>().toEqualTypeOf<ChangeIterator<RouteChange>>()
  expectTypeOf<ServiceChange['kind']>().toEqualTypeOf<'add' | 'change' | 'remove'>()
  expectTypeOf<RouteChange['kind']>().toEqualTypeOf<'add' | 'change' | 'remove'>()
  expectTypeOf<AstraNet['resolve']>().returns.resolves.toEqualTypeOf<ServiceInstance[]>()
  expectTypeOf<ServiceChange>().toExtend<{ readonly service: ServiceInstance }>()
  expectTypeOf<Extract<ServiceChange, { kind: 'change' }>['before']>().toEqualTypeOf<ServiceInstance>()
})

describe.each(Object.entries(networks))('over %s', (_, network) => {
  test('a map shows the services of all nodes by name, at the moment of each call', async () => {
    await using net = new Net(network)
    const server = await net.node()
    const client = await net.node({}, server)
    const map = client.serviceMap()
    expect([map.size, map.get('web'), map.has('web'), [...map]]).toEqual([0, undefined, false, []])
    const listener = await server.bind('', 'web:1')
    await server.bind('', 'web:2')
    await client.bind('', 'db:3')
    await until(() => client.services().length === 3)
    expect([map.size, map.has('web'), map.has('nothing')]).toEqual([2, true, false])
    expect([...map.keys()].sort()).toEqual(['db', 'web'])
    expect(map.get('web')?.map(({ port }) => port)).toEqual([1, 2])
    expect(new Map(map)).toEqual(new Map([...map.keys()].map((name) => [name, map.get(name)])))
    expect([...map.values()].flat()).toHaveLength(3)
    const seen: string[] = []
    map.forEach((instances, name, whole) => seen.push(`${name} ${instances.length} ${whole === map}`))
    expect(seen.sort()).toEqual(['db 1 true', 'web 2 true'])
    listener.close()
    await until(() => client.services().length === 2)
    expect(map.get('web')?.map(({ port }) => port)).toEqual([2])
  })

  test('a watch reports what there is, then each change once and in order', async () => {
    await using net = new Net(network)
    const server = await net.node()
    const client = await net.node({}, server)
    await server.bind('', 'old:1')
    await until(() => client.services().length === 1)
    const watch = client.serviceMap().watch()
    expect((await take(watch, 1)).map(short)).toEqual(['add old:1 1'])
    const listener = await server.bind('', 'new:2')
    expect((await take(watch, 1)).map(short)).toEqual(['add new:2 1'])
    listener.update({ weight: 0 })
    const [change] = await take(watch, 1)
    expect(change).toMatchObject({ kind: 'change', service: { weight: 0 }, before: { weight: 1 } })
    listener.close()
    expect((await take(watch, 1)).map(short)).toEqual(['remove new:2 0'])
    await watch.return()
  })

  test('a route is reported when it comes, changes and goes', async () => {
    await using net = new Net(network)
    const server = await net.node()
    const client = await net.node()
    const map = client.routesMap()
    const watch = map.watch()
    const first = watch.next()
    expect([map.size, map.get(server.nodeId), map.has(server.nodeId)]).toEqual([0, undefined, false])
    await net.link(client, server)
    expect((await first).value).toMatchObject({ kind: 'add', route: { nodeId: server.nodeId } })
    expect([map.size, map.has(server.nodeId)]).toEqual([1, true])
    expect([...map.keys()]).toEqual([server.nodeId])
    expect([...map.values()]).toEqual(client.routes())
    await server.close()
    const kinds: string[] = []
    for await (const change of watch) {
      kinds.push(change.kind)
      if (change.kind === 'remove') break
    }
    // The link's round trip may have been published meanwhile.
    expect(kinds.filter((kind) => kind !== 'change')).toEqual(['remove'])
    expect(map.size).toBe(0)
  })
})

test('an instance has what its node offers, and nothing else', async () => {
  await using node = new AstraNet()
  await node.bind('', 'web:1')
  const [instance] = node.services() as [ServiceInstance]
  expect(Object.entries(instance).sort()).toEqual([
    ['environment', ''],
    ['health', 'passing'],
    ['name', 'web'],
    ['nodeId', node.nodeId],
    ['port', 1],
    ['tags', []],
    ['version', ''],
    ['weight', 1],
    ['zone', ''],
  ])
  expect(inspect(instance)).not.toContain('kind')
  expect(Object.isFrozen(instance)).toBe(true)
})

describe('a watch', () => {
  test('joins what a slow reader misses, and keeps one change for each instance', async () => {
    await using net = new Net()
    const node = await net.node()
    const listeners = await Promise.all(['a:1', 'b:2', 'c:3'].map((name) => node.bind('', name)))
    const watch = node.serviceMap().watch()
    await take(watch, 3)
    for (let weight = 2; weight <= 1_000; weight++) listeners[1]?.update({ weight })
    const brief = await node.bind('', 'brief:4')
    brief.close()
    listeners[0]?.close()
    listeners[2]?.update({ weight: 7 })
    listeners[2]?.update({ weight: 1 })
    await turns(3)
    expect((await take(watch, 2)).map(short)).toEqual(['change b:2 1000', 'remove a:1 1'])
    const next = watch.next()
    await node.bind('', 'd:5')
    expect(short((await next).value as ServiceChange)).toBe('add d:5 1')
    await watch.return()
  })

  test('goes on joining what is left while a reader takes one change after the other', async () => {
    await using net = new Net()
    const node = await net.node()
    const listeners = await Promise.all(['a:1', 'b:2', 'c:3'].map((name) => node.bind('', name)))
    const watch = node.serviceMap().watch()
    expect((await take(watch, 1)).map(short)).toEqual(['add a:1 1'])
    listeners[0]?.update({ weight: 2 })
    listeners[2]?.close()
    // What the reader has not seen is never reported as gone.
    const changes = (await take(watch, 2)).map(short).sort()
    expect(changes).toEqual(['add b:2 1', 'change a:1 2'])
    await watch.return()
  })

  test('serves several waiting calls in order', async () => {
    await using net = new Net()
    const node = await net.node()
    const watch = node.serviceMap().watch()
    const results = [watch.next(), watch.next(), watch.next()]
    for (const name of ['a:1', 'b:2', 'c:3']) await node.bind('', name)
    expect((await Promise.all(results)).map(({ value }) => short(value as ServiceChange))).toEqual([
      'add a:1 1',
      'add b:2 1',
      'add c:3 1',
    ])
    await watch.return()
  })

  test('ends when the loop is left, and when it is returned while a call waits', async () => {
    await using net = new Net()
    const node = await net.node()
    await node.bind('', 'a:1')
    const watch = node.serviceMap().watch()
    for await (const change of watch) {
      expect(short(change)).toBe('add a:1 1')
      break
    }
    expect(await watch.next()).toEqual({ done: true, value: undefined })
    const other = node.serviceMap().watch()
    await take(other, 1)
    const waiting = other.next()
    expect(await other.return()).toEqual({ done: true, value: undefined })
    expect([await waiting, await other.return()]).toEqual(Array(2).fill({ done: true, value: undefined }))
  })

  test('rejects with the reason when its signal aborts, once, and then is done', async () => {
    await using net = new Net()
    const node = await net.node()
    const controller = new AbortController()
    const reason = new Error('enough')
    const map = node.serviceMap()
    const waiting = map.watch({ signal: controller.signal })
    const late = map.watch({ signal: controller.signal })
    const unused = map.watch({ signal: controller.signal })
    const other = await node.bind('', 'b:2')
    await take(late, 1)
    await take(waiting, 1)
    other.close()
    await take(late, 1)
    await take(waiting, 1)
    const failing = failure(waiting.next())
    await turns(3)
    await node.bind('', 'a:1')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    expect(await waiting.next()).toEqual({ done: true, value: undefined })
    for (const each of [late, unused]) {
      expect(await failure(each.next())).toBe(reason)
      expect(await each.next()).toEqual({ done: true, value: undefined })
    }
    expect(() => map.watch({ signal: controller.signal })).toThrow(reason)
    expect(() => node.routesMap().watch({ signal: controller.signal })).toThrow(reason)
  })

  test('ends when the node is closed', async () => {
    const node = new AstraNet()
    const [services, routes] = [node.serviceMap().watch(), node.routesMap().watch()]
    const waiting = [services.next(), routes.next()]
    await turns(2)
    await node.close()
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }))
    expect(await node.serviceMap().watch().next()).toEqual({ done: true, value: undefined })
    expect([...node.serviceMap()]).toEqual([])
  })

  test('sees only the environment of its view, and this node only with the loop back', async () => {
    await using net = new Net()
    const server = await net.node()
    const client = await net.node({}, server)
    const blue = client.withEnv('blue').serviceMap().watch()
    const outside = client.withLoopBack(false).serviceMap().watch()
    const named = client.serviceMap().watch({ name: 'b' })
    const results = [blue.next(), outside.next(), named.next()]
    await client.bind('', 'a:1')
    await client.bind('', 'b:2')
    await server.withEnv('blue').bind('', 'c:3')
    await server.withEnv('blue', 'x').bind('', 'd:4')
    await server.bind('', 'e:5')
    expect((await Promise.all(results)).map(({ value }) => short(value as ServiceChange))).toEqual([
      'add c:3 1',
      'add e:5 1',
      'add b:2 1',
    ])
    expect([...client.withEnv('blue').serviceMap().keys()]).toEqual(['c'])
    expect([...client.withLoopBack(false).serviceMap().keys()]).toEqual(['e'])
    await Promise.all([blue.return(), outside.return(), named.return()])
  })

  test('reports what a policy hides as removed, and what it shows as added', async () => {
    await using net = new Net()
    const server = await net.node()
    const client = await net.node({}, server)
    const listener = await server.bind('', 'secret:1')
    await server.bind('', 'public:2')
    await until(() => client.services().length === 2)
    const watch = client.serviceMap().watch()
    await take(watch, 2)
    const hiding = { mayOffer: (_: unknown, { name }: { name: string }) => name !== 'secret' }
    await client.setPolicy({ ...hiding, mayLink: () => true, mayDial: () => true })
    expect((await take(watch, 1)).map(short)).toEqual(['remove secret:1 1'])
    // What is hidden changes unseen.
    listener.update({ weight: 5 })
    await until(() => client.services().length === 1)
    await turns(5)
    await client.setPolicy(undefined)
    expect((await take(watch, 1)).map(short)).toEqual(['add secret:1 5'])
    listener.close()
    expect((await take(watch, 1)).map(short)).toEqual(['remove secret:1 5'])
    await watch.return()
  })
})
