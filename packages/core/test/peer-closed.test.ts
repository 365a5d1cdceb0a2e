import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failure, textOf, turn, turns, twoNodes, uncaught, type TwoNodes } from './support.js'

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

interface Ends {
  readonly near: Duplex
  readonly far: Duplex
  readonly isTcp: boolean
}

async function overNet(): Promise<Ends> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const near = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  server.close()
  return { near, far, isTcp: true }
}

async function overAstraNet(): Promise<Ends> {
  const listener = await nodes.server.bind('', 'closing', { allowHalfOpen: true })
  const [near, far] = await Promise.all([
    nodes.client.dial('', 'closing', { allowHalfOpen: true }),
    listener.accept(),
  ])
  listener.close()
  return { near, far, isTcp: false }
}

function write(socket: Duplex, bytes: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.write(bytes, (error) => resolve((error as { code?: string } | null)?.code))
  })
}

/** What a second write fails with. Over TCP it depends on the answer to the first one, a RST, which takes a moment. */
async function refusal({ near, isTcp }: Ends, bytes: string): Promise<string | undefined> {
  let code = await write(near, bytes)
  while (isTcp && code === undefined) {
    await turn()
    code = await write(near, bytes)
  }
  return code
}

test('after the far end has destroyed the socket, one write is taken and the next one is EPIPE, as over net', async () => {
  for (const ends of [await overNet(), await overAstraNet()]) {
    const { near, far } = ends
    near.on('error', () => {})
    far.destroy()
    near.resume()
    await once(near, 'end')
    expect(await write(near, 'taken')).toBe(undefined)
    expect(await refusal(ends, 'refused')).toBe('EPIPE')
    if (!near.closed) await once(near, 'close')
  }
})

test('after the write that is taken one of no bytes fails too, as over net', async () => {
  for (const ends of [await overNet(), await overAstraNet()]) {
    const { near, far } = ends
    near.on('error', () => {})
    far.destroy()
    near.resume()
    await once(near, 'end')
    expect(await write(near, '')).toBe(undefined)
    expect(await write(near, 'taken')).toBe(undefined)
    expect(await refusal(ends, '')).toBe('EPIPE')
  }
})

test('a write in flight when the far end goes does not count as the write that is taken', async () => {
  const { near, far } = await overAstraNet()
  near.on('error', () => {})
  near.resume()
  far.once('data', () => far.destroy())
  // More than the credit of a fresh socket: the last bytes wait.
  near.write(Buffer.alloc(20_000))
  await once(near, 'end')
  expect(await write(near, 'taken')).toBe(undefined)
  expect(await write(near, 'refused')).toBe('EPIPE')
})

test('if the last bytes of the far end are not read, the write after the first is ECONNRESET', async () => {
  const { near, far } = await overAstraNet()
  far.write(Buffer.alloc(400_000))
  far.destroy()
  near.on('error', () => {})
  await nodes.client.ping(nodes.server.nodeId)
  await nodes.client.ping(nodes.server.nodeId)
  expect(await write(near, 'taken')).toBe(undefined)
  expect(await write(near, 'refused')).toBe('ECONNRESET')
})

test('a write waits for the last words of a peer that has closed, and they are read whole', async () => {
  const { near, far } = await overAstraNet()
  far.write(Buffer.alloc(800_000))
  far.destroy()
  let bytes = 0
  const order: string[] = []
  near.on('data', (chunk: Buffer) => (bytes += chunk.length))
  near.on('end', () => order.push('end'))
  await once(near, 'data')
  for (const part of ['first', 'second']) {
    near.write(Buffer.alloc(600_000), (error) =>
      order.push(`${part} ${(error as { code?: string } | null)?.code}`),
    )
  }
  near.on('error', () => {})
  await new Promise((resolve) => near.once('close', resolve))
  expect(bytes).toBe(800_000)
  expect(order).toEqual(['end', 'first undefined', 'second EPIPE'])
})

test('a write behind the peer’s stop waits while its reader pauses for a moment', async () => {
  const { near, far } = await overAstraNet()
  let readBytes = 0
  near.on('data', (chunk: Buffer) => {
    if (readBytes === 0) near.pause()
    readBytes += chunk.length
  })
  far.write(Buffer.alloc(100_000))
  far.destroy()
  await once(near, 'data')
  await turns(20)
  expect(await write(near, 'taken')).toBe(undefined)
  const second = write(near, 'waits')
  await turns(20)
  near.resume()
  await once(near, 'end')
  expect(readBytes).toBe(100_000)
  expect(await second).toBe(undefined)
  near.destroy()
})

test('a small write that waits for the end of a peer that has gone leaves room for more, as over net', async () => {
  for (const { near, far } of [await overNet(), await overAstraNet()]) {
    near.on('error', () => {})
    // A pipe pauses its source when it ends, and a 'drain' behind that would make the source flow again.
    near.on('data', () => {}).pipe(near)
    far.write(Buffer.alloc(2_048))
    far.destroy()
    await new Promise((resolve) => near.once('close', resolve))
    expect(near.isPaused()).toBe(true)
  }
})

