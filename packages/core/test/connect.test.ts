import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AstraNet, formatNodeId, type Socket } from '../src/index.js'
import { textOf, turns, twoNodes, until, type TwoNodes } from './support.js'

type AnySocket = net.Socket | Socket

interface ConnectOptions {
  readonly signal?: AbortSignal
  readonly allowHalfOpen?: boolean
}

/** A network to compare: `net` over TCP, and AstraNet. */
interface World {
  /** Listens; `handler` gets the accepted sockets. */
  listen(handler: (socket: AnySocket) => void): Promise<void>
  /** Connects to the last listener, or to a port without a listener. */
  connect(options?: ConnectOptions, onConnect?: () => void): AnySocket
}

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

function tcp(): World {
  // Nobody listens there.
  let port = 1
  return {
    async listen(handler) {
      const listener = net.createServer({ allowHalfOpen: true }, handler)
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void listener.close())
      port = (listener.address() as net.AddressInfo).port
    },
    connect: (options = {}, onConnect) => net.connect({ port, host: '127.0.0.1', ...options }, onConnect),
  }
}

function astra(isLoopback: boolean): World {
  return {
    async listen(handler) {
      const listener = await nodes.server.bind('', ':77', { allowHalfOpen: true })
      listener.on('connection', handler)
      onTestFinished(() => void listener.close())
    },
    connect(options = {}, onConnect) {
      const address = nodes.server.nodeId
      return (isLoopback ? nodes.server : nodes.client).connect(
        '',
        `${formatNodeId(address)}:77`,
        options,
        onConnect,
      )
    },
  }
}

/** A socket's properties, and its events in order. */
class Log {
  readonly lines: string[] = []

