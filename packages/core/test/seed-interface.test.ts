import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, type NetError } from '../src/index.js'
import { Net } from './discovery-support.js'
import { boundTo, failure, textOf, twoNodes, until } from './support.js'

test('every call of the Go package takes its network first, or leaves it out', async () => {
  await using server = AstraNet.new()
  await using client = AstraNet.new()
  const endpoint = await server.listenAndServe('tcp4://127.0.0.1:0')
  expect(endpoint.network).toBe('tcp4')
  expect(await client.join(endpoint.address)).toBe(server.nodeId)
  const listener = await server.bind('greeter')
  listener.on('connection', (socket) => socket.end('hello'))
  const { port } = boundTo(listener)
  await client.waitFor('greeter')
  const sockets = [
    await client.dial('greeter'),
    await client.dial('greeter', { timeoutMs: 60_000 }),
    await client.dial('', 'greeter'),
    await client.dial('astra', `greeter:${port}`, { timeoutMs: 60_000 }),
    await client.dialTimeout('greeter', 60_000),
    await client.dialTimeout('', 'greeter', 60_000),
    await client.httpDial('greeter:80'),
    await client.httpDial('', 'greeter:443', { timeoutMs: 60_000 }),
    client.connect('greeter'),
    client.connect('greeter', { timeoutMs: 60_000 }),
    client.connect('', 'greeter', { timeoutMs: 60_000 }),
    // As programs of the Go package and its HTTP client write it.
    await client.dial('tcp', 'greeter'),
    await client.dialTimeout('tcp4', `greeter:${port}`, 60_000),
    await client.httpDial('tcp', 'greeter:80'),
  ]
  for (const socket of sockets) expect(await textOf(socket)).toBe('hello')
  expect(client.services().map(({ name }) => name)).toEqual(['greeter'])
  expect(client.routes().map(({ nodeId }) => nodeId)).toEqual([server.nodeId])
  expect([...client.serviceMap().keys()]).toEqual(['greeter'])
  expect([...client.routesMap().keys()]).toEqual([server.nodeId])
})

test('connect in short calls back', async () => {
  await using nodes = await twoNodes()
  await nodes.server.bind('x')
  await nodes.client.waitFor('x')
  const { client } = nodes
  const ignore = (): void => undefined
  await new Promise<void>((resolve) => client.connect('x', {}, resolve).on('error', ignore))
  await new Promise<void>((resolve) => client.connect('x', resolve).on('error', ignore))
  await new Promise<void>((resolve) => client.connect('', 'x', resolve).on('error', ignore))
})

test('what joins and listens in short takes the first network of the node, or the one that it names', async () => {
  const transports = [memory()]
  await using server = new AstraNet({ transports })
  await using client = new AstraNet({ transports })
  expect(await server.listenAndServe('memory://hall')).toMatchObject({ network: 'memory', address: 'hall' })
  expect(await server.listenAndServe('room.example', { onError: () => undefined })).toMatchObject({
    network: 'memory',
    address: 'room.example',
  })
  expect(await client.join('memory://hall')).toBe(server.nodeId)
  expect(await client.join('room.example')).toBe(server.nodeId)
})

