import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { expect, test } from 'vitest'
import type { Socket } from '../src/index.js'
import { textOf, twoNodes, until, type TwoNodes } from './support.js'

const child = new URL('http-client-child.mjs', import.meta.url)

/** A server without a listener for `clientError`, that answers at once and ends its answer after the request. */
function webServer(): Server {
  return createServer((request, response) => {
    response.write('hello')
    request.on('data', () => {})
    request.on('end', () => response.end())
  })
}

/** How clients go in the middle of a request, in this process. */
const goings: Record<string, (socket: Socket, nodes: TwoNodes) => void> = {
  'destroys its socket': (socket) => void socket.destroy(),
  'destroys its socket with an error': (socket) => void socket.destroy(new Error('enough')),
  'resets its socket': (socket) => void socket.resetAndDestroy(),
  'goes on with what is no request': (socket) => void socket.write('x'.repeat(2_000)),
  'closes its node': (_, { client }) => void client.close(),
}

async function answerOf(nodes: TwoNodes): Promise<string> {
  const { client, endpoint } = nodes
  if (client.isClosed) return 'hello'
  await client.join('tcp4', endpoint.address)
  const socket = await client.httpDial('', 'web')
  const [response] = (await once(get({ createConnection: () => socket }), 'response')) as [IncomingMessage]
  return await textOf(response)
}

test.each(['exits', 'throws', 'is killed'])('an http server lives on when a client %s', async (way) => {
  await using nodes = await twoNodes()
  const web = webServer()
  const listener = await nodes.server.bind('', 'web')
  const closed: Promise<unknown>[] = []
  listener.on('connection', (socket) => {
    closed.push(new Promise((resolve) => socket.once('close', resolve)))
    web.emit('connection', socket)
  })
  const client = fork(child, [nodes.endpoint.address, way], { execArgv: [], silent: true })
  const [code, signal] = (await once(client, 'exit')) as [number | null, string | null]
  expect(code ?? signal).toBe({ exits: 0, throws: 1, 'is killed': 'SIGKILL' }[way])
  expect(closed.length).toBe(1)
  await Promise.all(closed)
  expect(await answerOf(nodes)).toBe('hello')
})

test.each(Object.entries(goings))('an http server lives on when a client %s', async (_, go) => {
  await using nodes = await twoNodes()
  await using other = await twoNodes()
  const web = webServer()
  const listener = await nodes.server.bind('', 'web')
  let open = 0
  listener.on('connection', (socket) => {
    open += 1
    socket.once('close', () => (open -= 1))
    web.emit('connection', socket)
  })
  const socket = await nodes.client.dial('', 'web')
  socket.on('error', () => {})
  socket.write('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\nbegun')
  await once(socket, 'data')
  socket.resume().write('and more')
  go(socket, nodes)
  await until(() => open === 0)
  await other.client.join('tcp4', nodes.endpoint.address)
  expect(await answerOf({ ...nodes, client: other.client })).toBe('hello')
})
