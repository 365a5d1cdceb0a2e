import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { PassThrough, Duplex } from 'node:stream'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { failure, SkipClock, textOf, turns, twoNodes, until } from './support.js'

test('closing ends all pending calls, and a second close does nothing more', async () => {
  const nodes = await twoNodes()
  const { server, client } = nodes
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const listener = await client.bind('', 'here')
  const closed = once(listener, 'close')
  const silentAddress = `127.0.0.1:${(silent.address() as { port: number }).port}`
  const pipe = Duplex.from({ readable: new PassThrough(), writable: new PassThrough() })
  const underWay = [
    client.dial('', 'nobody'),
    client.dial('', formatNodeId(new AstraNet().nodeId) + ':1'),
    client.dial('', `${formatNodeId(server.nodeId)}:1`),
    listener.accept(),
    client.join('tcp4', silentAddress, { timeoutMs: 0 }),
    client.attach(pipe),
    client.listenAndServe('tcp4', '127.0.0.1:0'),
  ].map((each) => failure(each))
  const pinging = client.ping(server.nodeId).catch((error: Error) => error)
  await Promise.all([client.close(), client.close()])
  for (const error of await Promise.all(underWay)) expect(error).toMatchObject({ code: 'ECONNABORTED' })
  expect(await pinging).toMatchObject({ code: 'ASTRA_ERR_SESSION_OVER' })
  await closed
  await client.close()
  expect([client.isClosed, client.services(), client.routes()]).toEqual([true, [], []])
  await until(() => server.routes().length === 0)
  silent.close()
  await nodes[Symbol.asyncDispose]()
})

test('what a socket has sent and ended arrives, though its node is closed in the same moment', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'guests')
  await until(() => client.services().length === 1)
  const socket = await client.dial('', 'guests')
  const guest = await listener.accept()
  guest.on('error', () => {})
  const text = textOf(guest)
  socket.end('goodbye')
  const closing = client.close()
  expect(await text).toBe('goodbye')
  await closing
})

test('many sockets that have ended in that moment all end cleanly at the other side', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'sink')
  const ends: string[] = []
  listener.on('connection', (socket) => {
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    socket.once('end', () => ends.push(`end behind ${bytes}`))
    socket.once('error', ({ message }) => ends.push(message))
  })
  const sockets = await Promise.all(Array.from({ length: 20 }, () => client.dial('', 'sink')))
  for (const socket of sockets) socket.end(Buffer.alloc(10_000))
  await client.close()
  await until(() => ends.length === 20)
  expect(new Set(ends)).toEqual(new Set(['end behind 10000']))
})

test('while a dial waits for its answer, either node can be closed', async () => {
  for (let round = 0; round < 8; round++) {
    await using nodes = await twoNodes()
    const { server, client } = nodes
    await server.bind('', 'busy')
    await until(() => client.services().length === 1)
    const dialing = Array.from({ length: 20 }, () => client.dial('', 'busy'))
    for (const each of dialing) each.then((socket) => socket.on('error', () => {})).catch(() => {})
    await turns(round)
    await (round % 2 === 0 ? server : client).close()
    for (const result of await Promise.allSettled(dialing)) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'NetError' })
    }
  }
})

test('a closed node refuses every call with an error that it is closed', async () => {
  const nodes = await twoNodes()
  const { server, client, endpoint } = nodes
  await client.close()
  const view = client.withEnv('blue').withLoopBack(false)
  expect(view.isClosed).toBe(true)
  const calls = [
    view.dial('', 'web'),
    view.httpDial('', 'web'),
    view.dialTimeout('', 'web', 0),
    view.bind('', 'web'),
    view.join('tcp4', endpoint.address),
    view.listenAndServe('tcp4', '127.0.0.1:0'),
    view.attach(new PassThrough()),
    view.ping(server.nodeId),
  ]
  for (const error of await Promise.all(calls.map(failure))) {
    expect(error).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
  }
  await nodes[Symbol.asyncDispose]()
})

test('sockets of a closed node close there without an error, readers and writers that wait included', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', 'self')
  const [far, near] = await Promise.all([listener.accept(), node.dial('', 'self')])
  near.write(Buffer.alloc(3_000_000))
  // `once` rejects when there is an error.
  const ends = [near, far].map((socket) => once(socket, 'close'))
  await node.close()
  await Promise.all(ends)
  expect([near.destroyed, far.destroyed]).toEqual([true, true])
})

test('closing takes no longer than the limit when the other side is gone', async () => {
  const clock = new SkipClock()
  const transport = memory({ clock })
  const server = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'server')
  const connection = await transport.dial('memory', 'server')
  connection.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
  await turns(5)
  const closing = server.close()
  await clock.advance(3_000)
  await closing
  expect(clock.pending).toBe(0)
})

test('a listener closes twice as net.Server does', async () => {
  await using node = new AstraNet()
  const listener = await node.bind('', ':0')
  const errors = await new Promise<(Error | undefined)[]>((resolve) => {
    const seen: (Error | undefined)[] = []
    listener.close((error) => seen.push(error))
    listener.close((error) => (seen.push(error), seen.length === 2 && resolve(seen)))
    void once(listener, 'close').then(() => seen.length === 2 && resolve(seen))
  })
  expect(errors.map((error) => (error as { code?: string } | undefined)?.code).sort()).toEqual([
    'ERR_SERVER_NOT_RUNNING',
    undefined,
  ])
  await using disposed = await node.bind('', ':0')
  await disposed[Symbol.asyncDispose]()
  expect(disposed.listening).toBe(false)
})

test('an endpoint that closes leaves the links, and the address is free', async () => {
  await using nodes = await twoNodes()
  const { server, client, endpoint } = nodes
  await endpoint.close()
  const socket = connect(Number(endpoint.address.split(':')[1]), '127.0.0.1')
  expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' })
  const listener = await server.bind('', 'echo')
  listener.on('connection', (each) => each.pipe(each))
  const dialed = await client.dial('', 'echo')
  dialed.end('hi')
  expect(await textOf(dialed)).toBe('hi')
})

/** What a child process prints, once it has exited by itself. */
async function run(body: string): Promise<string> {
  const file = (path: string): string => new URL(path, import.meta.url).href
  const program = `const { AstraNet } = await import('${file('../src/index.ts')}')\n${body}\nconsole.log('done')`
  const loader = file('../../../tooling/test-support/typescript-loader.mjs')
  const args = ['--conditions=@astranet/source', '--import', loader, '--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')])
  return `${out}${err}`.trim()
}

test('a process ends by itself once its nodes are closed, and while a node without links has only unref listeners', async () => {
  const printed = await run(`
    const server = new AstraNet()
    const client = new AstraNet()
    const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
    await client.join('tcp4', address)
    const listener = await server.bind('', 'echo')
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
    const socket = await client.dial('', 'echo')
    socket.on('error', () => {}).setTimeout(60_000)
    await (await client.dial('', 'echo')).resetAndDestroy()
    await (await server.dial('', 'echo')).write('x')
    client.dial('', 'nobody').catch(() => {})
    client.join('tcp4', '192.0.2.1:9', { timeoutMs: 0 }).catch(() => {})
    await Promise.all([client.close(), server.close()])

    const node = new AstraNet()
    const own = await node.bind('', 'echo')
    own.unref()
    own.on('connection', (socket) => socket.pipe(socket))
    const dialed = await node.dial('', 'echo')
    dialed.end('x')
    for await (const chunk of dialed) console.log(String(chunk))`)
  expect(printed).toBe('x\ndone')
}, 60_000)