test("a write that waits for the end counts as taken although a listener of 'end' throws, as over net", async () => {
  for (const { near, far } of [await overNet(), await overAstraNet()]) {
    const mine = new Error('mine')
    const surfaced = uncaught()
    near.on('error', () => {})
    near.once('end', () => {
      throw mine
    })
    const written = new Promise((resolve) => near.once('data', () => resolve(write(near, 'taken'))))
    far.write('x')
    far.destroy()
    expect(await surfaced).toBe(mine)
    expect(await written).toBe(undefined)
    near.destroy()
  }
})

test('a write to a peer that has only stopped reading fails when nothing more arrives', async () => {
  const { near, far } = await overAstraNet()
  const { stream } = far as unknown as { stream: { stopSending(): void } }
  far.on('error', () => {})
  near.resume()
  stream.stopSending()
  await nodes.client.ping(nodes.server.nodeId)
  near.on('error', () => {})
  expect(await write(near, 'x')).toBe('ECONNRESET')
})

interface Web {
  /** A socket that is connecting. */
  readonly begin: () => Duplex
  readonly connect: () => Promise<Duplex>
  close(): unknown
}

async function webOverNet(server: http.Server): Promise<Web> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const begin = (): Duplex => net.connect(port, '127.0.0.1')
  const connect = async (): Promise<Duplex> => {
    const socket = begin()
    await once(socket, 'connect')
    return socket
  }
  return { begin, connect, close: () => server.close() }
}

async function webOverAstraNet(server: http.Server): Promise<Web> {
  const listener = await nodes.server.bind('', 'web')
  listener.on('connection', (socket) => server.emit('connection', socket))
  // A server's timeouts are looked at while it listens.
  server.listen(0, '127.0.0.1')
  return {
    begin: () => nodes.client.connect('', 'web'),
    connect: () => nodes.client.dial('', 'web'),
    close: () => [listener.close(), server.close()],
  }
}

const webs = [
  ['net', webOverNet],
  ['AstraNet', webOverAstraNet],
] as const

test.each(webs)('an early answer to an upload is read, and no error follows (%s)', async (_, serve) => {
  const web = await serve(
    http.createServer((_request, response) => {
      response.writeHead(413, { connection: 'close' })
      response.end('too large')
    }),
  )
  for (const size of [1_000, 300_000]) {
    const socket = await web.connect()
    const events: unknown[] = []
    const request = http.request({ createConnection: () => socket as never, method: 'POST' })
    request.on('error', (error: Error & { code?: string }) => events.push(error.code))
    request.end(Buffer.alloc(size))
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    events.push(response.statusCode, await textOf(response))
    if (!socket.closed) await once(socket, 'close')
    expect(events).toEqual([413, 'too large'])
  }
  web.close()
})

test('an early answer is read while the upload goes on and on', async () => {
  const body = 'x'.repeat(200_000)
  const web = await webOverAstraNet(
    http.createServer((_request, response) => {
      response.writeHead(413, { connection: 'close' })
      response.end(body)
    }),
  )
  const socket = await web.connect()
  const request = http.request({ createConnection: () => socket as never, method: 'POST' })
  request.on('error', () => {})
  const upload = (): void => {
    while (!request.destroyed && request.write(Buffer.alloc(100_000)));
  }
  request.on('drain', upload)
  upload()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect([response.statusCode, (await textOf(response)).length]).toEqual([413, body.length])
  request.destroy()
  web.close()
})

// Only the server of the 408 has a short timeout: on a busy machine another answer could come after it.
const SOON = { requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 20 }

test.each(webs)('a server’s 400, 431 and 408 reach the client (%s)', async (_, serve) => {
  const requests: [status: string, text: string, options: http.ServerOptions][] = [
    ['400', 'NONSENSE\r\n\r\n', {}],
    ['431', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`, {}],
    ['408', 'GET / HTTP/1.1\r\nHost: x\r\n', SOON],
  ]
  for (const [status, text, options] of requests) {
    const web = await serve(http.createServer(options, (_request, response) => void response.end('ok')))
    const socket = await web.connect()
    socket.write(text)
    expect((await textOf(socket)).split(' ')[1]).toBe(status)
    web.close()
  }
})

test.each(webs)(
  'a request to a server that has gone is ECONNRESET, on which clients try again (%s)',
  async (_, serve) => {
    const server = http.createServer()
    server.on('connection', (socket) => socket.destroy())
    const web = await serve(server)
    const socket = web.begin()
    // The request begins within 'connect': one that gets a socket which has ended by then hears of nothing.
    const failed = new Promise<Error>((resolve) => {
      socket.once('connect', () => {
        const request = http.get({ createConnection: () => socket as never })
        resolve(failure(once(request, 'response')))
      })
    })
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    web.close()
  },
)