  constructor(socket: AnySocket) {
    for (const event of ['connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'close']) {
      socket.on(event, (value: unknown) => this.note(`${event}${describeValue(value)}`))
    }
  }

  note(line: string): void {
    this.lines.push(line)
  }

  drop(isDropped: (line: string) => boolean): void {
    const kept = this.lines.filter((line) => !isDropped(line))
    this.lines.splice(0, this.lines.length, ...kept)
  }

  state(name: string, socket: AnySocket): void {
    const { connecting, pending, readyState, bytesWritten, writableLength, destroyed } = socket
    const address = JSON.stringify(Object.keys(socket.address()).sort())
    const ends = `${typeof socket.remoteAddress} ${typeof socket.remotePort} ${typeof socket.localPort}`
    const numbers = `${bytesWritten} written ${writableLength} waiting`
    this.note(
      [name, connecting, pending, readyState, numbers, `destroyed ${destroyed}`, address, ends].join(', '),
    )
  }
}

function describeValue(value: unknown): string {
  if (value instanceof Error) return ` ${String((value as { code?: unknown }).code)}`
  if (Buffer.isBuffer(value)) return ` ${value.toString()}`
  return value === undefined ? '' : ` ${String(value)}`
}

function closed(socket: AnySocket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

const echo = (socket: AnySocket): void => void socket.on('error', () => {}).pipe(socket)

const scenarios: Record<string, (world: World) => Promise<Log>> = {
  async 'what is written before waits, and goes out'(world) {
    await world.listen(echo)
    const socket = world.connect({}, () => log.note('callback'))
    const log = new Log(socket)
    // Over a link the answer may be there with the connection.
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    log.state('at once', socket)
    socket.write('a', () => log.note('written a'))
    socket.write('b')
    log.state('written', socket)
    await once(socket, 'connect')
    await turns(1)
    log.state('connected', socket)
    await until(() => text === 'ab')
    log.state('answered', socket)
    socket.end('c')
    await closed(socket)
    // Where the chunks end, and whether a write is called back before or after 'ready', does not matter.
    log.drop((line) => line === 'ready' || line.startsWith('data'))
    log.note(text)
    return log
  },
  async 'ended before it is connected'(world) {
    await world.listen(echo)
    const socket = world.connect()
    const log = new Log(socket)
    socket.end('only this', () => log.note('ended'))
    log.state('ended', socket)
    await closed(socket)
    log.note(String(socket.bytesWritten))
    return log
  },
  async 'an end and nothing else'(world) {
    await world.listen(echo)
    const socket = world.connect()
    const log = new Log(socket)
    socket.end()
    await closed(socket)
    return log
  },
  async 'much written before it is connected'(world) {
    await world.listen((socket) => void socket.resume())
    const socket = world.connect()
    const log = new Log(socket)
    log.note(String(socket.write(new Uint8Array(3_000_000))))
    await once(socket, 'drain')
    log.note(`${socket.bytesWritten} written`)
    socket.destroy()
    await closed(socket)
    log.drop((line) => line === 'ready')
    return log
  },
  async 'destroyed at once'(world) {
    await world.listen(echo)
    const socket = world.connect()
    const log = new Log(socket)
    socket.destroy()
    log.state('destroyed', socket)
    await closed(socket)
    await turns(5)
    return log
  },
  async 'destroyed with an error in the next turn'(world) {
    await world.listen(echo)
    const socket = world.connect()
    const log = new Log(socket)
    await Promise.resolve()
    socket.destroy(Object.assign(new Error('mine'), { code: 'MINE' }))
    await closed(socket)
    await turns(5)
    return log
  },
  async 'reset before it is connected'(world) {
    await world.listen(echo)
    const socket = world.connect()
    const log = new Log(socket)
    socket.resetAndDestroy()
    log.state('reset', socket)
    await closed(socket)
    return log
  },
  async 'nobody listens'(world) {
    const socket = world.connect()
    const log = new Log(socket)
    socket.write('never', (error) => log.note(`callback ${error instanceof Error}`))
    socket.end()
    await closed(socket)
    await turns(5)
    log.note(`${socket.connecting} ${socket.pending} ${socket.readyState} ${typeof socket.localPort}`)
    log.lines.sort()
    return log
  },
  async 'its signal aborts while it is connecting'(world) {
    await world.listen(echo)
    const controller = new AbortController()
    const socket = world.connect({ signal: controller.signal })
    const log = new Log(socket)
    controller.abort()
    await closed(socket)
    await turns(5)
    return log
  },
  async 'its signal aborts when it is connected'(world) {
    await world.listen(echo)
    const controller = new AbortController()
    const socket = world.connect({ signal: controller.signal })
    const log = new Log(socket)
    await once(socket, 'ready')
    controller.abort()
    await closed(socket)
    return log
  },
  async 'the far side speaks and ends first'(world) {
    await world.listen((socket) => void socket.end('hello'))
    const socket = world.connect()
    const log = new Log(socket)
    await closed(socket)
    return log
  },
  async 'half open'(world) {
    await world.listen((socket) => {
      socket.end('hello')
      socket.resume()
    })
    const socket = world.connect({ allowHalfOpen: true })
    const log = new Log(socket)
    await once(socket, 'end')
    await turns(5)
    log.note('still open')
    socket.end('bye')
    await closed(socket)
    return log
  },
  async 'paused while it is connecting'(world) {
    await world.listen((socket) => void socket.end('hello'))
    const socket = world.connect()
    const log = new Log(socket)
    socket.pause()
    await once(socket, 'ready')
    await turns(5)
    log.note('nothing yet')
    socket.resume()
    await closed(socket)
    return log
  },
}

describe.each([
  ['over a link', false],
  ['in one node', true],
])('a socket that is connecting is as over net (%s)', (_, isLoopback) => {
  test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
    const expected = await scenario(tcp())
    const actual = await scenario(astra(isLoopback))
    expect(actual.lines).toEqual(expected.lines)
  })
})

test('events and callbacks run in the context of connect, as over net', async () => {
  const context = new AsyncLocalStorage<string>()
  const contexts: unknown[] = []
  for (const world of [tcp(), astra(false)]) {
    await world.listen(echo)
    const seen: Record<string, string | undefined> = {}
    const socket = context.run('connect', () => world.connect())
    for (const event of ['connect', 'ready', 'data', 'finish', 'end', 'close'])
      socket.once(event, () => (seen[event] = context.getStore()))
    context.run('write', () => socket.write('x', () => (seen['write'] = context.getStore())))
    await once(socket, 'data')
    context.run('end', () => socket.end())
    await closed(socket)
    contexts.push(seen)
  }
  expect(contexts[1]).toEqual(contexts[0])
})

test('a timeout counts while it is connecting', async () => {
  const socket = nodes.client.connect('', 'nobody')
  await new Promise<void>((resolve) => socket.setTimeout(1, resolve))
  expect(socket.connecting).toBe(true)
  socket.destroy()
  await closed(socket)
})

