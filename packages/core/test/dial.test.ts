import { once } from 'node:events'
import { expect, test } from 'vitest'
import {
  AstraNet,
  formatNodeId,
  hashRing,
  roundRobin,
  type Listener,
  type Selector,
  type Socket,
} from '../src/index.js'
import { boundTo, errorOf, failure, Proxy, SkipClock, textOf, turns, twoNodes, until } from './support.js'

function echo(listener: Listener): Listener {
  return listener.on('connection', (socket) => socket.pipe(socket))
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.end(text)
  return await textOf(socket)
}

test('a service is dialed by name, by name and port, and by node and port', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const { port } = boundTo(echo(await server.bind('', 'echo:7')))
  expect(port).toBe(7)
  for (const address of ['echo', 'echo:7', `${formatNodeId(server.nodeId)}:7`]) {
    expect(await ask(await client.dial('', address), address)).toBe(address)
  }
  expect(await ask(await client.dialTimeout('astra', 'echo', 5_000), 'x')).toBe('x')
})

test('a port without a name is dialed from here with ":port" and from elsewhere with the node id', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const { port } = boundTo(echo(await server.bind('', ':0')))
  expect(port).toBeGreaterThan(0x7fffffff)
  expect(await ask(await server.dial('', `:${port}`), 'near')).toBe('near')
  expect(await ask(await client.dial('', `${formatNodeId(server.nodeId)}:${port}`), 'far')).toBe('far')
  expect(server.services()).toEqual([])
})

test('both ends of a socket know both ends', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'who:9')
  const [far, near] = await Promise.all([listener.accept(), client.dial('', 'who')])
  expect([near.localNode, near.remoteNode]).toEqual([client.nodeId, server.nodeId])
  expect([far.localNode, far.remoteNode]).toEqual([server.nodeId, client.nodeId])
  expect([near.remotePort, far.localPort]).toEqual([9, 9])
  expect(near.localPort).toBe(far.remotePort)
  expect(near.remoteAddress).toBe(far.localAddress)
  near.destroy()
  far.destroy()
})

test('a port without a listener is refused by the far side', async () => {
  await using nodes = await twoNodes()
  const address = `${formatNodeId(nodes.server.nodeId)}:4711`
  const error = await failure(nodes.client.dial('', address))
  expect(error).toMatchObject({ name: 'NetError', code: 'ECONNREFUSED', syscall: 'dial', address })
  expect(error.message).toContain('nobody listens on port 4711')
  expect(await failure(nodes.client.dial('', ':4711'))).toMatchObject({ code: 'ECONNREFUSED' })
})

test('an unknown name waits until the deadline, and the error names it', async () => {
  const clock = new SkipClock()
  await using node = new AstraNet({ clock })
  const dialing = failure(node.withEnv('test').dial('', 'nobody'))
  await clock.advance(9_999)
  expect(clock.pending).toBe(1)
  await clock.advance(1)
  const error = await dialing
  expect(error).toMatchObject({ code: 'ENOTFOUND' })
  expect(error.message).toBe(
    'dial nobody: no node offers the service "nobody" in the environment "test" (waited 10000 ms): ' +
      'this node has no link',
  )
  expect(clock.pending).toBe(0)
})

test('an unknown name that is bound meanwhile is dialed at once, here and elsewhere', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const dialing = [client.dial('', 'late'), server.dial('', 'late')]
  await turns(3)
  echo(await server.bind('', 'late'))
  for (const socket of await Promise.all(dialing)) expect(await ask(socket, 'hi')).toBe('hi')
})

test('a node without a link is EHOSTUNREACH at the deadline, and dialed at once when a link comes', async () => {
  await using server = new AstraNet()
  await using client = new AstraNet()
  echo(await server.bind('', ':5'))
  const address = `${formatNodeId(server.nodeId)}:5`
  expect(await failure(client.dial('', address, { timeoutMs: 0 }))).toMatchObject({ code: 'EHOSTUNREACH' })
  const dialing = client.dial('', address)
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', endpoint.address)
  expect(await ask(await dialing, 'hi')).toBe('hi')
})

test('a timeout of 0 fails at once for what is unknown, and connects to what is known', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  expect(await failure(client.dialTimeout('', 'echo', 0))).toMatchObject({ code: 'ENOTFOUND' })
  echo(await server.bind('', 'echo'))
  await until(() => client.services().length === 1)
  expect(await ask(await client.dialTimeout('', 'echo', 0), 'hi')).toBe('hi')
})

