import { once } from 'node:events'
import { createServer, connect } from 'node:net'
import { PassThrough, Duplex, duplexPair } from 'node:stream'
import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { memory, memoryPair } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { NODE_SCOPE } from '../src/api/astra-net.js'
import { AstraNet, formatNodeId, type Transport } from '../src/index.js'
import { MachineWatch } from '../src/node/machine-watch.js'
import { Node } from '../src/node/node.js'
import { NodeHandle } from '../src/node/node-handle.js'
import { resolveOptions } from '../src/node/resolve-options.js'
import { identityNow } from '../src/nodejs/identity-option.js'
import { nodejs } from '../src/nodejs/platform.js'
import {
  closing,
  errorOf,
  failure,
  Proxy,
  SkipClock,
  textOf,
  turn,
  turns,
  twoNodes,
  unreliable,
  until,
} from './support.js'

async function bindEcho(node: AstraNet, address: string): Promise<void> {
  const listener = await node.bind('', address)
  listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
}

async function talks(from: AstraNet, address: string): Promise<void> {
  const socket = await from.dial('', address)
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
}

test('services and routes come and go with what is bound and with the link', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'web:80', { tags: ['blue'], weight: 3 })
  await until(() => client.services().length === 1)
  expect(client.services()[0]).toMatchObject({
    name: 'web',
    port: 80,
    nodeId: server.nodeId,
    tags: ['blue'],
    weight: 3,
  })
  await until(() => client.routes()[0]?.cost !== undefined)
  expect(client.routes()).toMatchObject([{ nodeId: server.nodeId, distance: 0, via: [] }])
  expect(server.routes()).toMatchObject([{ nodeId: client.nodeId, distance: 0 }])
  listener.close()
  await until(() => client.services().length === 0)
  await server.bind('', 'web')
  await until(() => client.services().length === 1)
  await server.close()
  await until(() => client.routes().length === 0)
  expect(client.services()).toEqual([])
})

test('the round trip to a neighbour is measured on demand', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  expect(await client.ping(server.nodeId)).toBeGreaterThan(0)
  const error = await failure(client.ping(client.nodeId))
  expect(error).toMatchObject({ code: 'EHOSTUNREACH', address: formatNodeId(client.nodeId) })
})

test('join resolves with the id of the node there, and reports what failed', async () => {
  await using node = new AstraNet()
  await using other = new AstraNet()
  const endpoint = await other.listenAndServe('tcp', '127.0.0.1:0')
  expect(await node.join('tcp', endpoint.address)).toBe(other.nodeId)
  await endpoint.close()
  await endpoint.close()
  const refused = await failure(node.join('tcp4', endpoint.address))
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  const foreign = createServer((socket) =>
    socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ).listen(0, '127.0.0.1')
  await once(foreign, 'listening')
  const { port } = foreign.address() as { port: number }
  expect(await failure(node.join('tcp4', `127.0.0.1:${port}`))).toMatchObject({
    code: 'ASTRA_ERR_LINK_FOREIGN',
  })
  foreign.close()
})

test('an endpoint that is closed is not advertised any more', async () => {
  await using nodes = await twoNodes()
  const { server, client, endpoint } = nodes
  const second = await server.listenAndServe('tcp4', '127.0.0.1:0')
  expect(second.address).not.toBe(endpoint.address)
  await second.close()
  const third = await server.listenAndServe('tcp4', second.address)
  expect(third.address).toBe(second.address)
  await talksBothWays(server, client)
})

async function talksBothWays(a: AstraNet, b: AstraNet): Promise<void> {
  await Promise.all([bindEcho(a, 'at-a'), bindEcho(b, 'at-b')])
  await Promise.all([talks(a, 'at-b'), talks(b, 'at-a')])
}

test('a node that joins itself gets an error that names the reason', async () => {
  await using node = new AstraNet()
  const endpoint = await node.listenAndServe('tcp4', '127.0.0.1:0')
  expect(await failure(node.join('tcp4', endpoint.address))).toMatchObject({ code: 'ASTRA_ERR_LINK_SELF' })
  expect(node.routes()).toEqual([])
})