test('a client offers nothing, and reaches others', async () => {
  await using net = new Net()
  const server = await net.node()
  const listener = await server.bind('echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  const client = (await net.node()).client()
  await net.link(client, server)
  for (const call of [
    () => client.bind('mine'),
    () => client.bind('', ':7'),
    () => client.withEnv('blue').bind('mine'),
    () => client.listenAndServe('tcp4', '127.0.0.1:0'),
  ])
    expect(await failure(call())).toMatchObject({
      code: 'EOPNOTSUPP',
      message: expect.stringMatching(
        /this node is a client, which offers nothing: use the option role: 'leaf'/,
      ),
    })
  expect([server.services().length, client.inspect().links[0]?.role]).toEqual([1, 'node'])
  expect(server.inspect().links[0]?.role).toBe('leaf')
  const socket = await client.dial('echo')
  socket.end('anybody')
  expect(await textOf(socket)).toBe('anybody')
})

test('a leaf by its option binds, and so does a client that was made a router in the end', async () => {
  await using leaf = new AstraNet({ role: 'leaf' })
  await leaf.bind('mine')
  await using node = new AstraNet().client().router()
  await node.bind('mine')
})

test('a server follows no invitations: it reaches a node that advertises its address through the router', async () => {
  await using router = new AstraNet().router()
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  await using host = new AstraNet()
  await host.listenAndServe('tcp4', '127.0.0.1:0')
  await host.bind('echo')
  await host.join(address)
  await using guest = new AstraNet()
  await using server = new AstraNet().server()
  const paths = []
  // Without the option the guest could be faster through the router, too.
  const dials = [
    [guest, { path: 'direct' }],
    [server, {}],
  ] as const
  for (const [node, options] of dials) {
    await node.join(address)
    await node.waitFor('echo')
    const socket = await node.dial('echo', options)
    paths.push(socket.remoteIdentity?.path.kind)
    socket.destroy()
  }
  expect(paths).toEqual(['direct', 'relay'])
  expect(server.inspect().advertised.dialed).toBe(0)
  expect(await failure(server.dial('echo', { path: 'direct', timeoutMs: 0 }))).toMatchObject({
    code: 'EHOSTUNREACH',
  })
})

test('withLoopBack reaches the own services of a node, and withLoopBack(false) does not', async () => {
  await using node = new AstraNet()
  await node.bind('own')
  const socket = await node.withLoopBack().dial('own')
  socket.destroy()
  await once(socket, 'close')
  expect(await failure(node.withLoopBack(false).dial('own', { timeoutMs: 0 }))).toMatchObject({
    code: 'ENOTFOUND',
  })
})

test.each<[string, (node: AstraNet) => Promise<unknown>, RegExp]>([
  [
    'dial without an address',
    (node) => node.dial(undefined as never),
    /^The "address" argument must be of type string/,
  ],
  ...(
    [
      ['dial with options that are none', (node) => node.dial('x', 5 as never)],
      ['bind with a handler', (node) => node.bind('x', (() => {}) as never)],
      ['bind with null', (node) => node.bind('x', null as never)],
      ['httpDial with a port apart', (node) => node.httpDial('x', 80 as never)],
      ['listenAndServe with a handler', (node) => node.listenAndServe('127.0.0.1:0', (() => {}) as never)],
    ] as [string, (node: AstraNet) => Promise<unknown>][]
  ).map(([name, call]): [string, (node: AstraNet) => Promise<unknown>, RegExp] => [
    name,
    call,
    /^The "options" argument must be of type object/,
  ]),
  [
    'dial in short',
    (node) => node.dial('x', { timeoutMs: -1 }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'dialTimeout in short',
    (node) => node.dialTimeout('x', -1),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'dialTimeout without a time',
    (node) => node.dialTimeout('', 'x', '1' as never),
    /^The "options\.timeoutMs" property must be of type number/,
  ],
  [
    'bind in short',
    (node) => node.bind('x', { backlog: 0 }),
    /^The value of "options\.backlog" is out of range\. It must be >= 1 && <= 2147483647/,
  ],
  [
    'httpDial in short',
    (node) => node.httpDial('x', { timeoutMs: -1 }),
    /^The value of "options\.timeoutMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'listenAndServe in short',
    (node) => node.listenAndServe('nowhere'),
    /^The argument 'address' must be ":port", "host:port" or "network:\/\/address"/,
  ],
  [
    'listenAndServe without all',
    (node) => node.listenAndServe(1 as never),
    /^The "address" argument must be of type string/,
  ],
  [
    'join in short',
    (node) => node.join('h:1', { keepTrying: 1 as never }),
    /^The "options\.keepTrying" property must be of type boolean/,
  ],
  ['leave of nobody', (node) => node.leave('x' as never), /node id|nodeId/],
  [
    'leave for no reason',
    (node) => node.leave(node.nodeId, { reason: 1 as never }),
    /^The "options\.reason" property must be of type string/,
  ],
  [
    'leave at length',
    (node) => node.leave(node.nodeId, { reason: 'é'.repeat(128) }),
    /^The value of "options\.reason" is out of range\. It must be at most 255 bytes of UTF-8/,
  ],
  [
    'leave never',
    (node) => node.leave(node.nodeId, { drainMs: -1 }),
    /^The value of "options\.drainMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
  [
    'drain never',
    (node) => node.drain({ deadlineMs: NaN }),
    /^The value of "options\.deadlineMs" is out of range\. It must be >= 0 && <= 2147483647/,
  ],
])('%s that is wrong rejects and is named', async (_, call, message) => {
  await using node = new AstraNet()
  const error = await failure(call(node))
  expect(['TypeError', 'RangeError']).toContain(error.name)
  expect(error.message).toMatch(message)
})

test('drain is close with a deadline', async () => {
  const { server, client } = await twoNodes()
  const listener = await server.bind('guests')
  const socket = await client.dial('guests')
  const guest = await listener.accept()
  const draining = server.drain({ deadlineMs: 60_000 })
  await until(() => client.services().length === 0)
  expect(await failure(client.dial('guests', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  const text = textOf(socket)
  guest.end('to the end')
  socket.end()
  expect(await text).toBe('to the end')
  await draining
  await client.close()
})

test('what is neither an address nor a ticket is said to be neither, and is not shown', async () => {
  await using node = new AstraNet()
  for (const text of ['localhost', '127.0.0.1', `stranet-ticket-1.${'x'.repeat(80)}`, 'a b'])
    expect(await failure(node.join(text))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message:
        'The argument \'address\' is neither an address ("host:port", a domain with a dot, or "network://address") ' +
        'nor a ticket, which begins with "astranet-ticket". Copy the whole line of a ticket',
    })
  expect(await failure(node.join('astranet-ti'))).toMatchObject({ code: 'ASTRA_ERR_TICKET_INVALID' })
  expect((await failure(node.join('astranet-ti'))).message).toMatch(/cut off near its beginning/)
})

test.each([
  ['shortens the wait', [0x7fffffff, 20]],
  ['does not lengthen it', [20, 0x7fffffff]],
])('a later drain %s', async (_, [first, second]) => {
  const { server, client } = await twoNodes()
  await server.bind('guests')
  const socket = await client.dial('guests')
  const broken = once(socket, 'error')
  await Promise.all([server.drain({ deadlineMs: first ?? 0 }), server.drain({ deadlineMs: second ?? 0 })])
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
  await client.close()
})

test('what a dial that was given up reports has an error', async () => {
  await using node = new AstraNet()
  const codes: unknown[] = []
  const observe = (message: unknown): void => void codes.push((message as { error: NetError }).error.code)
  subscribe('astranet:dial:failed', observe)
  node
    .connect('nobody')
    .on('error', () => undefined)
    .destroy()
  await failure(node.dial('nobody', { signal: AbortSignal.abort('a text') }))
  const controller = new AbortController()
  const dialing = node.dial('nobody', { signal: controller.signal })
  controller.abort('a text')
  await expect(dialing).rejects.toBe('a text')
  unsubscribe('astranet:dial:failed', observe)
  expect(codes).toEqual(['ECANCELED', 'ECANCELED'])
  expect(node.inspect().dials.failed).toEqual({ ECANCELED: 2 })
})

test('a closed node takes no policy', async () => {
  const node = new AstraNet()
  await node.close()
  expect(await failure(node.setPolicy(undefined))).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
})

test('a listener is closed with null for a callback, as a server of net is', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('x')
  const plain = createServer().listen(0, '127.0.0.1')
  await once(plain, 'listening')
  for (const each of [listener, plain]) {
    const closed = once(each, 'close')
    each.close(null as never)
    await closed
  }
})