test('a dial that is aborted rejects with the reason, while it waits for a name or for an answer', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const reason = new Error('enough')
  expect(await failure(client.dial('', 'x', { signal: AbortSignal.abort(reason) }))).toBe(reason)
  const controller = new AbortController()
  const dialing = [
    failure(client.dial('', 'nobody', { signal: controller.signal })),
    failure(client.dial('', `${formatNodeId(server.nodeId)}:1`, { signal: controller.signal })),
  ]
  controller.abort(reason)
  expect(await Promise.all(dialing)).toEqual([reason, reason])
})

test('a signal that is aborted after the answer leaves the socket alone', async () => {
  await using nodes = await twoNodes()
  echo(await nodes.server.bind('', 'echo'))
  const controller = new AbortController()
  const socket = await nodes.client.dial('', 'echo', { signal: controller.signal })
  controller.abort()
  expect(await ask(socket, 'hi')).toBe('hi')
})

test.each([
  ['over a link', false],
  ['in one node', true],
])('a full backlog refuses, and takes again when one was accepted (%s)', async (_, isHere) => {
  await using nodes = await twoNodes()
  const { server } = nodes
  const dialer = isHere ? server : nodes.client
  const listener = await server.bind('', 'slow', { backlog: 2 })
  const results = await Promise.allSettled([1, 2, 3].map(() => dialer.dial('', 'slow')))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  const error = (results[2] as PromiseRejectedResult).reason as Error
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  expect(error.message).toContain('the backlog is full')
  await until(() => listener.waiting === 2)
  const accepted = await listener.accept()
  const socket = await dialer.dial('', 'slow')
  await until(() => listener.waiting === 2)
  for (const each of [accepted, socket]) each.destroy()
  for (const each of results) if (each.status === 'fulfilled') each.value.on('error', () => {})
})

test('instances take turns if the selector does so, and one that refuses is passed over', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listeners = await Promise.all(
    ['a:1', 'a:2', 'a:3'].map((name) => server.bind('', name, { backlog: 1 })),
  )
  await until(() => client.services().length === 3)
  const sockets: Socket[] = []
  const selector = roundRobin()
  for (let index = 0; index < 3; index++) sockets.push(await client.dial('', 'a', { selector }))
  expect(sockets.map((socket) => socket.remotePort).sort()).toEqual([1, 2, 3])
  const free = await listeners[1]?.accept()
  for (let index = 0; index < 1; index++) sockets.push(await client.dial('', 'a'))
  expect(sockets.at(-1)?.remotePort).toBe(2)
  const error = await failure(client.dial('', 'a'))
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  for (const socket of [...sockets, free]) socket?.on('error', () => {}).destroy()
})

test('a key meets the same instance from every node', async () => {
  await using server = new AstraNet()
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  for (const port of [1, 2, 3, 4, 5]) await server.bind('', `shard:${port}`)
  const met: number[][] = []
  for (let index = 0; index < 2; index++) {
    await using client = new AstraNet()
    await client.join('tcp4', endpoint.address)
    await until(() => client.services().length === 5)
    const ports: number[] = []
    for (const key of ['ann', 'bob', 'eve', 'joe', 'kim']) {
      const socket = await client.dial('', 'shard', { selector: hashRing(), key })
      ports.push(socket.remotePort)
      socket.destroy()
    }
    met.push(ports)
  }
  expect(met[0]).toEqual(met[1])
  expect(new Set(met[0]).size).toBeGreaterThan(1)
})