test('one that is destroyed while it is connecting leaves nothing at the far side', async () => {
  const accepted: Socket[] = []
  const listener = await nodes.server.bind('', 'given-up')
  listener.on('connection', (socket) => accepted.push(socket.on('error', () => {})))
  const first = await nodes.client.dial('', 'given-up')
  first.destroy()
  const sockets = Array.from({ length: 20 }, () => nodes.client.connect('', 'given-up'))
  for (const [index, socket] of sockets.entries()) {
    await turns(index % 4)
    socket.on('error', () => {}).destroy()
  }
  await until(() => sockets.every((socket) => socket.closed))
  await until(() => accepted.every(({ destroyed }) => destroyed))
  await new Promise<void>((resolve) => listener.close(() => resolve()))
})

test('with a signal that was aborted before, nothing is dialed', async () => {
  const accepted: Socket[] = []
  const listener = await nodes.server.bind('', 'aborted')
  onTestFinished(() => void listener.close())
  listener.on('connection', (socket) => accepted.push(socket))
  const socket = nodes.client.connect('', 'aborted', { signal: AbortSignal.abort('why') })
  expect((await once(socket, 'error'))[0]).toMatchObject({ code: 'ABORT_ERR', cause: 'why' })
  ;(await nodes.client.dial('', 'aborted')).destroy()
  await until(() => accepted.length > 0)
  expect(accepted.length).toBe(1)
})

test('wrong arguments throw, and a closed node is an error of the socket', async () => {
  const node = new AstraNet()
  expect(() => node.connect('udp', 'x')).toThrow(/^The argument 'network' must be /)
  expect(() => node.connect('', '')).toThrow()
  expect(() => node.connect('', 'x', { timeoutMs: -1 })).toThrow(RangeError)
  expect(() => node.connect('', 'x', { signal: {} as AbortSignal })).toThrow(TypeError)
  const waiting = node.connect('', 'x')
  const failed = once(waiting, 'error')
  await node.close()
  expect((await failed)[0]).toMatchObject({ code: 'ECONNABORTED' })
  expect((await once(node.connect('', 'x'), 'error'))[0]).toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
})

test('a handler of connect that throws is an uncaught exception, and the socket lives on', async () => {
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  })
  const world = astra(false)
  await world.listen(echo)
  const socket = world.connect({}, () => {
    throw new Error('thrown')
  })
  const [error] = (await once(process, 'uncaughtException')) as [Error]
  expect(error.message).toBe('thrown')
  socket.end('x')
  expect(await textOf(socket)).toBe('x')
})

test("http.Agent's maxSockets is kept", async () => {
  const listener = await nodes.server.bind('', 'web')
  onTestFinished(() => void listener.close())
  const web = http.createServer((_request, response) => setImmediate(() => response.end('x')))
  let connections = 0
  listener.on('connection', (socket) => {
    connections += 1
    web.emit('connection', socket)
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 5 })
  agent.createConnection = ({ host }) => nodes.client.connect('', host ?? '')
  const texts = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const [response] = (await once(http.get({ agent, host: 'web' }), 'response')) as [http.IncomingMessage]
      return await textOf(response)
    }),
  )
  expect(texts).toEqual(Array(200).fill('x'))
  expect(connections).toBe(5)
  agent.destroy()
})

test('through an agent, a request to a name that nobody offers fails', async () => {
  const agent = new http.Agent()
  agent.createConnection = ({ host }) => nodes.client.connect('', host ?? '', { timeoutMs: 0 })
  const request = http.get({ agent, host: 'nowhere' })
  expect((await once(request, 'error'))[0]).toMatchObject({ code: 'ENOTFOUND' })
})

test('a selector that aborts the very call leaves no socket behind at the far side', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const far = await server.bind('', 'svc')
  const own = await client.bind('', 'svc')
  let closes = 0
  for (const listener of [far, own]) {
    listener.on('connection', (socket) =>
      socket
        .on('error', () => {})
        .resume()
        .on('close', () => (closes += 1)),
    )
  }
  await until(() => client.services().length === 2)
  const aborting = new AbortController()
  const socket = client.connect('', 'svc', {
    signal: aborting.signal,
    selector: (instances) => {
      aborting.abort()
      return instances.find(({ nodeId }) => nodeId === server.nodeId)
    },
  })
  await new Promise((resolve) => socket.once('error', resolve))
  const after = await client.dial('', 'svc', {
    selector: (instances) => instances.find(({ nodeId }) => nodeId === server.nodeId),
  })
  after.destroy()
  await until(() => closes >= 1)
  const open = await new Promise((resolve) => far.getConnections((_, count) => resolve(count)))
  expect(open).toBe(0)
})