test('a join can be aborted while it connects and while the two introduce each other', async () => {
  await using node = new AstraNet()
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = `127.0.0.1:${(silent.address() as { port: number }).port}`
  const reason = new Error('enough')
  expect(await failure(node.join('tcp4', address, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  const controller = new AbortController()
  const accepted = once(silent, 'connection')
  const joining = failure(node.join('tcp4', address, { signal: controller.signal }))
  const [socket] = (await accepted) as [Duplex]
  await once(socket, 'readable')
  controller.abort(reason)
  expect(await joining).toBe(reason)
  socket.resume()
  await until(() => socket.destroyed)
  silent.close()
})

test('a pipe of any kind makes a link: a Node Duplex', async () => {
  await using a = new AstraNet()
  await using b = new AstraNet()
  const [there, back] = [new PassThrough(), new PassThrough()]
  const ids = await Promise.all([
    a.attach(Duplex.from({ readable: back, writable: there })),
    b.attach(Duplex.from({ readable: there, writable: back })),
  ])
  expect(ids).toEqual([b.nodeId, a.nodeId])
  await talksBothWays(a, b)
})

test('a pipe of any kind makes a link: a TCP socket', async () => {
  await using a = new AstraNet()
  await using b = new AstraNet()
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const socket = connect((listener.address() as { port: number }).port, '127.0.0.1')
  const [accepted] = (await once(listener, 'connection')) as [Duplex]
  listener.close()
  await Promise.all([a.attach(socket), b.attach(accepted)])
  await talksBothWays(a, b)
})

test('a pipe of any kind makes a link: a pair of Web Streams', async () => {
  await using a = new AstraNet()
  await using b = new AstraNet()
  const [there, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()]
  await Promise.all([
    a.attach({ readable: back.readable, writable: there.writable }),
    b.attach({ readable: there.readable, writable: back.writable }),
  ])
  await talksBothWays(a, b)
})

test("a pipe of any kind makes a link: Node's duplexPair, which answers before a write returns", async () => {
  await using a = new AstraNet()
  await using b = new AstraNet()
  const [near, far] = duplexPair()
  await Promise.all([a.attach(near), b.attach(far)])
  await talksBothWays(a, b)
})

test('a pipe of any kind makes a link: a stream of AstraNet itself', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await using inner = new AstraNet()
  await using outer = new AstraNet()
  const listener = await server.bind('', 'carrier')
  const [far, near] = await Promise.all([
    listener.accept(),
    client.dial('', 'carrier', { allowHalfOpen: true }),
  ])
  await Promise.all([inner.attach(far), outer.attach(near)])
  await talksBothWays(inner, outer)
})

test('attaching can be aborted', async () => {
  await using node = new AstraNet()
  const reason = new Error('enough')
  const controller = new AbortController()
  const pipe = new PassThrough()
  const attaching = failure(
    node.attach(Duplex.from({ readable: new PassThrough(), writable: pipe }), { signal: controller.signal }),
  )
  await turns(2)
  controller.abort(reason)
  expect(await attaching).toBe(reason)
})

test('when a link breaks its sockets fail, the join makes it again, and the name can be dialed', async () => {
  await using server = new AstraNet()
  await using client = new AstraNet()
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using proxy = await Proxy.to(endpoint.address)
  await client.join('tcp4', proxy.address)
  const listener = await server.bind('', 'echo')
  const [far, near] = await Promise.all([listener.accept(), client.dial('', 'echo')])
  const broken = Promise.all([errorOf(far), errorOf(near)])
  proxy.cut()
  for (const error of await broken) expect(error).toMatchObject({ code: 'ECONNRESET' })
  listener.on('connection', (socket) => socket.pipe(socket))
  await talks(client, 'echo')
  expect(proxy.connections).toBe(2)
  expect(client.services()).toHaveLength(1)
})

test('a join is made again for ever: after a day without the other node too', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  await using server = new AstraNet({ clock, transports: [transport] })
  await using client = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'server')
  await client.join('memory', 'server')
  await bindEcho(server, 'echo')
  transport.isDown = true
  transport.cut()
  await clock.advance(86_400_000)
  expect(client.routes()).toEqual([])
  transport.isDown = false
  await clock.advance(30_000)
  expect(client.routes()).toHaveLength(1)
  await talks(client, 'echo')
  await Promise.all([closing(clock, client), closing(clock, server)])
}, 60_000)

