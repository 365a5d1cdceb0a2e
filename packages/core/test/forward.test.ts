import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Forward, type ProxyFailure } from '../src/index.js'
import { decodeProxyHeader, encodeProxyHeader } from '../src/nodejs/forward/proxy-header.js'
import { checkProxyOptions } from '../src/nodejs/forward/proxy-options.js'
import { chain, clientOf, portOf, target } from './forward-support.js'
import { failure, textOf, turns, twoNodes, until } from './support.js'

const HEADER = encodeProxyHeader({
  source: { address: '192.0.2.1', port: 1234 },
  destination: { address: '192.0.2.2', port: 80 },
})

/** What a client's connection comes to. */
function fate(client: Socket): Promise<string> {
  let error = ''
  client.on('error', ({ code }: NodeJS.ErrnoException) => (error = String(code))).resume()
  return new Promise((resolve) => client.once('close', () => resolve(error)))
}

test('a connection to a name that nobody offers is accepted, reset and reported', async () => {
  await using nodes = await twoNodes()
  const messages: unknown[] = []
  const onFailed = (message: unknown): void => void messages.push(message)
  subscribe('astranet:forward:failed', onFailed)
  const forward = await nodes.client.forward('127.0.0.1:0', 'nobody', { dial: { timeoutMs: 0 } })
  const failed = once(forward, 'failed') as Promise<[ProxyFailure]>
  expect(await fate(clientOf(forward.local))).toBe('ECONNRESET')
  const [report] = await failed
  expect(report).toMatchObject({ local: forward.local, address: 'nobody', error: { code: 'ENOTFOUND' } })
  expect(messages).toEqual([report])
  unsubscribe('astranet:forward:failed', onFailed)
  await until(() => forward.inspect().open === 0)
  expect(forward.inspect()).toMatchObject({ accepted: 1, failed: 1, refused: 0 })
})

test('a connection to a target that is not there is accepted, reset and reported', async () => {
  await using nodes = await twoNodes()
  const to = await target()
  await to[Symbol.asyncDispose]()
  const messages: unknown[] = []
  const onFailed = (message: unknown): void => void messages.push(message)
  subscribe('astranet:publish:failed', onFailed)
  const published = await nodes.server.publish('db', to.address)
  const failed = once(published, 'failed') as Promise<[ProxyFailure]>
  expect(await failure(textOf(await nodes.client.dial('', 'db')))).toMatchObject({ code: 'ECONNRESET' })
  const [report] = await failed
  expect(report).toMatchObject({ local: to.address, address: 'db', error: { code: 'ECONNREFUSED' } })
  expect(messages).toEqual([report])
  unsubscribe('astranet:publish:failed', onFailed)
  await until(() => published.inspect().open === 0)
  expect(published.inspect()).toMatchObject({ accepted: 1, failed: 1 })
})

test('a client that goes while its dial waits gives up the dial', async () => {
  await using nodes = await twoNodes()
  const forward = await nodes.client.forward('127.0.0.1:0', 'nobody')
  const client = clientOf(forward.local)
  await once(client, 'connect')
  await until(() => forward.inspect().open === 1)
  client.resetAndDestroy()
  await until(() => forward.inspect().open === 0)
  expect(forward.inspect()).toMatchObject({ accepted: 1, failed: 0 })
})

test('no more connections than allowed are open, in both proxies', async () => {
  await using nodes = await twoNodes()
  await using to = await target()
  const published = await nodes.server.publish('db', to.address, { maxConnections: 2 })
  const forward = await nodes.client.forward('127.0.0.1:0', 'db', { maxConnections: 1 })
  const first = clientOf(forward.local)
  const server = await to.accepted()
  expect(await fate(clientOf(forward.local))).toBe('ECONNRESET')
  expect(forward.inspect()).toMatchObject({ open: 1, accepted: 1, refused: 1 })
  const second = await nodes.client.dial('', 'db')
  await to.accepted()
  expect(await failure(textOf(await nodes.client.dial('', 'db')))).toMatchObject({ code: 'ECONNRESET' })
  expect(published.inspect()).toMatchObject({ open: 2, accepted: 2, refused: 1 })
  first.resume().end('four')
  expect(await textOf(server)).toBe('four')
  server.end()
  second.destroy()
  await until(() => forward.inspect().open === 0)
  expect(forward.inspect()).toMatchObject({ receivedBytes: 4, sentBytes: 0 })
})

