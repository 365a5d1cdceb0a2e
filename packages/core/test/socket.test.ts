import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { isIPv6 } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { formatNodeId, type Socket } from '../src/index.js'
import { boundTo, failure, readToEnd, textOf, turns, twoNodes, until, type TwoNodes } from './support.js'

/** The two ends of one socket: dialed and accepted. */
async function connected(nodes: TwoNodes): Promise<{ near: Socket; far: Socket }> {
  const listener = await nodes.server.bind('', ':0')
  const { node, port } = boundTo(listener)
  const [far, near] = await Promise.all([
    listener.accept(),
    nodes.client.dial('', `${formatNodeId(node)}:${port}`, { allowHalfOpen: true }),
  ])
  listener.close()
  return { near, far }
}

test('the first bytes of the far side are read, also if they arrive with its answer', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'greeter')
  listener.on('connection', (socket) => socket.end(`hello ${socket.remotePort}`))
  for (const node of [client, server]) {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => node.dial('', 'greeter')))
    for (const socket of sockets) {
      const greeting = `hello ${socket.localPort}`
      expect(await textOf(socket)).toBe(greeting)
      expect(socket.bytesRead).toBe(greeting.length)
    }
  }
})

test('what was written before the end arrives whole, however soon the socket closes', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  for (const node of [client, server]) {
    for (const length of [1, 1_000, 100_000, 3_000_000]) {
      const text = 'x'.repeat(length)
      const sockets = await Promise.all(Array.from({ length: 5 }, () => node.dial('', 'echo')))
      for (const socket of sockets) socket.end(text)
      for (const socket of sockets) expect((await textOf(socket)).length).toBe(length)
    }
  }
})

test('a socket has addresses that are IP addresses, and counts its bytes', async () => {
  await using nodes = await twoNodes()
  const { near, far } = await connected(nodes)
  expect(isIPv6(near.remoteAddress)).toBe(true)
  expect(near.remoteAddress.startsWith('fd')).toBe(true)
  expect(near.address()).toEqual({ address: near.localAddress, family: 'IPv6', port: near.localPort })
  expect([near.remoteFamily, near.connecting, near.pending, near.readyState]).toEqual([
    'IPv6',
    false,
    false,
    'open',
  ])
  near.write('12345')
  far.write('123')
  await Promise.all([once(near, 'data'), once(far, 'data')])
  expect([near.bytesWritten, near.bytesRead]).toEqual([5, 3])
  expect([far.bytesWritten, far.bytesRead]).toEqual([3, 5])
  near.destroy()
  expect(near.readyState).toBe('closed')
})

test('each direction ends by itself, both ways round', async () => {
  await using nodes = await twoNodes()
  const { near, far } = await connected(nodes)
  near.end('question')
  expect(await textOf(far)).toBe('question')
  expect([near.readyState, far.readyState]).toEqual(['readOnly', 'closed'])
  const other = await connected(nodes)
  other.far.end('greeting')
  expect(await readToEnd(other.near)).toBe('greeting')
  expect(other.near.readyState).toBe('writeOnly')
  other.near.end('answer')
  expect(await textOf(other.far)).toBe('answer')
})

test('an idle socket emits timeout, as long as it is idle', async () => {
  await using nodes = await twoNodes()
  const { near, far } = await connected(nodes)
  let timeouts = 0
  near.setTimeout(20, () => (timeouts += 1))
  expect(near.timeout).toBe(20)
  await once(near, 'timeout')
  expect([timeouts, near.destroyed]).toEqual([1, false])
  near.setTimeout(0)
  near.setTimeout(60_000, () => expect.fail('it was turned off'))
  near.setTimeout(0)
  far.end()
  near.destroy()
  near.setTimeout(1, () => expect.fail('it is closed'))
  expect(() => far.setTimeout(-1)).toThrow(RangeError)
  expect(() => far.setTimeout('5' as never)).toThrow(TypeError)
})

test('a socket that only writes is not idle, however it writes', async () => {
  await using nodes = await twoNodes()
  const { near } = await connected(nodes)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let timeouts = 0
  near.setTimeout(1_000, () => (timeouts += 1))
  for (const chunk of [Buffer.alloc(10), 'text', Buffer.alloc(10), Buffer.alloc(10_000)]) {
    vi.advanceTimersByTime(999)
    near.write(chunk)
  }
  vi.advanceTimersByTime(999)
  expect(timeouts).toBe(0)
  vi.advanceTimersByTime(1)
  expect(timeouts).toBe(1)
})