test('a join whose signal aborts is not made again', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  await using server = new AstraNet({ clock, transports: [transport] })
  await using client = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'server')
  const controller = new AbortController()
  await client.join('memory', 'server', { signal: controller.signal })
  controller.abort()
  expect(client.routes()).toHaveLength(1)
  transport.cut()
  await clock.advance(120_000)
  expect(client.routes()).toEqual([])
  await Promise.all([closing(clock, client), closing(clock, server)])
})

/** A transport whose connections swallow what is written once `isSilent`. */
function swallowing(transport: Transport): Transport & { isSilent: boolean } {
  const wrapper = {
    networks: transport.networks,
    isSilent: false,
    async dial(network: string, address: string) {
      const connection = await transport.dial(network, address)
      const writev = connection.writev.bind(connection)
      connection.writev = (chunks) => wrapper.isSilent || writev(chunks)
      const abort = connection.abort.bind(connection)
      connection.abort = (reason) => (wrapper.isSilent ? undefined : abort(reason))
      connection.end = () => {}
      return connection
    },
    listen: transport.listen.bind(transport),
  }
  return wrapper
}

test('a neighbour that falls silent is gone after 15 s at most, and its services with it', async () => {
  const clock = new SkipClock()
  const transport = swallowing(memory({ clock }))
  await using watcher = new AstraNet({ clock, transports: [transport] })
  const silent = new AstraNet({ clock, transports: [transport] })
  await watcher.listenAndServe('memory', 'watcher')
  await silent.join('memory', 'watcher')
  await bindEcho(silent, 'soon-gone')
  await until(() => watcher.services().length === 1)
  const socket = await watcher.dial('', 'soon-gone')
  const broken = errorOf(socket)
  transport.isSilent = true
  await clock.advance(15_100)
  expect([watcher.services(), watcher.routes()]).toEqual([[], []])
  expect(await broken).toMatchObject({ code: 'ECONNRESET' })
  await closing(clock, watcher)
  void silent.close()
})

test('a silent neighbour is gone 2 s after the addresses of the machine have changed, a living one is not', async () => {
  const clock = new SkipClock()
  const shared = memory({ clock })
  const transport = swallowing(shared)
  let network = '10.0.0.1'
  const machine = new MachineWatch({ clock, timeOfDay: () => clock.now(), network: () => network })
  const resolved = resolveOptions({ clock, transports: [transport] }, nodejs)
  const node = new Node({ ...resolved, identity: identityNow(undefined) }, { ...nodejs, machine })
  await using watcher = new AstraNet(new NodeHandle(node, resolved), NODE_SCOPE)
  const silent = new AstraNet({ clock, transports: [transport] })
  await using living = new AstraNet({ clock, transports: [shared] })
  await watcher.listenAndServe('memory', 'watcher')
  await living.join('memory', 'watcher')
  await silent.join('memory', 'watcher')
  await until(() => watcher.routes().length === 2)
  transport.isSilent = true
  network = '192.168.1.7'
  await clock.advance(2_900)
  expect(watcher.routes()).toHaveLength(2)
  await clock.advance(200)
  expect(watcher.routes()).toEqual([expect.objectContaining({ nodeId: living.nodeId })])
  await Promise.all([closing(clock, watcher), closing(clock, living)])
  void silent.close()
})