test('close resets what is open, or lets it end in its time; the port and the name are free', async () => {
  await using nodes = await twoNodes()
  await using to = await target()
  const published = await nodes.server.publish('db', to.address)
  const forward = await nodes.client.forward('127.0.0.1:0', 'db')
  const client = clientOf(forward.local)
  const server = await to.accepted()
  server.end('bye')
  const isClosed = forward.close({ drainMs: 60_000 })
  expect(forward.isOpen).toBe(false)
  expect(await fate(clientOf(forward.local))).toBe('ECONNREFUSED')
  client.end()
  expect(await textOf(client)).toBe('bye')
  server.resume()
  await isClosed

  const socket = await nodes.client.dial('', 'db')
  await to.accepted()
  const [error] = await Promise.all([failure(textOf(socket)), published.close()])
  expect(error).toMatchObject({ code: 'ECONNRESET' })
  expect(published.bound).toBe(null)
  await published.close()
  await nodes.server.publish('db', to.address)
})

test('a name that is closed with time sends what it has to the target, also when the far side is done', async () => {
  await using nodes = await twoNodes()
  await using to = await target()
  const published = await nodes.server.publish('db', to.address)
  const socket = await nodes.client.dial('', 'db', { allowHalfOpen: true })
  const server = await to.accepted()
  server.end()
  await textOf(socket.iterator({ destroyOnReturn: false }))
  socket.end(Buffer.alloc(16_000_000))
  await until(() => published.inspect().receivedBytes > 1_000_000)
  const isClosed = published.close({ drainMs: 60_000 })
  expect((await textOf(server)).length).toBe(16_000_000)
  await isClosed
})

test('connections of both may end within the time of a node that drains, and close ends that time', async () => {
  const links = await chain()
  const [ending, lasting] = [clientOf(links.address), clientOf(links.address)]
  const ends: Socket[] = []
  for (const client of [ending, lasting]) {
    client.write('hello')
    const server = await links.target.accepted()
    await once(server, 'data')
    server.pause().write('hello')
    await once(client, 'data')
    client.pause()
    ends.push(server)
  }
  const drained = Promise.all([links.nodes.client.drain(), links.nodes.server.drain()])
  ending.end('late')
  expect(await textOf(ends[0] as Socket)).toBe('late')
  const broken = fate(lasting)
  await links[Symbol.asyncDispose]()
  expect(await broken).toBe('ECONNRESET')
  await drained
})

test('a forward reads no more than a dial sends with it while the far side is not there', async () => {
  await using nodes = await twoNodes()
  const forward = await nodes.client.forward('127.0.0.1:0', 'nobody')
  const client = clientOf(forward.local)
  client.write(Buffer.alloc(4_000_000))
  await until(() => forward.inspect().receivedBytes > 0)
  await turns(100)
  expect(forward.inspect().receivedBytes).toBeLessThan(300_000)
  await using to = await target()
  await nodes.server.publish('nobody', to.address)
  client.end()
  expect((await textOf(await to.accepted())).length).toBe(4_000_000)
})

test('an error of the local port after it listens is reported, and the forward goes on', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const forward = new Forward(server, {
    ...{ kind: 'forward', options: checkProxyOptions({}), address: 'db' },
    connect: () => connect(1),
    stop: () => void server.close(),
    report: () => undefined,
  })
  const failed = once(forward, 'failed') as Promise<[ProxyFailure]>
  const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' })
  server.emit('error', error)
  expect(await failed).toEqual([{ error, local: forward.local, address: 'db' }])
  expect([forward.isOpen, forward.inspect().failed]).toEqual([true, 0])
  await forward.close()
})