test('resetAndDestroy is ECONNRESET at the other end, destroySoon sends what was written', async () => {
  await using nodes = await twoNodes()
  const first = await connected(nodes)
  const reset = once(first.far, 'error')
  first.near.resetAndDestroy()
  expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' })
  const second = await connected(nodes)
  second.near.write('x'.repeat(2_000_000))
  second.near.destroySoon()
  expect((await textOf(second.far)).length).toBe(2_000_000)
})

test('a writer waits for its reader, and nothing is lost', async () => {
  await using nodes = await twoNodes()
  const { near, far } = await connected(nodes)
  const chunk = Buffer.alloc(64 * 1024, 7)
  let written = 0
  // From Node 22 on one chunk is as much as a socket holds: what counts is that it does not drain any more.
  do {
    near.write(chunk)
    written += chunk.length
    await turns(50)
    expect(written).toBeLessThan(64 * 1024 * 1024)
  } while (!near.writableNeedDrain)
  near.end()
  let read = 0
  for await (const each of far) read += (each as Buffer).length
  expect(read).toBe(written)
})

test('a socket takes its place in a pipeline', async () => {
  await using nodes = await twoNodes()
  const first = await connected(nodes)
  const second = await connected(nodes)
  const through = pipeline(first.far, second.far)
  first.near.end('through')
  expect(await textOf(second.near)).toBe('through')
  await through
})

function serveHttp(nodes: TwoNodes): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    let length = 0
    request.on('data', (chunk: Buffer) => (length += chunk.length))
    request.on('end', () => response.end(`${request.method} ${request.url} ${length}`))
  })
  return nodes.server.bind('', 'web').then((listener) => {
    listener.on('connection', (socket) => server.emit('connection', socket))
    return server
  })
}

function request(options: http.RequestOptions, body = ''): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.request(options, resolve).on('error', reject).end(body)
  })
}

test('an HTTP server answers over it, and http.get asks', async () => {
  await using nodes = await twoNodes()
  await serveHttp(nodes)
  const socket = await nodes.client.httpDial('', 'web:80')
  const response = await request({ createConnection: () => socket as never, path: '/page' })
  expect([response.statusCode, await textOf(response)]).toEqual([200, 'GET /page 0'])
  const post = await nodes.client.httpDial('', 'web')
  const answer = await request({ createConnection: () => post as never, method: 'POST' }, 'x'.repeat(500_000))
  expect(await textOf(answer)).toBe('POST / 500000')
})

test('a keep-alive agent uses one socket for many requests', async () => {
  await using nodes = await twoNodes()
  await serveHttp(nodes)
  let dials = 0
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  Object.assign(agent, {
    createConnection(options: { host: string }, callback: (error: unknown, socket?: Socket) => void) {
      dials += 1
      nodes.client.httpDial('', options.host).then((socket) => callback(null, socket), callback)
    },
  })
  for (let index = 0; index < 5; index++) {
    const response = await request({ agent, host: 'web', path: `/${index}` })
    expect(await textOf(response)).toBe(`GET /${index} 0`)
  }
  expect(dials).toBe(1)
  agent.destroy()
})

test('an HTTP upgrade hands the socket over', async () => {
  await using nodes = await twoNodes()
  const server = await serveHttp(nodes)
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
    socket.pipe(socket)
  })
  const dialed = await nodes.client.httpDial('', 'web')
  const asking = http.request({
    createConnection: () => dialed as never,
    headers: { Connection: 'Upgrade', Upgrade: 'echo' },
  })
  asking.end()
  const [, socket] = (await once(asking, 'upgrade')) as [unknown, Socket]
  socket.end('ping')
  expect(await textOf(socket)).toBe('ping')
})

test('HTTP/2 runs over it', async () => {
  await using nodes = await twoNodes()
  const server = http2.createServer((_request, response) => void response.end('h2'))
  const listener = await nodes.server.bind('', 'h2')
  listener.on('connection', (socket) => server.emit('connection', socket))
  const socket = await nodes.client.dial('', 'h2')
  const session = http2.connect('http://h2', { createConnection: () => socket })
  const streams = Array.from({ length: 20 }, (_, index) => session.request({ ':path': `/${index}` }))
  for (const text of await Promise.all(streams.map((stream) => textOf(stream)))) expect(text).toBe('h2')
  session.close()
  await once(session, 'close')
  await until(() => socket.destroyed)
})

test('a socket whose link breaks fails with ECONNRESET, a reader that waits included', async () => {
  await using nodes = await twoNodes()
  const { near, far } = await connected(nodes)
  const reading = failure(textOf(near))
  const closed = once(far, 'close')
  await nodes.server.close()
  expect(await reading).toMatchObject({ code: 'ECONNRESET' })
  await closed
  expect(far.errored).toBe(null)
})
