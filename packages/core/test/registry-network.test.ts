import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { formatNodeId, type NodeId } from '@astranet/interface'
import { expect, test } from 'vitest'
import { AstraNet, generateIdentity, type Identity } from '../src/index.js'
import { Net, take } from './discovery-support.js'
import { activeMs, until } from './support.js'

/** Three nodes in a row, none of the ends a neighbour of the other. */
interface Row extends AsyncDisposable {
  readonly net: Net
  readonly west: AstraNet
  readonly router: AstraNet
  readonly east: AstraNet
}

async function row(): Promise<Row> {
  const net = new Net()
  const router = await net.node({ role: 'router' })
  const west = await net.node({}, router)
  const east = await net.node({}, router)
  return { net, west, router, east, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() }
}

const names = (node: AstraNet): string[] =>
  node
    .services()
    .map(({ name }) => name)
    .sort()

/** Resolves when the node lists exactly these names. */
function lists(node: AstraNet, ...wanted: string[]): Promise<void> {
  return until(() => names(node).join() === wanted.sort().join())
}

/** What is published on a diagnostics channel until the test ends. */
function observed<T>(name: string): { readonly messages: T[]; readonly stop: () => void } {
  const messages: T[] = []
  const onMessage = (message: unknown): void => void messages.push(message as T)
  subscribe(name, onMessage)
  return { messages, stop: () => void unsubscribe(name, onMessage) }
}

test('a service is listed across a router, both ways, and gone when it is unbound', async () => {
  await using nodes = await row()
  const { west, router, east } = nodes
  const listener = await west.bind('', 'west', { tags: ['blue'] })
  await east.bind('', 'east')
  for (const node of [west, router, east]) await lists(node, 'east', 'west')
  expect(east.services()[1]).toMatchObject({ nodeId: west.nodeId, tags: ['blue'] })
  listener.close()
  for (const node of [west, router, east]) await lists(node, 'east')
  await west.bind('', 'again')
  for (const node of [west, router, east]) await lists(node, 'again', 'east')
})

test('routes lead over the router, and no further than a plain node in its place', async () => {
  await using nodes = await row()
  const { net, west, router, east } = nodes
  await until(() => west.routes().length === 2)
  const [direct, far] = west.routes()
  expect(direct).toMatchObject({ nodeId: router.nodeId, distance: 0, via: [] })
  expect(far).toMatchObject({ nodeId: east.nodeId, distance: 1, via: [router.nodeId] })
  const beyond = await net.node({}, east)
  await beyond.bind('', 'beyond')
  await lists(east, 'beyond')
  await router.bind('', 'router')
  await lists(west, 'router')
  expect(names(beyond)).toEqual(['beyond'])
  expect(names(west)).toEqual(['router'])
  expect(beyond.routes().map(({ nodeId }) => nodeId)).toEqual([east.nodeId])
})

test('the services of a node that is closed are gone across the router before its close has ended', async () => {
  await using nodes = await row()
  const { west, router, east } = nodes
  await west.bind('', 'one')
  await west.bind('', 'two')
  await lists(east, 'one', 'two')
  const gone = Promise.all([west.close(), lists(router), lists(east)])
  expect(await activeMs(gone)).toBeLessThan(2_000)
})

test('a watch sees each change once, from the far end too', async () => {
  await using nodes = await row()
  const { west, east } = nodes
  const seen: string[] = []
  const watching = (async () => {
    for await (const { kind } of east.serviceMap().watch()) seen.push(kind)
  })()
  const sees = (...kinds: string[]): Promise<void> => until(() => seen.join() === kinds.join())
  await west.bind('', 'first')
  await sees('add')
  const second = await west.bind('', 'second')
  await sees('add', 'add')
  second.close()
  await sees('add', 'add', 'remove')
  await west.close()
  await sees('add', 'add', 'remove', 'remove')
  await east.close()
  await watching
  expect(seen).toHaveLength(4)
})

test('a router that closes takes what is behind it with it, and a second way keeps it', async () => {
  await using nodes = await row()
  const { net, west, router, east } = nodes
  const second = await net.node({ role: 'router' })
  await west.bind('', 'west')
  await lists(east, 'west')
  for (const node of [west, east]) await net.link(node, second)
  await until(() => second.services().length === 1)
  const changes = east.serviceMap().watch()
  await take(changes, 1)
  await router.close()
  await until(() => east.routes().every(({ via }) => !via.includes(router.nodeId)))
  expect(names(east)).toEqual(['west'])
  await west.bind('', 'later')
  const [next] = await take(changes, 1)
  expect(next).toMatchObject({ kind: 'add' })
  await second.close()
  await lists(east)
})