test('both close with their node, and with their signal', async () => {
  const nodes = await twoNodes()
  await using to = await target()
  const controller = new AbortController()
  const published = await nodes.server.publish('db', to.address)
  const forward = await nodes.client.forward('127.0.0.1:0', 'db')
  const aborted = await nodes.client.forward('127.0.0.1:0', 'db', controller)
  const [client, server] = [clientOf(forward.local), await to.accepted()]
  // What is not connected yet on its own side is not reset, but closed.
  client.write('hello')
  await once(server, 'data')
  const fates = Promise.all([fate(client), fate(server)])
  controller.abort()
  await once(aborted, 'close')
  await expect(nodes.client.forward('127.0.0.1:0', 'db', controller)).rejects.toBe(controller.signal.reason)
  await nodes[Symbol.asyncDispose]()
  expect(await fates).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect([forward.isOpen, published.isOpen]).toEqual([false, false])
  await expect(nodes.client.forward('127.0.0.1:0', 'db')).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
  await expect(nodes.client.publish('db', to.address)).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
})

test('the address of a client reaches the target in a PROXY header, over both proxies', async () => {
  await using nodes = await twoNodes()
  await using to = await target()
  await nodes.server.publish('db', to.address, { acceptProxy: true, sendProxy: true })
  const forward = await nodes.client.forward('127.0.0.1:0', 'db', { sendProxy: true })
  const client = clientOf(forward.local)
  client.end('hello')
  const server = await to.accepted()
  const bytes = Buffer.concat(await server.toArray())
  const decoded = decodeProxyHeader(bytes)
  expect(decoded).toMatchObject({
    header: {
      source: { address: '127.0.0.1', port: client.localPort },
      destination: { address: '127.0.0.1', port: portOf(forward.local) },
    },
  })
  expect(bytes.subarray(decoded.kind === 'header' ? decoded.length : 0).toString()).toBe('hello')
})

test('a PROXY header that arrives in pieces is taken off', async () => {
  await using nodes = await twoNodes()
  await using to = await target()
  await nodes.server.publish('db', to.address)
  const forward = await nodes.client.forward('127.0.0.1:0', 'db', { acceptProxy: true })
  const client = clientOf(forward.local)
  client.setNoDelay(true)
  await once(client, 'connect')
  for (const byte of HEADER)
    await new Promise<void>((resolve) => client.write(Buffer.of(byte), () => setImmediate(resolve)))
  client.end('hello')
  expect(await textOf(await to.accepted())).toBe('hello')
})

test('a connection without the header that it must have is reset and reported', async () => {
  await using nodes = await twoNodes()
  const forward = await nodes.client.forward('127.0.0.1:0', 'db', { acceptProxy: true })
  const failed = once(forward, 'failed') as Promise<[ProxyFailure]>
  const client = clientOf(forward.local)
  client.write('GET / HTTP/1.1\r\n\r\n')
  expect(await fate(client)).toBe('ECONNRESET')
  expect((await failed)[0]).toMatchObject({ error: { code: 'EPROTO' } })
  const short = clientOf(forward.local)
  const again = once(forward, 'failed') as Promise<[ProxyFailure]>
  short.end(HEADER.subarray(0, 5))
  await fate(short)
  expect((await again)[0]).toMatchObject({ error: { code: 'ECONNRESET' } })
  await until(() => forward.inspect().open === 0)
  expect(forward.inspect()).toMatchObject({ accepted: 2, failed: 2 })
})

test('Unix sockets are forwarded and published', async () => {
  await using nodes = await twoNodes()
  const path = join(tmpdir(), `astranet-forward-${process.pid}.sock`)
  await using to = await target()
  await nodes.server.publish('db', to.address)
  const forward = await nodes.client.forward(path, 'db')
  expect(forward.local).toBe(path)
  await nodes.client.publish('back', `unix:${path}`)
  const socket = await nodes.server.dial('', 'back')
  socket.end('there')
  const server = await to.accepted()
  server.end('and back')
  expect(await textOf(server)).toBe('there')
  expect(await textOf(socket)).toBe('and back')
  // A Unix socket cannot be reset, so it is closed.
  const ended = fate(connect(path))
  const other = await to.accepted()
  other.resetAndDestroy()
  expect(await ended).toBe('')
})

