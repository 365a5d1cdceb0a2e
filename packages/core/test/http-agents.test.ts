import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { request, WebSocket, type ErrorEvent, type MessageEvent } from 'undici'
import { WebSocketServer } from 'ws'
import type { AstraNet } from '../src/index.js'
import { memberTls } from './certificates.js'
import { failure, textOf, twoNodes, type TwoNodes } from './support.js'

/** Serves `name` with answers that take a few turns; counts its connections. */
async function counted(node: AstraNet, name: string): Promise<{ readonly connections: number }> {
  const counts = { connections: 0 }
  const server = await node.serve(name, (incoming, response) => {
    incoming.resume()
    setImmediate(() => response.end(`${incoming.method} ${incoming.url}`))
  })
  server.on('connection', () => (counts.connections += 1))
  return counts
}

async function answer(incoming: Promise<unknown[]>): Promise<string> {
  const [response] = (await incoming) as [IncomingMessage]
  return await textOf(response)
}

test('an agent keeps its connections, and opens no more than maxSockets', async () => {
  await using nodes = await twoNodes()
  const counts = await counted(nodes.server, 'web')
  const agent = nodes.client.httpAgent({ keepAlive: true, maxSockets: 3 })
  const answers = Array.from({ length: 30 }, (_, i) =>
    answer(once(get(`http://web/${i}`, { agent }), 'response')),
  )
  expect((await Promise.all(answers)).at(-1)).toBe('GET /29')
  expect(counts.connections).toBe(3)
  agent.destroy()
})

test('the timeout of an agent counts from the first connection on, as for the agent of Node', async () => {
  await using nodes = await twoNodes()
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await nodes.server.serve('web', server)
  const options = { timeout: 20 }
  const agents: [Agent, string][] = [
    [new Agent(options), `127.0.0.1:${(server.address() as AddressInfo).port}`],
    [nodes.client.httpAgent(options), 'web'],
  ]
  for (const [agent, host] of agents) {
    const waiting = get(`http://${host}/`, { agent }).on('error', () => {})
    expect(await once(waiting, 'timeout')).toEqual([])
    waiting.destroy()
    agent.destroy()
  }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('an agent finds names as URLs write them, and ports of nodes', async () => {
  await using nodes = await twoNodes()
  await counted(nodes.server, 'MyService')
  await nodes.server.serve(':8080', (_, response) => response.end('by port'))
  const agent = nodes.client.httpAgent()
  expect(await answer(once(get('http://MyService/a', { agent }), 'response'))).toBe('GET /a')
  const { address } = (await nodes.client.dial('', 'MyService')).address() as { address: string }
  expect(address).toMatch(/:/)
  const socket = await nodes.client.dial('', 'MyService')
  const url = `http://[${socket.remoteAddress}]:8080/`
  expect(await answer(once(get(url, { agent }), 'response'))).toBe('by port')
  expect(await (await nodes.client.fetch(url)).text()).toBe('by port')
})

test('a request to a name that nobody offers fails with the error of the dial', async () => {
  await using nodes = await twoNodes()
  const dial = { timeoutMs: 0 }
  const agent = nodes.client.httpAgent({ dial })
  expect(await once(get('http://nobody/', { agent }), 'error')).toMatchObject([{ code: 'ENOTFOUND' }])
  await using dispatcher = disposable(nodes.client.dispatcher({ dial }))
  expect(await failure(request('http://nobody/', { dispatcher }))).toMatchObject({ code: 'ENOTFOUND' })
  const error = await failure(nodes.client.fetch('http://nobody/', { dispatcher }))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.cause).toMatchObject({ code: 'ENOTFOUND' })
})

function disposable<T extends { destroy(): Promise<void> }>(dispatcher: T): T & AsyncDisposable {
  return Object.assign(dispatcher, { [Symbol.asyncDispose]: () => dispatcher.destroy() })
}

test('a dispatcher keeps its connections, and opens no more than it may', async () => {
  await using nodes = await twoNodes()
  const counts = await counted(nodes.server, 'web')
  const dispatcher = nodes.client.dispatcher({ connections: 2 })
  const answers = Array.from({ length: 30 }, async (_, i) => {
    const { body } = await request(`http://web/${i}`, { dispatcher })
    return await body.text()
  })
  expect((await Promise.all(answers)).at(-1)).toBe('GET /29')
  expect(counts.connections).toBe(2)
  await dispatcher.close()
})

test('fetch sends and receives bodies as streams, and can be aborted', async () => {
  await using nodes = await twoNodes()
  await nodes.server.serve('echo', (incoming, response) => void incoming.pipe(response))
  const body = new Blob(['x'.repeat(1_000_000)]).stream()
  const response = await nodes.client.fetch('http://echo/', { method: 'POST', body, duplex: 'half' })
  expect((await response.text()).length).toBe(1_000_000)
  await nodes.server.serve('slow', () => {})
  const controller = new AbortController()
  const waiting = failure(nodes.client.fetch('http://slow/', controller))
  controller.abort()
  expect(await waiting).toMatchObject({ name: 'AbortError' })
})

test('a URL of https speaks TLS inside the socket', async () => {
  await using nodes = await twoNodes()
  const { key, cert, ca } = memberTls()
  const options = { key, cert } as { key: string; cert: string }
  await nodes.server.serve(
    'safe',
    createSecureServer(options, (_, response) => response.end('hello')),
  )
  const dispatcher = nodes.client.dispatcher({ tls: { ca: ca as string, servername: 'localhost' } })
  const response = await nodes.client.fetch('https://safe/', { dispatcher })
  expect(await response.text()).toBe('hello')
  await dispatcher.destroy()
})

test.each([
  ['of the node', ({ client }: TwoNodes) => client.webSocket('ws://chat/room', ['one', 'two'])],
  [
    'of undici with a dispatcher',
    ({ client }: TwoNodes) =>
      new WebSocket('ws://chat/room', { protocols: ['one', 'two'], dispatcher: client.dispatcher() }),
  ],
])('a WebSocket %s talks with a server of ws', async (_, make) => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('chat', createServer())
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
  const socket = make(nodes)
  await event(socket, 'open')
  expect(socket.protocol).toBe('one')
  socket.send('there and back')
  expect(((await event(socket, 'message')) as MessageEvent).data).toBe('there and back')
  socket.close()
  await event(socket, 'close')
  sockets.close()
})

