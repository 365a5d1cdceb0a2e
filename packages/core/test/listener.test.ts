import events, { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { formatNodeId, type AstraNet, type Listener, type Socket } from '../src/index.js'
import { turns, twoNodes, until, type TwoNodes } from './support.js'

/** What the scenarios use of a socket: the part that `net.Socket` and AstraNet's have in common. */
interface AnySocket extends Duplex {
  resetAndDestroy(): unknown
}

type OnClosed = (error?: Error & { code?: string }) => void

/** The same of listeners. */
interface AnyListener extends AsyncDisposable {
  readonly listening: boolean
  on(event: 'connection', handler: (socket: AnySocket) => unknown): unknown
  on(event: 'close', handler: () => void): unknown
  address(): unknown
  close(onClosed?: OnClosed): unknown
  getConnections(callback: (error: Error | null, count: number) => void): unknown
}

/** A network to compare: `net` over TCP, and AstraNet. */
interface World {
  listen(options?: { signal?: AbortSignal }): Promise<AnyListener>
  /** Connects to what was listened on last. */
  dial(): Promise<AnySocket>
}

let nodes: TwoNodes
beforeAll(async () => {
  nodes = await twoNodes()
})
afterAll(() => nodes[Symbol.asyncDispose]())

function tcp(): World {
  let port = 0
  return {
    async listen(options = {}) {
      const listener = net.createServer()
      await new Promise<void>((resolve) =>
        listener.listen({ port: 0, host: '127.0.0.1', ...options }, resolve),
      )
      port = (listener.address() as net.AddressInfo).port
      return listener
    },
    async dial() {
      const socket = net.connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
  }
}

function astra(isLoopback: boolean): World {
  // By port: what a name stands for is known elsewhere a moment later.
  const dialer = (): AstraNet => (isLoopback ? nodes.server : nodes.client)
  return {
    async listen(options) {
      const listener = await nodes.server.bind('', ':79', options)
      onTestFinished(() => void listener.close())
      return listener
    },
    dial: () => dialer().dial('', `${formatNodeId(nodes.server.nodeId)}:79`),
  }
}

function closed(...sockets: AnySocket[]): Promise<unknown> {
  return Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
}

/** What happened, in order, and when things were done. */
class Log {
  readonly lines: string[] = []

  note(line: string): void {
    this.lines.push(line)
  }

  /** A callback for `close`. */
  closed(name: string): OnClosed {
    return (error) => this.note(error === undefined ? name : `${name} ${String(error.code)}`)
  }
}

interface Stage {
  readonly world: World
  readonly log: Log
  readonly listener: AnyListener
  /** A new connection: the dialed and the accepted end. */
  connect(): Promise<{ near: AnySocket; far: AnySocket }>
}

async function stage(world: World, options: { signal?: AbortSignal } = {}): Promise<Stage> {
  const log = new Log()
  const listener = await world.listen(options)
  const accepted: AnySocket[] = []
  listener.on('close', () => log.note('close event'))
  listener.on('connection', (socket) => {
    accepted.push(socket)
    socket.on('error', () => {}).on('close', () => log.note('socket close'))
    socket.resume()
  })
  const connect: Stage['connect'] = async () => {
    const near = await world.dial()
    near.on('error', () => {}).resume()
    await until(() => accepted.length > 0)
    return { near, far: accepted.shift() as AnySocket }
  }
  return { world, log, listener, connect }
}

/** Resolves when the log has `count` lines. */
async function lines(log: Log, count: number): Promise<void> {
  await until(() => log.lines.length >= count)
  await turns(3)
}

const scenarios: Record<string, (stage: Stage) => unknown> = {
  async 'without a connection'({ listener, log }) {
    listener.close(log.closed('first'))
    log.note('close returned')
    await lines(log, 3)
  },
  async 'twice in one turn'({ listener, log }) {
    listener.close(log.closed('first'))
    listener.close(log.closed('second'))
    await lines(log, 4)
  },
  async 'again when it is closed'({ listener, log }) {
    listener.close(log.closed('first'))
    await lines(log, 2)
    listener.close(log.closed('second'))
    listener.close()
    await lines(log, 5)
  },
  async 'with connections, twice'({ listener, log, connect }) {
    const [first, second] = [await connect(), await connect()]
    listener.close(log.closed('first'))
    listener.close(log.closed('second'))
    await turns(5)
    log.note(`listening: ${String(listener.listening)}, address: ${String(listener.address())}`)
    first.far.end()
    await once(first.far, 'close')
    await turns(5)
    log.note('one is closed')
    second.near.destroy()
    await lines(log, 7)
  },
  async 'when its only connection was closed before'({ listener, log, connect }) {
    const { near, far } = await connect()
    near.destroy()
    await once(far, 'close')
    listener.close(log.closed('first'))
    await lines(log, 3)
  },
  async 'a connection that is destroyed here'({ listener, log, connect }) {
    const { far } = await connect()
    listener.close(log.closed('first'))
    far.destroy()
    log.note('destroyed')
    await lines(log, 4)
  },
  async 'a connection that is reset'({ listener, log, connect }) {
    const { near } = await connect()
    listener.close(log.closed('first'))
    near.resetAndDestroy()
    await lines(log, 3)
  },
  async 'a connection that answers and ends'({ listener, log, connect }) {
    const { near, far } = await connect()
    listener.close(log.closed('first'))
    let text = ''
    near.on('data', (chunk: Buffer) => (text += chunk.toString()))
    far.end('answer')
    await once(near, 'end')
    log.note(text)
    await lines(log, 4)
    log.lines.sort()
  },
  async 'from inside a connection handler'({ listener, log, world }) {
    listener.on('connection', (socket) => {
      listener.close(log.closed('first'))
      log.note('close returned')
      setImmediate(() => socket.end('bye'))
    })
    const near = await world.dial()
    near.resume()
    await lines(log, 4)
  },
  async 'by disposing'({ listener, log, connect }) {
    const { far } = await connect()
    const disposing = listener[Symbol.asyncDispose]().then(() => log.note('disposed'))
    await turns(5)
    log.note('not yet')
    far.destroy()
    await disposing
    await listener[Symbol.asyncDispose]()
    await lines(log, 4)
  },
  async 'while its connections are counted'({ listener, log, connect }) {
    const count = (): Promise<number> =>
      new Promise((resolve) =>
        listener.getConnections((error, value) => resolve(error === null ? value : -1)),
      )
    const [first, second] = [await connect(), await connect()]
    log.note(`count ${await count()}`)
    first.far.destroy()
    log.note(`count ${await count()}`)
    listener.close(log.closed('first'))
    second.far.destroy()
    log.note(`count ${await count()}`)
    await lines(log, 7)
    log.lines.sort()
  },
}

const worlds: [string, boolean][] = [
  ['over a link', false],
  ['in one node', true],
]

describe.each(worlds)('a listener closes as net.Server does (%s)', (_, isLoopback) => {
  test.each(Object.entries(scenarios))('%s', async (_name, scenario) => {
    const [expected, actual] = [await stage(tcp()), await stage(astra(isLoopback))]
    await scenario(expected)
    await scenario(actual)
    expect(actual.log.lines).toEqual(expected.log.lines)
  })

  test('when its signal aborts, once its connections are over', async () => {
    const logs: string[][] = []
    for (const world of [tcp(), astra(isLoopback)]) {
      const controller = new AbortController()
      const { listener, log, connect } = await stage(world, { signal: controller.signal })
      const { far } = await connect()
      controller.abort()
      log.note(`listening: ${String(listener.listening)}`)
      await turns(5)
      log.note('not yet')
      far.destroy()
      await lines(log, 4)
      logs.push(log.lines)
    }
    expect(logs[1]).toEqual(logs[0])
  })

  test('with an HTTP server behind it: closeAllConnections ends the waiting', async () => {
    for (const world of [tcp(), astra(isLoopback)]) {
      const { listener } = await stage(world)
      const web = http.createServer((_request, response) => response.end('kept alive'))
      // A server that does not listen itself knows its connections only after the event `listening`.
      web.emit('listening')
      listener.on('connection', (socket) => web.emit('connection', socket))
      const connection = await world.dial()
      const agent = new http.Agent({ keepAlive: true })
      agent.createConnection = () => connection as net.Socket
      const [response] = (await once(http.get({ agent }), 'response')) as [http.IncomingMessage]
      await once(response.resume(), 'end')
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      web.closeAllConnections()
      await closed
      agent.destroy()
      web.close()
    }
  })
})

test('an answer in flight when the listener closes arrives, although the node is closed right after', async () => {
  await using pair = await twoNodes()
  const { server, client } = pair
  const listener = await server.bind('', 'last')
  listener.on('connection', (socket) => socket.once('data', () => setImmediate(() => socket.end('answer'))))
  const socket = await client.dial('', 'last')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const over = once(socket, 'end')
  socket.write('question')
  await new Promise<void>((resolve) => listener.close(() => resolve()))
  await server.close()
  await over
  expect(text).toBe('answer')
})

test('sockets from accept() and for await count, those that waited do not', async () => {
  const log = new Log()
  const listener = await nodes.server.bind('', 'counted')
  const sockets = await Promise.all(Array.from({ length: 4 }, () => nodes.client.dial('', 'counted')))
  for (const socket of sockets) socket.on('error', () => {})
  const taken = [await listener.accept()]
  for await (const socket of listener) {
    taken.push(socket)
    break
  }
  await until(() => listener.waiting === 2)
  listener.close(log.closed('closed'))
  await closed(...sockets.slice(2))
  await turns(3)
  expect(log.lines).toEqual([])
  for (const socket of taken) socket.destroy()
  await lines(log, 1)
  expect(log.lines).toEqual(['closed'])
})

test('when its node is closed, a listener has closed too, and disposing of it resolves', async () => {
  const pair = await twoNodes()
  const listener = await pair.server.bind('', 'held')
  listener.on('connection', (socket) => socket.on('error', () => {}))
  const sockets = await Promise.all([pair.client.dial('', 'held'), pair.server.dial('', 'held')])
  for (const socket of sockets) socket.on('error', () => {})
  await until(() => listener.waiting === 0)
  const disposed = listener[Symbol.asyncDispose]()
  await pair.server.close()
  await disposed
  await pair[Symbol.asyncDispose]()
})

test('closed, it has no address', async () => {
  const listener: Listener = await nodes.server.bind('', ':0')
  expect(listener.address()).toMatchObject({ family: 'IPv6', node: nodes.server.nodeId })
  listener.close()
  expect(listener.address()).toBe(null)
})

/** Uncaught exceptions until the test ends, in place of the test runner's own handlers. */
function uncaught(): string[] {
  const before = process.listeners('uncaughtException')
  const messages: string[] = []
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => messages.push(error.message))
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  })
  return messages
}