test('a port alone is one of the loopback address', async () => {
  await using nodes = await twoNodes()
  const local = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(local, 'listening')
  const { port } = local.address() as AddressInfo
  await using publication = await nodes.server.publish('web', port)
  await using another = await nodes.server.publish('other', `:${port}`)
  expect([publication.local, another.local]).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`])
  for (const free of [':0', 0]) {
    await using forward = await nodes.client.forward(free, 'web')
    const [, host, freePort] = /^(.*):(\d+)$/.exec(forward.local) ?? []
    expect(host).toBe('127.0.0.1')
    const socket = connect(Number(freePort), '127.0.0.1')
    socket.end('hi')
    expect(await textOf(socket)).toBe('hi')
  }
  local.close()
})

test('wrong arguments reject, and are named', async () => {
  await using proxied = await chain()
  const { client, server } = proxied.nodes
  await expect(client.forward('5432', 'db')).rejects.toThrow(
    /^The argument 'local' must be a port, "host:port" or "\/path"/,
  )
  await expect(client.forward({} as never, 'db')).rejects.toThrow(
    /^The "local" argument must be of type string or number/,
  )
  await expect(client.forward('127.0.0.1:0', 7 as never)).rejects.toThrow(
    /^The "address" argument must be of type string/,
  )
  await expect(client.forward('127.0.0.1:0', 'a b:x:y')).rejects.toThrow()
  await expect(client.forward('127.0.0.1:0', 'db', 7 as never)).rejects.toThrow(
    /^The "options" argument must be of type object/,
  )
  await expect(client.forward('127.0.0.1:0', 'db', { dial: 7 } as never)).rejects.toThrow(
    /^The "options\.dial" property must be of type object/,
  )
  await expect(client.forward('127.0.0.1:0', 'db', { dial: { timeoutMs: -1 } })).rejects.toThrow(
    /"options\.dial\.timeoutMs"/,
  )
  await expect(client.forward('127.0.0.1:0', 'db', { maxConnections: 0 })).rejects.toThrow(
    /"options\.maxConnections"/,
  )
  await expect(client.forward('127.0.0.1:0', 'db', { sendProxy: 1 } as never)).rejects.toThrow(
    /"options\.sendProxy"/,
  )
  await expect(client.forward('127.0.0.1:0', 'db', { signal: 1 } as never)).rejects.toThrow(
    /^The "options\.signal" property must be an instance of AbortSignal/,
  )
  await expect(client.forward(proxied.address, 'db')).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(server.publish('x', 'host')).rejects.toThrow(
    /^The argument 'target' must be a port, "host:port" or "\/path"/,
  )
  await expect(server.publish('x', '127.0.0.1:0')).rejects.toThrow(
    /"target\.port" is out of range. It must be >= 1/,
  )
  await expect(server.publish('x', '127.0.0.1:1', { bind: 7 } as never)).rejects.toThrow(
    /^The "options\.bind" property must be of type object/,
  )
  await expect(server.publish('x', '127.0.0.1:1', { connectTimeoutMs: 0 })).rejects.toThrow(
    /"options\.connectTimeoutMs"/,
  )
  await expect(server.publish(7 as never, '127.0.0.1:1')).rejects.toThrow(
    /^The "address" argument must be of type string/,
  )
  const forward = await client.forward('127.0.0.1:0', 'db')
  await expect(forward.close({ drainMs: -1 })).rejects.toThrow(
    /^The value of "options\.drainMs" is out of range\. It must be >= 0 && <= 2147483647/,
  )
  expect(forward.isOpen).toBe(true)
})
