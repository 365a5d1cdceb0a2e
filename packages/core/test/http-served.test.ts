import { once } from 'node:events'
import { createServer, get, request, type IncomingMessage, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createServer as createTcpServer, type AddressInfo, type Socket as TcpSocket } from 'node:net'
import { expect, test } from 'vitest'
import { formatNodeId } from '../src/index.js'
import { failure, textOf, twoNodes, until, type TwoNodes } from './support.js'

async function textAt(nodes: TwoNodes, url: string): Promise<string> {
  const response = await nodes.client.fetch(url)
  return await response.text()
}

function closed(server: { close(callback: (error?: Error) => void): unknown }): Promise<Error | undefined> {
  return new Promise((resolve) => server.close(resolve))
}

test('a function serves a name in one line, and the server has what listen starts', async () => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('web', (_, response) => response.end('hello'))
  expect(server.listening).toBe(true)
  expect(server.address()).toMatchObject({ family: 'IPv6', service: 'web', node: nodes.server.nodeId })
  expect(await textAt(nodes, 'http://web/')).toBe('hello')
  expect(await closed(server)).toBeUndefined()
  expect(server.listening).toBe(false)
  expect(server.address()).toBe(null)
  expect(nodes.server.services().map(({ name }) => name)).not.toContain('web')
})

test('headers that do not arrive in time are answered with 408, as over TCP', async () => {
  await using nodes = await twoNodes()
  const options = { headersTimeout: 30, requestTimeout: 40, connectionsCheckingInterval: 10 }
  await nodes.server.serve('web', createServer(options))
  const socket = await nodes.client.dial('', 'web')
  socket.write('GET / HTTP/1.1\r\nHost: ')
  expect(await textOf(socket)).toMatch(/^HTTP\/1.1 408 /)
})

test('close ends idle connections at once, and calls back when the last answer is over', async () => {
  await using nodes = await twoNodes()
  let finish: () => void = () => {}
  const server = await nodes.server.serve('web', (_, response) => {
    response.write('begun ')
    finish = () => response.end('and done')
  })
  const agent = nodes.client.httpAgent({ keepAlive: true })
  const [response] = (await once(get('http://web/', { agent }), 'response')) as [IncomingMessage]
  const events: string[] = []
  server.on('close', () => events.push('close'))
  server.close(() => events.push('callback'))
  expect(await failure(nodes.client.dial('', 'web', { timeoutMs: 0 }))).toMatchObject({
    code: expect.stringMatching(/^(ENOTFOUND|ECONNREFUSED)$/) as string,
  })
  expect(events).toEqual([])
  finish()
  expect(await textOf(response)).toBe('begun and done')
  agent.destroy()
  await until(() => events.length > 0)
  expect(events).toEqual(['close', 'callback'])
  expect(await closed(server)).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' })
})

test('closeIdleConnections ends the connections that wait for a request', async () => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('web', (_, response) => response.end('hello'))
  const socket = await nodes.client.dial('', 'web')
  socket.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
  await once(socket, 'data')
  server.closeIdleConnections()
  socket.resume()
  await once(socket, 'close')
})

test('a client that ends its direction gets its answer from a server that allows it, as over TCP', async () => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('web', (incoming, response) => {
    incoming.resume()
    incoming.on('end', () => setImmediate(() => response.end('late')))
  })
  Object.assign(server, { httpAllowHalfOpen: true })
  const socket = await nodes.client.dial('', 'web')
  socket.end('POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx')
  expect(await textOf(socket)).toMatch(/late$/)
})

/** `listen` with these arguments, and what is dialed then. */
const forms: [string, unknown[], string][] = [
  ['a name', ['web'], 'web'],
  ['a path', [{ path: 'web' }], 'web'],
  ['a path and a port', [{ path: 'web', port: 8080 }], 'web:8080'],
  ['a port and a host', [8080, 'web'], 'web:8080'],
  ['a port of the node', [8080, '0.0.0.0'], ':8080'],
  ['a port as text', ['8080'], ':8080'],
  ['nothing', [], ':PORT'],
]

test.each(forms)('a server of httpServer listens on %s', async (_, args, dialed) => {
  await using nodes = await twoNodes()
  const server = nodes.server.httpServer((_request, response) => response.end('hello'))
  const listening = new Promise<void>((resolve) => server.listen(...(args as []), () => resolve()))
  // As for `net.Server`, the address is there at once.
  const { port } = server.address() as AddressInfo
  expect(server.listening).toBe(true)
  await listening
  const { nodeId } = nodes.server
  const [, name, at] = /^(.*?)(:.*)?$/.exec(dialed.replace('PORT', String(port))) as unknown as string[]
  const socket = await nodes.client.httpDial('', name === '' ? `${formatNodeId(nodeId)}${at}` : dialed)
  socket.write('GET / HTTP/1.0\r\n\r\n')
  expect(await textOf(socket)).toMatch(/hello$/)
})

