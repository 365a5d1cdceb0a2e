import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import {
  AstraNet,
  type AstraNetOptions,
  type DialOptions,
  type LinkPath,
  type NodeId,
  type Socket,
} from '../src/index.js'
import { Net } from './discovery-support.js'
import { failure, textOf, until } from './support.js'

const endings: (() => void)[] = []

afterEach(() => {
  for (const end of endings.splice(0)) end()
})

/** What is published on a channel until the test ends. */
function observed<T>(name: string): T[] {
  const messages: T[] = []
  const onMessage = (message: unknown): void => void messages.push(message as T)
  subscribe(name, onMessage)
  endings.push(() => void unsubscribe(name, onMessage))
  return messages
}

/** A client and a server that both have joined one router. */
async function overRouter(options: AstraNetOptions = {}): Promise<{
  net: Net
  client: AstraNet
  router: AstraNet
  server: AstraNet
  [Symbol.asyncDispose](): Promise<void>
}> {
  const net = new Net()
  const router = await net.node({ role: 'router', ...options })
  const server = await net.node(options, router)
  const client = await net.node(options, router)
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
  await client.waitFor('echo')
  return { net, client, router, server, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() }
}

async function echo(client: AstraNet, address: string, options?: DialOptions): Promise<LinkPath> {
  const socket = await client.dial('', address, options)
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  return socket.path
}

test('a direct link takes over from a tunnel for new streams, and the change is published', async () => {
  await using nodes = await overRouter()
  const { net, client, router, server } = nodes
  const changes = observed<{ nodeId: NodeId; path: LinkPath | undefined }>('astranet:link:path')
  const open = await client.dial('', 'echo', { path: 'relay' })
  const relay = { kind: 'relay', via: [router.nodeId] }
  expect(open.path).toEqual(relay)
  await net.link(client, server)
  expect(await echo(client, 'echo')).toEqual({ kind: 'direct', via: [] })
  expect(await echo(client, 'echo', { path: 'relay' })).toEqual(relay)
  const paths = changes.filter(({ nodeId }) => nodeId === server.nodeId).map(({ path }) => path?.kind)
  expect(paths).toEqual(['relay', 'direct'])
  // The stream that is open stays where it is.
  open.end('still here')
  expect(await textOf(open)).toBe('still here')
})

test('an advertised address is used when a dial asks for a direct path', async () => {
  await using nodes = await overRouter()
  const { client, router, server } = nodes
  expect(await failure(client.dial('', 'echo', { path: 'direct', timeoutMs: 50 }))).toMatchObject({
    code: 'EHOSTUNREACH',
  })
  await server.listenAndServe('tcp4', '127.0.0.1:0')
  expect(await echo(client, 'echo', { path: 'direct', timeoutMs: 5_000 })).toEqual({
    kind: 'direct',
    via: [],
  })
  expect(client.inspect().links.map(({ nodeId }) => nodeId)).toContain(server.nodeId)
  expect(router.inspect().forwarding).toMatchObject({ tunnels: 0, opened: 0 })
})

test('a wrong path is a TypeError that names it', async () => {
  await using nodes = await overRouter()
  const wrong = nodes.client.dial('', 'echo', { path: 'tunnel' as never })
  await expect(wrong).rejects.toThrow(
    /'options\.path' must be one of: 'direct', 'relay', 'any'\. Received 'tunnel'$/,
  )
})

test('routes say direct or relayed, the routers, and whether they are encrypted', async () => {
  await using nodes = await overRouter()
  const { client, router, server } = nodes
  await until(() => client.routes().length === 2)
  expect(client.routesMap().get(router.nodeId)).toMatchObject({
    kind: 'direct',
    distance: 0,
    isEncrypted: false,
  })
  const far = { kind: 'relay', distance: 1, isEncrypted: true, via: [router.nodeId] }
  expect(client.routesMap().get(server.nodeId)).toMatchObject(far)
})