describe.each(worlds)('a connection handler (%s)', (_, isLoopback) => {
  test('that throws is an uncaught exception, and socket and listener live on, as over net', async () => {
    const messages = uncaught()
    for (const world of [tcp(), astra(isLoopback)]) {
      const listener = await world.listen()
      let count = 0
      listener.on('connection', (socket) => {
        socket.on('data', (chunk: Buffer) => socket.end(`echo ${chunk.toString()}`))
        if (++count <= 2) throw new Error(`thrown ${count}`)
      })
      const answers = await Promise.all(
        ['a', 'b', 'c'].map(async (text) => {
          const near = await world.dial()
          near.write(text)
          return String((await once(near, 'data'))[0])
        }),
      )
      expect(answers).toEqual(['echo a', 'echo b', 'echo c'])
      expect(messages.splice(0)).toEqual(['thrown 1', 'thrown 2'])
      listener.close()
    }
  })

  test('that resets its socket at once does not fail the dial', async () => {
    const world = astra(isLoopback)
    const listener = await world.listen()
    listener.on('connection', (socket) => {
      socket.write('dropped')
      socket.resetAndDestroy()
    })
    const near = await world.dial()
    expect((await once(near, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' })
    expect((near as Socket).bytesRead).toBe(0)
    await new Promise<void>((resolve) => listener.close(() => resolve()))
  })

  test('that rejects destroys its socket where captureRejections is on, as over net', async () => {
    events.captureRejections = true
    onTestFinished(() => void (events.captureRejections = false))
    for (const world of [tcp(), astra(isLoopback)]) {
      const listener = await world.listen()
      const failed = new Promise((resolve) => {
        // A handler may return anything; the emitter looks.
        listener.on('connection', (socket): unknown => {
          socket.on('error', resolve)
          return turns(1).then(() => Promise.reject(new Error('rejected')))
        })
      })
      const near = await world.dial()
      near.on('error', () => {}).resume()
      expect(await failed).toMatchObject({ message: 'rejected' })
      await closed(near)
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    }
  })

  test('of a socket that rejects destroys the socket likewise', async () => {
    events.captureRejections = true
    onTestFinished(() => void (events.captureRejections = false))
    for (const world of [tcp(), astra(isLoopback)]) {
      const listener = await world.listen()
      const failed = new Promise((resolve) => {
        listener.on('connection', (socket) => {
          socket.on('error', resolve)
          socket.on('data', (): unknown => Promise.reject(new Error('rejected')))
        })
      })
      const near = await world.dial()
      near.on('error', () => {}).resume()
      near.write('x')
      expect(await failed).toMatchObject({ message: 'rejected' })
      await closed(near)
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    }
  })
})