test('environments have separate names and share ports', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  echo(await server.withEnv('blue', 'eu').bind('', 'web:80'))
  await until(() => client.withEnv('blue', 'eu').services().length === 1)
  expect(client.services()).toEqual([])
  expect(await failure(client.dial('', 'web', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  expect(await failure(client.withEnv('red').dial('', 'web', { timeoutMs: 0 }))).toMatchObject({
    code: 'ENOTFOUND',
  })
  expect(await ask(await client.withEnv('blue', 'eu').dial('', 'web'), 'hi')).toBe('hi')
  expect(client.withEnv('blue').withEnv().environment).toBe('')
  expect(await failure(server.bind('', 'web:80'))).toMatchObject({ code: 'EADDRINUSE' })
})

test('without the loop back a name is not dialed at home', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'both')
  const elsewhere = server.withLoopBack(false)
  expect(await failure(elsewhere.dial('', 'both', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  expect(elsewhere.services()).toEqual([])
  echo(await client.bind('', 'both'))
  for (let index = 0; index < 3; index++) {
    const socket = await elsewhere.dial('', 'both')
    expect(socket.remoteNode).toBe(client.nodeId)
    expect(await ask(socket, 'hi')).toBe('hi')
  }
  expect(elsewhere.withLoopBack().services()).toHaveLength(2)
})

test('an HTTP host leads to the service, whatever port HTTP adds', async () => {
  await using node = new AstraNet()
  echo(await node.bind('', 'web'))
  echo(await node.bind('', 'api:8080'))
  echo(await node.bind('', ':80'))
  const id = formatNodeId(node.nodeId)
  for (const host of ['web', 'web:80', 'web:443', 'api:8080', `${id}:80`]) {
    expect(await ask(await node.httpDial('', host), host)).toBe(host)
  }
})

test('a port is bound once, and free again when its listener is closed', async () => {
  await using node = new AstraNet()
  const first = await node.bind('', 'one:5')
  expect(await failure(node.bind('', ':5'))).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' })
  expect(await failure(node.bind('', 'two:5'))).toMatchObject({ code: 'EADDRINUSE' })
  expect(node.services().map(({ name }) => name)).toEqual(['one'])
  first.close()
  await node.bind('', 'two:5')
  expect(node.services().map(({ name }) => name)).toEqual(['two'])
})

test("another node's port cannot be bound, this node's can", async () => {
  await using node = new AstraNet()
  await using other = new AstraNet()
  expect(await failure(node.bind('', `${formatNodeId(other.nodeId)}:5`))).toMatchObject({
    code: 'EADDRNOTAVAIL',
  })
  const listener = await node.bind('', `${formatNodeId(node.nodeId)}:5`)
  expect(listener.address()).toMatchObject({ port: 5, node: node.nodeId, family: 'IPv6' })
})

test('a listener hands out what was dialed by event, by accept and by iteration', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'in')
  const first = await client.dial('', 'in')
  expect(await textOf(await hangUp(listener.accept(), first))).toBe('bye')
  const second = await client.dial('', 'in')
  for await (const socket of listener) {
    expect(await textOf(await hangUp(socket, second))).toBe('bye')
    break
  }
  const third = await client.dial('', 'in')
  const [socket] = (await once(listener, 'connection')) as [Socket]
  expect(await textOf(await hangUp(socket, third))).toBe('bye')
})

async function hangUp(socket: Socket | Promise<Socket>, other: Socket): Promise<Socket> {
  other.end('bye')
  return await socket
}

test('accepting ends with the listener and with its signal', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'in')
  const reason = new Error('enough')
  const controller = new AbortController()
  const accepting = [failure(listener.accept({ signal: controller.signal })), failure(listener.accept())]
  const iterating = (async () => {
    for await (const socket of listener) throw new Error(`nobody dialed, and yet: ${socket}`)
  })()
  controller.abort(reason)
  expect(await accepting[0]).toBe(reason)
  listener.close()
  expect(await accepting[1]).toMatchObject({ code: 'ECONNABORTED' })
  expect(await failure(listener.accept())).toMatchObject({ code: 'ECONNABORTED' })
  await iterating
})

test('streams that wait are reset when the listener closes, sockets accepted live on', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'in')
  const kept = await client.dial('', 'in')
  const far = await listener.accept()
  const waiting = await client.dial('', 'in')
  await until(() => listener.waiting === 1)
  const ending = errorOf(waiting)
  listener.close()
  expect(await ending).toMatchObject({ code: 'ECONNRESET' })
  far.pipe(far)
  expect(await ask(kept, 'still here')).toBe('still here')
  await until(() => client.services().length === 0)
})

test('the signal of a bind closes its listener, and is let go of when that is closed', async () => {
  await using node = new AstraNet()
  const controller = new AbortController()
  const listener = await node.bind('', 'in', { signal: controller.signal })
  controller.abort()
  expect([listener.listening, node.services().length]).toEqual([false, 0])
  const aborted = AbortSignal.abort(new Error('enough'))
  expect((await failure(node.bind('', 'in', { signal: aborted }))).message).toBe('enough')
  expect(node.services()).toEqual([])
})

test('a service may write more than a window the moment it is dialed', async () => {
  await using nodes = await twoNodes()
  const listener = await nodes.server.bind('', 'source')
  listener.on('connection', (socket) => socket.end(Buffer.alloc(1_000_000)))
  expect((await textOf(await nodes.client.dial('', 'source'))).length).toBe(1_000_000)
})