test('a tunnel without a stream is ended after its time, and a new dial makes another one', async () => {
  await using nodes = await overRouter({ tunnels: { idleMs: 200 } })
  const { client, router } = nodes
  // The time counts from the dial on.
  const start = performance.now()
  const socket = await client.dial('', 'echo')
  socket.destroy()
  await until(() => router.inspect().forwarding.tunnels === 0)
  expect(performance.now() - start).toBeGreaterThan(195)
  expect(await echo(client, 'echo')).toMatchObject({ kind: 'relay' })
  expect(router.inspect().forwarding).toMatchObject({ opened: 2, lost: 0 })
})

test('a tunnel of a node that leaves in order does not count as lost', async () => {
  await using nodes = await overRouter({})
  const { client, router, server } = nodes
  const socket = await client.dial('', 'echo')
  const broken = once(socket, 'error')
  await server.close()
  await broken
  await until(() => router.inspect().forwarding.tunnels === 0)
  expect(router.inspect().forwarding).toMatchObject({ opened: 1, lost: 0 })
})

test("a tunnel is no neighbour: it is in nobody's catalogue, and carries no registry", async () => {
  await using nodes = await overRouter()
  const { client, server } = nodes
  const socket = await client.dial('', 'echo')
  const link = client.inspect().links.find(({ nodeId }) => nodeId === server.nodeId)
  expect(link).toMatchObject({ path: { kind: 'relay' }, security: 'encrypted', isPreferred: true })
  // The control stream, and the one that was dialed.
  expect(link?.openStreams).toBe(2)
  expect(client.inspect().registry.neighbours).not.toContain(server.nodeId)
  expect(client.routesMap().get(server.nodeId)).toMatchObject({ distance: 1 })
  socket.destroy()
  await once(socket, 'close')
})

test('a leaf reaches a node behind two routers, of which it knows one', async () => {
  await using net = new Net()
  const east = await net.node({ role: 'router' })
  const west = await net.node({ role: 'router' }, east)
  const server = await net.node({}, east)
  const leaf = await net.node({ role: 'leaf' }, west)
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket: Socket) => socket.pipe(socket))
  await leaf.waitFor('echo')
  expect(await echo(leaf, 'echo')).toMatchObject({ kind: 'relay' })
  expect(west.inspect().forwarding.opened).toBe(1)
  expect(east.inspect().forwarding.opened).toBe(1)
})

test('what a router may not forward is EACCES at the dialer, with the rule', async () => {
  await using net = new Net()
  const policy = {
    default: 'allow' as const,
    rules: [{ name: 'no tunnels', effect: 'deny' as const, action: 'forward' as const }],
  }
  const router = await net.node({ role: 'router', policy })
  const server = await net.node({}, router)
  const client = await net.node({}, router)
  await server.bind('', 'echo:7')
  await client.waitFor('echo')
  const error = await failure(client.dial('', 'echo'))
  expect(error).toMatchObject({ code: 'EACCES' })
  expect(error.message).toContain('no tunnels')
  expect(router.inspect().forwarding.refused).toEqual({ FORBIDDEN: 1 })
})

test('a node that has as many tunnels as it may have is told so with EDQUOT', async () => {
  await using net = new Net()
  const router = await net.node({ role: 'router', tunnels: { maxTunnelsPerNode: 1 } })
  const client = await net.node({}, router)
  for (const name of ['one', 'two']) await (await net.node({}, router)).bind('', name)
  await client.waitFor('two')
  await client.waitFor('one')
  await client.dial('', 'one')
  const error = await failure(client.dial('', 'two'))
  expect(error).toMatchObject({ code: 'EDQUOT' })
})

test('a tunnel limit that is wrong names the option', () => {
  const wrong = (tunnels: object): (() => unknown) => {
    return () => new AstraNet({ tunnels })
  }
  expect(wrong({ maxTunnels: 0 })).toThrow('"options.tunnels.maxTunnels" is out of range')
  expect(wrong({ idleMs: -1 })).toThrow('"options.tunnels.idleMs" is out of range')
  expect(wrong({ idle: 1 })).toThrow(`'options.tunnels.idle' is not an option`)
})