test('what was sent before an end waits for its reader, an hour if need be', async () => {
  const clock = new SkipClock()
  const transports = [memory({ clock })]
  await using server = new AstraNet({ clock, transports })
  await using client = new AstraNet({ clock, transports })
  await server.listenAndServe('memory', 'server')
  await client.join('memory', 'server')
  const listener = await server.bind('', 'slow')
  const near = await client.dial('', 'slow')
  near.end('x'.repeat(200_000))
  await until(() => listener.waiting === 1)
  await clock.advance(3_600_000)
  expect((await textOf(await listener.accept())).length).toBe(200_000)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('nodes that join each other at once settle on one link and lose nothing', async () => {
  for (let round = 0; round < 15; round++) {
    await using a = new AstraNet()
    await using b = new AstraNet()
    const [atA, atB] = await Promise.all([
      a.listenAndServe('tcp4', '127.0.0.1:0'),
      b.listenAndServe('tcp4', '127.0.0.1:0'),
    ])
    const talking = Promise.all([talks(a, 'at-b'), talks(b, 'at-a')])
    const joining = [a.join('tcp4', atB.address), b.join('tcp4', atA.address)]
    for (let count = 0; count < round; count++) await turn()
    await Promise.all([bindEcho(a, 'at-a'), bindEcho(b, 'at-b')])
    expect(await Promise.all(joining)).toEqual([b.nodeId, a.nodeId])
    await talking
    expect([a.routes().length, b.routes().length]).toEqual([1, 1])
    const early = await a.dial('', 'at-b')
    await bindEcho(a, 'later-at-a')
    await bindEcho(b, 'later-at-b')
    await Promise.all([talks(a, 'later-at-b'), talks(b, 'later-at-a')])
    early.end('still here')
    expect(await textOf(early)).toBe('still here')
  }
})

/** One end of a pipe that, once frozen, lets nothing through in either direction until it is thawed. */
function freezable(end: ByteDuplex): ByteDuplex & { freeze(): void; thaw(): void } {
  const held: (() => void)[] = []
  let isFrozen = false
  const orHold = (call: () => void): void => void (isFrozen ? held.push(call) : call())
  return Object.assign(Object.create(end) as ByteDuplex, {
    handle: (handler: ByteDuplexHandler) =>
      end.handle({
        onData: (chunk) => orHold(() => handler.onData(chunk)),
        onDrain: () => orHold(() => handler.onDrain()),
        onEnd: () => orHold(() => handler.onEnd()),
        onClose: (reason) => orHold(() => handler.onClose(reason)),
      }),
    writev: (chunks: readonly Uint8Array[]) => isFrozen || end.writev(chunks),
    pause: () => end.pause(),
    resume: () => end.resume(),
    end: () => end.end(),
    abort: (reason: Error) => end.abort(reason),
    freeze: () => void (isFrozen = true),
    thaw() {
      isFrozen = false
      for (const call of held.splice(0)) call()
    },
  })
}

test.each([0, 1])(
  'the registry of a node that notices late that a link broke is received again (link %d)',
  async (broken) => {
    await using early = new AstraNet()
    await using late = new AstraNet()
    const links: { near: ByteDuplex; far: ReturnType<typeof freezable> }[] = []
    for (let index = 0; index < 2; index++) {
      const [near, end] = memoryPair()
      const far = freezable(end)
      links.push({ near, far })
      await Promise.all([early.attach(near), late.attach(far)])
    }
    await bindEcho(late, 'before')
    await talks(early, 'before')
    const { near, far } = links[broken] as (typeof links)[number]
    far.freeze()
    near.abort(new Error('broken'))
    await turns(20)
    await bindEcho(late, 'between')
    await turns(20)
    far.thaw()
    await bindEcho(late, 'after')
    await Promise.all([talks(early, 'between'), talks(early, 'after')])
  },
)

test('of two links either can break, one side noticing first, and both nodes go on hearing of each other', async () => {
  for (let round = 0; round < 12; round++) {
    await using server = new AstraNet()
    await using client = new AstraNet()
    const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
    await using first = await Proxy.to(endpoint.address)
    await using second = await Proxy.to(endpoint.address)
    const controller = new AbortController()
    const options = { signal: controller.signal }
    await client.join('tcp4', first.address, options)
    await client.join('tcp4', second.address, options)
    controller.abort()
    await bindEcho(server, 'before')
    await talks(client, 'before')
    const broken = round % 2 === 0 ? first : second
    broken.cut()
    for (let count = 0; count < round; count++) await turn()
    await Promise.all([bindEcho(server, 'after'), bindEcho(client, 'back')])
    await Promise.all([talks(client, 'after'), talks(server, 'back')])
    expect(client.routes()).toHaveLength(1)
  }
})