test('what opened a stream does not count as unread of it', async () => {
  await using nodes = await twoNodes()
  const listener = await nodes.server.bind('', 'in')
  const accepting = listener.accept()
  const socket = await nodes.client.dial('', 'in')
  expect([socket.stream.unreadBytes, (await accepting).stream.unreadBytes]).toEqual([0, 0])
})
test('a far side that does not answer is given up in time, whether it was known at first or only at the deadline', async () => {
  const clock = new SkipClock()
  await using server = new AstraNet()
  await using client = new AstraNet({ clock })
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using proxy = await Proxy.to(endpoint.address)
  echo(await server.bind('', 'echo'))
  await client.join('tcp4', proxy.address)
  await until(() => client.services().length === 1)
  proxy.freeze()
  const dialing = failure(client.dial('', 'echo', { timeoutMs: 4_000, hedgeAfterMs: 0 }))
  // Finds no instance at first, and one when it looks for the last time.
  const local = await client.bind('', 'echo')
  let looks = 0
  const selector: Selector = (instances) =>
    ++looks === 1 ? undefined : instances.find(({ nodeId }) => nodeId === server.nodeId)
  const late = failure(client.dial('', 'echo', { timeoutMs: 4_000, selector }))
  await clock.advance(4_000)
  expect(await dialing).toMatchObject({ code: 'ETIMEDOUT', syscall: 'dial', address: 'echo' })
  expect(looks).toBe(2)
  // An answer may take the default time.
  await clock.advance(10_000)
  expect(await late).toMatchObject({ code: 'ETIMEDOUT' })
  local.close()
})

test('a service that goes and comes back within a turn is found by a dial that waits for it', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'web:5')
  await turns(2)
  listener.close()
  const dialing = node.dial('', 'web:5')
  echo(await node.bind('', 'web:5'))
  expect(await ask(await dialing, 'back')).toBe('back')
})

test('a selector may throw, abort its own dial, or pick what it was not given: the dial fails and nothing else', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  for (const node of [server, client]) echo(await node.bind('', 'web'))
  await until(() => client.services().length === 2)
  const broken: Selector = () => {
    throw new Error('cannot decide')
  }
  expect(await failure(client.dial('', 'web', { selector: broken }))).toMatchObject({
    message: 'cannot decide',
  })
  const controller = new AbortController()
  const aborting: Selector = (instances) => {
    controller.abort(new Error('changed my mind'))
    return instances[0]
  }
  const aborted = client.dial('', 'web', { selector: aborting, signal: controller.signal })
  expect(await failure(aborted)).toMatchObject({ message: 'changed my mind' })
  const [other] = client.services()
  const wrong = await failure(client.dial('', 'web', { selector: () => other && { ...other } }))
  expect([wrong.name, wrong.message]).toEqual([
    'TypeError',
    'Expected one of the instances it is given, or undefined, to be returned from the "selector" function but got an instance of Object.',
  ])
  expect(await ask(await client.dial('', 'web'), 'still there')).toBe('still there')
})

test('dials of this node that are given up at once leave their places in the backlog to others', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'door:5', { backlog: 2 })
  // The pair of sessions is there from now on.
  const first = await node.dial('', ':5')
  await listener.accept()
  for (let i = 0; i < 4; i++) {
    const controller = new AbortController()
    const dialing = failure(node.dial('', ':5', { signal: controller.signal }))
    controller.abort(new Error('no'))
    expect(await dialing).toMatchObject({ message: 'no' })
  }
  await turns(20)
  for (let i = 0; i < 4; i++) {
    const socket = await node.dial('', ':5')
    socket.resetAndDestroy()
    await turns(20)
  }
  const [near, far] = await Promise.all([node.dial('', ':5'), listener.accept()])
  for (const socket of [first, near, far]) socket.destroy()
})

test('what came behind the header counts as unread while the stream waits to be accepted', async () => {
  await using nodes = await twoNodes({ sessionLimits: { maxReceiveBufferBytes: 131_072 } })
  const { server, client } = nodes
  const listener = await server.bind('', 'late')
  await until(() => client.services().length === 1)
  const total = 300_000
  const socket = await client.dial('', 'late')
  socket.end(Buffer.alloc(total, 7))
  await turns(20)
  const accepted = await listener.accept()
  let received = 0
  for await (const chunk of accepted) received += (chunk as Buffer).length
  expect(received).toBe(total)
})

test('a name that is bound anew, at another port, is dialed there at once', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  for (let round = 0; round < 20; round++) {
    const listener = await server.bind('', 'moving')
    const [near, far] = await Promise.all([client.dial('', 'moving'), listener.accept()])
    expect(near.remotePort).toBe(boundTo(listener).port)
    listener.close()
    near.destroy()
    far.destroy()
  }
  // What is closed is refused, or not found, at once.
  const since = performance.now()
  expect(await failure(client.dial('', 'moving', { timeoutMs: 0 }))).toMatchObject({
    code: expect.stringMatching(/^(ECONNREFUSED|ENOTFOUND)$/) as string,
  })
  expect(performance.now() - since).toBeLessThan(1_000)
})