test('changes of who can be reached are published, first those who can', async () => {
  const seen = observed<{ nodeId: NodeId; isReachable: boolean }>('astranet:registry:reachable')
  try {
    await using nodes = await row()
    const { west, router, east } = nodes
    const told = (nodeId: NodeId, isReachable: boolean): boolean =>
      seen.messages.some((message) => message.nodeId === nodeId && message.isReachable === isReachable)
    await until(() => [west, router, east].every(({ nodeId }) => told(nodeId, true)))
    const { nodeId } = west
    await west.close()
    await until(() => told(nodeId, false))
  } finally {
    seen.stop()
  }
})

test('inspect shows the links and what is held, as plain data', async () => {
  await using nodes = await row()
  const { west, router, east } = nodes
  await west.bind('', 'west')
  await lists(east, 'west')
  const { nodeId, registry, links } = router.inspect()
  expect(nodeId).toBe(router.nodeId)
  expect(registry).toMatchObject({ role: 'router', catalogue: 'all', reachable: 2, refused: 0 })
  expect(registry.neighbours).toHaveLength(2)
  expect(registry.heldBytes).toBeGreaterThan(100)
  expect(links.map((link) => link.nodeId).sort()).toEqual([west.nodeId, east.nodeId].sort())
  expect(links[0]).toMatchObject({ isPreferred: true, role: 'node', security: 'private', openStreams: 3 })
  expect(structuredClone(west.inspect().registry)).toEqual(west.inspect().registry)
})

/** An identity whose signatures of states are wrong; the handshake's are right. */
async function forging(): Promise<Identity> {
  const identity = await generateIdentity()
  return { ...identity, signNow: () => new Uint8Array(64).fill(1) }
}

test('a node that sends states which it has not signed is cut off, with the code, and reported', async () => {
  const refused = observed<{ kind: string; speaker: NodeId; code?: string }>('astranet:registry:refused')
  const left = observed<{ nodeId: NodeId; error: Error }>('astranet:join:failed')
  try {
    await using net = new Net()
    const router = await net.node({ role: 'router' })
    const other = await net.node({}, router)
    const forger = new AstraNet({ identity: await forging() })
    await forger.bind('', 'forged')
    const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
    await forger.join('tcp4', address).catch(() => undefined)
    const isCut = (): boolean => refused.messages.some(({ kind }) => kind === 'cut')
    await until(isCut)
    expect(refused.messages.find(({ kind }) => kind === 'cut')).toMatchObject({
      speaker: forger.nodeId,
      code: 'ASTRA_ERR_REGISTRY_FORGED',
    })
    await forger.close()
    expect([names(router), names(other)]).toEqual([[], []])
    expect(other.routes()).toHaveLength(1)
  } finally {
    refused.stop()
    left.stop()
  }
})

test('a node whose grant does not cover all that it offers is not passed on, until it does', async () => {
  const refused = observed<{ kind: string; owner: NodeId }>('astranet:registry:refused')
  try {
    await using net = new Net()
    const router = await net.node({ role: 'router', secret: 'correct horse battery' })
    const member = await net.node({ secret: 'correct horse battery' }, router)
    const guest = await net.node()
    await guest.join(await router.ticket({ grant: { services: ['web*'] } }))
    await guest.bind('', 'web1')
    await lists(member, 'web1')
    const other = await guest.bind('', 'mail')
    await until(() => refused.messages.some(({ kind }) => kind === 'grant'))
    expect(refused.messages.filter(({ kind }) => kind === 'grant')).toMatchObject([{ owner: guest.nodeId }])
    expect([names(router), names(member)]).toEqual([['web1'], ['web1']])
    other.close()
    await guest.bind('', 'web2')
    await lists(member, 'web1', 'web2')
  } finally {
    refused.stop()
  }
})

test('what a node says of itself by inspect names its peers by their ids', async () => {
  await using nodes = await row()
  const { west, router } = nodes
  expect(west.inspect().links.map(({ nodeId }) => formatNodeId(nodeId))).toEqual([
    formatNodeId(router.nodeId),
  ])
})