function event(target: EventTarget, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true })
    target.addEventListener('error', (error) => reject((error as unknown as ErrorEvent).error as Error), {
      once: true,
    })
  })
}

test('wrong arguments throw, and are named', async () => {
  await using nodes = await twoNodes()
  const { client } = nodes
  expect(() => client.httpAgent(7 as never)).toThrow(/^The "options" argument must be of type object/)
  expect(() => client.httpAgent({ dial: 7 } as never)).toThrow(
    /^The "options\.dial" property must be of type object/,
  )
  expect(() => client.httpAgent({ dial: { timeoutMs: -1 } })).toThrow(
    /"options\.dial\.timeoutMs" is out of range/,
  )
  expect(() => client.dispatcher(7 as never)).toThrow(/^The "options" argument must be of type object/)
  expect(() => client.dispatcher({ dial: { path: 'x' } } as never)).toThrow(
    /'options\.dial\.path' must be one of/,
  )
  expect(() => client.dispatcher({ tls: 7 } as never)).toThrow(
    /^The "options\.tls" property must be of type object/,
  )
  expect(() => client.httpConnect('', 7 as never)).toThrow(/^The "host" argument must be of type string/)
  expect(() => client.webSocket('ws://web', 7 as never)).toThrow(
    /^The "protocols" argument must be of type object/,
  )
  await expect(client.fetch('http://web', 7 as never)).rejects.toThrow(
    /^The "init" argument must be of type object/,
  )
})

test('views of one environment share the connections of fetch', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.withEnv('blue').serve('web', (_, response) => response.end('hello'))
  let connections = 0
  listener.on('connection', () => (connections += 1))
  await client.withEnv('blue').waitFor('web')
  for (let count = 0; count < 20; count++)
    expect(await (await client.withEnv('blue').fetch('http://web/')).text()).toBe('hello')
  // One that is about to be free again may be passed over.
  expect(connections).toBeLessThan(10)
})
