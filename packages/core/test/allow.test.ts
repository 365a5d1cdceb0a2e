import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import net from 'node:net'
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId, type BindOptions, type RemoteIdentity } from '../src/index.js'
import { boundTo, failure, twoNodes, uncaught } from './support.js'

test('allow is asked for each dial, with who dials, before anything is accepted', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const asked: RemoteIdentity[] = []
  const listener = await server.bind('', 'admin', {
    allow: (peer) => {
      asked.push(peer)
      return asked.length === 1
    },
  })
  const socket = await client.dial('', 'admin')
  const accepted = await listener.accept()
  const error = await failure(client.dial('', 'admin'))
  expect(error).toMatchObject({
    name: 'NetError',
    code: 'EACCES',
    errno: -13,
    syscall: 'dial',
    address: 'admin',
    message: expect.stringMatching(/^dial admin: .*the service "admin" does not allow this node/),
  })
  expect(asked.map(({ nodeId }) => nodeId)).toEqual([client.nodeId, client.nodeId])
  expect(asked[0]).toBe(accepted.remoteIdentity)
  expect(listener.waiting).toBe(0)
  socket.destroy()
})

test('a dial of the port, by the id of the node, is asked about as well', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'admin:9', { allow: () => false })
  const error = await failure(client.dial('', `${formatNodeId(server.nodeId)}:9`))
  expect(error).toMatchObject({ code: 'EACCES', message: expect.stringContaining('"admin"') })
  const nameless = await server.bind('', ':10', { allow: () => false })
  const port = await failure(client.dial('', `${formatNodeId(server.nodeId)}:10`))
  expect(port).toMatchObject({ code: 'EACCES', message: expect.stringContaining('port 10 does not allow') })
  nameless.close()
})

test('a node is asked about its own dials', async () => {
  await using node = new AstraNet()
  const asked: unknown[] = []
  await node.bind('', 'own', {
    allow: ({ nodeId, security }) => {
      asked.push([nodeId, security])
      return false
    },
  })
  expect(await failure(node.dial('', 'own'))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('the service "own" does not allow this node'),
  })
  expect(asked).toEqual([[node.nodeId, 'private']])
})

const failures: [string, () => unknown, RegExp][] = [
  [
    'throws',
    () => {
      throw new Error('allow is broken')
    },
    /^allow is broken$/,
  ],
  [
    'answers with a promise',
    async () => true,
    /^Expected true or false to be returned from the \"allow\" function but got an instance of Promise\.$/,
  ],
  [
    'answers with a promise that rejects',
    () => Promise.reject(new Error('late')),
    /got an instance of Promise\.$/,
  ],
  ['answers with a number', () => 1, /got type number \(1\)\.$/],
  ['answers with nothing', () => undefined, /got undefined\.$/],
  ['answers with null', () => null, /got null\.$/],
]
test.each(failures)(
  'an allow that %s lets nobody in, and is an uncaught exception',
  async (_, allow, message) => {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    const listener = await server.bind('', 'broken', { allow } as BindOptions)
    for (const dialer of [client, server]) {
      const thrown = uncaught()
      expect(await failure(dialer.dial('', 'broken'))).toMatchObject({ code: 'EACCES' })
      expect(await thrown).toMatchObject({ message: expect.stringMatching(message) })
    }
    expect(listener.waiting).toBe(0)
  },
)

test.each([null, 'all', true, {}])('an allow that is no function is a TypeError: %s', async (allow) => {
  await using node = new AstraNet()
  const error = await failure(node.bind('', 'x', { allow } as unknown as BindOptions))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(/^The "options\.allow" property must be of type function/)
  expect(node.services()).toEqual([])
})

test('another instance is dialed when one does not allow it, without a wait', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'pair', { allow: () => false })
  const open = await server.bind('', 'pair')
  for (let count = 0; count < 4; count++) {
    const socket = await client.dial('', 'pair')
    expect(socket.remotePort).toBe(boundTo(open).port)
    socket.destroy()
  }
})

test('allow may close the listener and the node', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'closing', {
    allow: () => {
      listener.close()
      return true
    },
  })
  const { port, node } = boundTo(listener)
  expect(await failure(client.dial('', `${formatNodeId(node)}:${port}`))).toMatchObject({
    code: 'ECONNREFUSED',
  })
  await server.bind('', 'ending', {
    allow: () => {
      void server.close()
      return true
    },
  })
  expect(await failure(client.dial('', 'ending'))).toMatchObject({
    code: expect.stringMatching(/^ECONN(RESET|REFUSED)$/),
  })
})

test('allow runs in the async context of bind', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const store = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const allow = (): boolean => seen.push(store.getStore()) > 0
  await store.run('bind', () => server.bind('', 'context', { allow }))
  for (const dialer of [client, server]) {
    const socket = await store.run('dial', () => dialer.dial('', 'context'))
    socket.destroy()
  }
  expect(seen).toEqual(['bind', 'bind'])
})

test('the error has what an error of net has: code, number and call', async () => {
  await using node = new AstraNet()
  await node.bind('', 'own', { allow: () => false })
  const socket = node.connect('', 'own')
  const [ours] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  const [theirs] = (await once(net.connect({ port: 1, host: '127.0.0.1' }), 'error')) as [
    NodeJS.ErrnoException,
  ]
  const shared = ['errno', 'code', 'syscall', 'address']
  expect(Object.keys(theirs)).toEqual(expect.arrayContaining(shared))
  expect(Object.keys(ours)).toEqual(expect.arrayContaining(shared))
  expect(ours.errno).toBe(-constants.errno.EACCES)
  expect(socket.destroyed).toBe(true)
})
