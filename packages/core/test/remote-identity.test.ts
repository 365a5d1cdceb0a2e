import { once } from 'node:events'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AstraNet as BrowserNode } from '../src/browser.js'
import { AstraNet, generateIdentity, Socket } from '../src/index.js'
import { twoNodes, type TwoNodes } from './support.js'

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

async function ends(name = 'who'): Promise<{ near: Socket; far: Socket }> {
  const listener = await nodes.server.bind('', name)
  const [near, far] = await Promise.all([nodes.client.dial('', name), listener.accept()])
  listener.close()
  return { near, far }
}

test('a socket knows the node at the other end, dialed or accepted', async () => {
  const { near, far } = await ends()
  const { server, client, endpoint } = nodes
  expect(near.remoteIdentity).toEqual({
    nodeId: server.nodeId,
    publicKey: server.publicKey,
    roles: [],
    security: 'private',
    remoteAddress: endpoint.address,
    path: { kind: 'direct', via: [] },
  })
  expect(far.remoteIdentity).toEqual({
    nodeId: client.nodeId,
    publicKey: client.publicKey,
    roles: [],
    security: 'private',
    remoteAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    path: { kind: 'direct', via: [] },
  })
  near.destroy()
})

test('all sockets of a link share one frozen object', async () => {
  const [first, second] = [await ends('first'), await ends('second')]
  for (const end of ['near', 'far'] as const) {
    const { remoteIdentity } = first[end]
    expect(second[end].remoteIdentity).toBe(remoteIdentity)
    expect(Object.isFrozen(remoteIdentity)).toBe(true)
    expect(Object.isFrozen(remoteIdentity.roles)).toBe(true)
    expect(Object.keys(remoteIdentity)).not.toContain('services')
  }
  first.near.destroy()
  second.near.destroy()
})

test('it is undefined before the socket is connected, when that fails, and on the prototype', async () => {
  const socket = nodes.client.connect('', ':1')
  expect(socket.remoteIdentity).toBeUndefined()
  await once(socket, 'error')
  expect(socket.remoteIdentity).toBeUndefined()
  expect(Socket.prototype.remoteIdentity).toBeUndefined()
  const listener = await nodes.server.bind('', 'late')
  const late = nodes.client.connect('', 'late')
  await once(late, 'connect')
  expect(late.remoteIdentity.nodeId).toBe(nodes.server.nodeId)
  late.destroy()
  listener.close()
})

test('it stays when the socket is closed, in its close event too', async () => {
  const { near, far } = await ends()
  near.resume()
  far.resume()
  const closed = Promise.all([once(near, 'close'), once(far, 'close')])
  const seen: unknown[] = []
  far.on('close', () => seen.push(far.remoteIdentity.nodeId))
  near.end()
  far.end()
  await closed
  expect(near.remoteIdentity.nodeId).toBe(nodes.server.nodeId)
  expect(seen).toEqual([nodes.client.nodeId])
})

test('a node that dials itself sees itself, over a private pipe', async () => {
  const { server } = nodes
  const listener = await server.bind('', 'mirror')
  const [near, far] = await Promise.all([server.dial('', 'mirror'), listener.accept()])
  expect(near.remoteIdentity).toEqual({
    nodeId: server.nodeId,
    publicKey: server.publicKey,
    roles: [],
    security: 'private',
    remoteAddress: '',
    path: { kind: 'direct', via: [] },
  })
  expect(far.remoteIdentity).toBe(near.remoteIdentity)
  near.destroy()
  listener.close()
})

test('a socket says that its link is encrypted', async () => {
  await using encrypted = await twoNodes({ encryption: 'always' })
  const listener = await encrypted.server.bind('', 'who')
  const [near, far] = await Promise.all([encrypted.client.dial('', 'who'), listener.accept()])
  expect([near.remoteIdentity.security, far.remoteIdentity.security]).toEqual(['encrypted', 'encrypted'])
  near.destroy()
})

test('it is no property of its own, so that inspecting a socket does not show a key', async () => {
  const { near } = await ends()
  expect(Object.keys(near)).not.toContain('remoteIdentity')
  expect(inspect(near, { depth: 3 })).not.toContain('publicKey')
  near.destroy()
})

test("browsers' sockets have it, too", async () => {
  const { port1, port2 } = new MessageChannel()
  await using page = new BrowserNode({ identity: await generateIdentity() })
  await using node = new AstraNet()
  const listener = await node.bind('', 'who')
  await Promise.all([page.attach(port1), node.attach(port2)])
  const [near, far] = await Promise.all([page.dial('', 'who'), listener.accept()])
  expect(near.remoteIdentity).toMatchObject({ nodeId: node.nodeId, security: 'private' })
  expect(far.remoteIdentity).toMatchObject({ nodeId: page.nodeId, publicKey: page.publicKey })
  near.destroy()
})