test('listen emits an error for a name that is taken, and throws on wrong arguments', async () => {
  await using nodes = await twoNodes()
  await nodes.server.serve('web:80', () => {})
  const server = nodes.server.httpServer({})
  server.listen({ path: 'web', port: 80 })
  expect(await once(server, 'error')).toMatchObject([{ code: 'EADDRINUSE' }])
  expect(() => server.listen({ path: 7 } as never)).toThrow(
    /^The "options\.path" property must be of type string/,
  )
  expect(() => server.listen({ port: 'x' } as never)).toThrow(
    /^options\.port should be >= 0 and < 4294967296/,
  )
  const badPort = { name: 'RangeError', code: 'ERR_SOCKET_BAD_PORT' }
  for (const port of [-1, 1.5, NaN, 2 ** 32])
    for (const asked of [port, { port }])
      expect(() => server.listen(asked as never)).toThrow(expect.objectContaining(badPort))
  expect(() => server.listen({ path: 'web', backlog: 0 })).toThrow(/"options\.backlog" is out of range/)
  server.listen('other')
  expect(() => server.listen('other')).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }))
  await expect(nodes.server.serve(7 as never, () => {})).rejects.toThrow(
    /^The "address" argument must be of type string/,
  )
  await expect(nodes.server.serve('x', undefined as never)).rejects.toThrow(
    /^The "handler" argument must be of type function or a server of node:http, node:https, node:http2 or node:net/,
  )
  await expect(nodes.server.serve('x', {} as never)).rejects.toThrow(
    /^The "handler" argument must be of type function or a server of node:http, node:https, node:http2 or node:net/,
  )
  await expect(nodes.server.serve('x', () => {}, 7 as never)).rejects.toThrow(
    /^The "options" argument must be of type object/,
  )
})

test('one server serves several names, and TCP', async () => {
  await using nodes = await twoNodes()
  const server: Server = createServer((incoming, response) => response.end(incoming.headers.host))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await nodes.server.serve('web', server)
  const { port } = server.address() as AddressInfo
  expect(await textAt(nodes, 'http://web/')).toBe('web')
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toMatch(/^127/)
  server.closeAllConnections()
  await closed(server)

  const two = await nodes.server.serve('one', (incoming, response) => response.end(incoming.headers.host))
  await nodes.server.serve('two', two)
  expect(await textAt(nodes, 'http://one/')).toBe('one')
  expect(await textAt(nodes, 'http://two/')).toBe('two')
  two.closeAllConnections()
  await closed(two)
  expect(nodes.server.services()).toEqual([])
})

test('serve rejects when the node closes before the server listens', async () => {
  await using nodes = await twoNodes()
  const serving = failure(nodes.server.serve('web', () => {}))
  await nodes.server.close()
  expect(await serving).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING', syscall: 'serve' })
})

test('a server closes with its node', async () => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('web', () => {})
  const isClosed = once(server, 'close')
  await nodes.server.close()
  await isClosed
  expect(server.listening).toBe(false)
})

test('HTTP/2 works both ways', async () => {
  await using nodes = await twoNodes()
  const server = createHttp2Server((incoming, response) => {
    incoming.pipe(response)
  })
  await nodes.server.serve('h2', server)
  const session = connectHttp2('http://h2', {
    createConnection: ({ host }) => nodes.client.httpConnect('', host),
  })
  const body = 'x'.repeat(100_000)
  const texts = Array.from({ length: 20 }, async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/' })
    stream.end(body)
    return await textOf(stream)
  })
  for (const text of await Promise.all(texts)) expect(text === body).toBe(true)
  session.close()
  await once(session, 'close')
  await closed(server)
})

test('a plain net.Server serves a name, too', async () => {
  await using nodes = await twoNodes()
  const server = createTcpServer((socket: TcpSocket) => void socket.resume().write('hello'))
  await nodes.server.serve('plain', server)
  // Its sockets end with their clients, as over TCP.
  const isEnded = once(server, 'connection').then(([socket]: unknown[]) => once(socket as TcpSocket, 'close'))
  const socket = await nodes.client.dial('', 'plain', { allowHalfOpen: true })
  socket.end()
  expect(await textOf(socket)).toBe('hello')
  await isEnded
  await closed(server)
})

test('CONNECT and Upgrade hand over the socket, with what came behind the headers', async () => {
  await using nodes = await twoNodes()
  const server = await nodes.server.serve('web', (_, response) => response.end())
  server.on('connect', (_, socket, head) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  })
  server.on('upgrade', (_, socket, head) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  })
  const agent = nodes.client.httpAgent()
  for (const [event, options] of [
    ['connect', { method: 'CONNECT', path: 'elsewhere:443' }],
    ['upgrade', { headers: { Connection: 'Upgrade', Upgrade: 'echo' } }],
  ] as const) {
    const call = request({ agent, host: 'web', ...options })
    call.end()
    const [, socket] = (await once(call, event)) as [IncomingMessage, TcpSocket]
    socket.end('there and back')
    expect(await textOf(socket)).toBe('there and back')
  }
})
