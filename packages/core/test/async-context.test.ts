import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { AstraNet, formatNodeId, roundRobin } from '../src/index.js'
import { listening, onBoth, over } from './net-module-support.js'
import { textOf, until } from './support.js'

/** What the scenarios use of a socket: the part that `net.Socket` and AstraNet's have in common. */
interface AnySocket extends Duplex {
  resetAndDestroy(): unknown
  setTimeout(timeoutMs: number, onTimeout?: () => void): unknown
}

interface AnyListener {
  on(event: 'connection', handler: (socket: AnySocket) => void): unknown
  on(event: 'close', handler: () => void): unknown
  close(onClosed?: () => void): unknown
}

/** A network to compare: `net` over TCP, and AstraNet. */
interface World {
  listen(): Promise<AnyListener>
  /** Connects to what was listened on last. */
  dial(): Promise<AnySocket>
}

const context = new AsyncLocalStorage<string>()

/** What ran in which context; several times the same counts once. */
class Log {
  readonly #lines = new Set<string>()

  note(what: string): void {
    this.#lines.add(`${what} in ${context.getStore() ?? 'none'}`)
  }

  /** Notes the events of a socket, all of whose handlers are attached in one context. */
  socket(name: string, socket: AnySocket): void {
    context.run('attach', () => {
      for (const event of ['data', 'end', 'drain', 'finish', 'error', 'close'])
        socket.on(event, () => this.note(`${name} ${event}`))
    })
  }

  get lines(): string[] {
    return [...this.#lines].sort()
  }
}

const server = new AstraNet()
const client = new AstraNet()
beforeAll(async () => {
  const { address } = await context.run('listen and serve', () =>
    server.listenAndServe('tcp4', '127.0.0.1:0'),
  )
  await context.run('join', () => client.join('tcp4', address))
})
afterAll(() => Promise.all([client.close(), server.close()]))

/** `net`, over TCP. */
function tcp(): World {
  let port = 0
  return {
    async listen() {
      const listener = net.createServer()
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
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

/** AstraNet, over a link or from a node to itself. */
function astra(dialer: AstraNet): World {
  // By port: what a name stands for is known elsewhere a moment later.
  return {
    listen: () => server.bind('', ':78'),
    dial: () => dialer.dial('', `${formatNodeId(server.nodeId)}:78`),
  }
}

interface Pair {
  readonly listener: AnyListener
  readonly near: AnySocket
  readonly far: AnySocket
}

async function connect(world: World, log: Log): Promise<Pair> {
  const listener = await context.run('bind', () => world.listen())
  const accepted = new Promise<AnySocket>((resolve) => {
    context.run('handle', () =>
      listener.on('connection', (socket) => {
        log.note('connection')
        log.socket('far', socket)
        resolve(socket)
      }),
    )
  })
  listener.on('close', () => log.note('listener close'))
  const near = await context.run('dial', () => world.dial())
  log.socket('near', near)
  return { listener, near, far: await accepted }
}

function closed(...sockets: AnySocket[]): Promise<unknown> {
  return Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
}

function written(socket: AnySocket, bytes: Uint8Array | string, log: Log, name: string): Promise<void> {
  return new Promise((resolve) => {
    context.run(name, () => socket.write(bytes, () => (log.note(`callback of ${name}`), resolve())))
  })
}

const scenarios: Record<string, (pair: Pair, log: Log) => Promise<unknown>> = {
  async 'small and large writes, and an end'({ near, far }, log) {
    const over = closed(near, far)
    await written(near, 'x', log, 'small write')
    // One after the other: what a write waits for that stands behind another is a matter of the kernel's buffers.
    await written(near, new Uint8Array(200_000), log, 'large write')
    await written(far, new Uint8Array(200_000), log, 'large answer')
    context.run('end', () => near.end(() => log.note('callback of end')))
    await over
  },
  async 'the far side ends'({ near, far }) {
    context.run('end', () => far.end('x'))
    await closed(near, far)
  },
  async 'destroyed somewhere else'({ near, far }) {
    context.run('destroy', () => near.destroy())
    await closed(near, far)
  },
  async 'destroyed with an error somewhere else'({ near, far }) {
    context.run('destroy', () => near.destroy(new Error('mine')))
    await closed(near, far)
  },
  async 'the far side is destroyed with an error somewhere else'({ near, far }) {
    context.run('destroy', () => far.destroy(new Error('mine')))
    await closed(near, far)
  },
  async 'the far side is destroyed somewhere else'({ near, far }) {
    context.run('destroy', () => far.destroy())
    await closed(near, far)
  },
  async reset({ near, far }) {
    context.run('reset', () => far.resetAndDestroy())
    await closed(near, far)
  },
  async 'reset by the dialer'({ near, far }) {
    context.run('reset', () => near.resetAndDestroy())
    await closed(near, far)
  },
  async timeouts({ near, far }, log) {
    const timedOut = (name: string, socket: AnySocket): Promise<void> =>
      new Promise((resolve) => {
        const onTimeout = (): void => (log.note(`${name} timeout`), resolve())
        context.run('set timeout', () => socket.setTimeout(1, onTimeout))
      })
    await Promise.all([timedOut('near', near), timedOut('far', far)])
    near.destroy()
    await closed(near, far)
  },
  async 'the listener closes after its sockets'({ listener, near, far }, log) {
    near.destroy()
    await closed(near, far)
    await new Promise<void>((resolve) =>
      context.run('close', () => listener.close(() => (log.note('callback of close'), resolve()))),
    )
  },
  async 'the listener closes before its sockets'({ listener, near, far }, log) {
    const over = new Promise<void>((resolve) =>
      context.run('close', () => listener.close(() => (log.note('callback of close'), resolve()))),
    )
    context.run('destroy', () => near.destroy())
    await Promise.all([over, closed(near, far)])
  },
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test.each([
    ['over a link', client],
    ['in one node', server],
  ])(`${name}: the same contexts as over net (%s)`, async (_, dialer) => {
    const lines: string[][] = []
    for (const world of [tcp(), astra(dialer)]) {
      const log = new Log()
      const pair = await connect(world, log)
      await scenario(pair, log)
      pair.listener.close()
      lines.push(log.lines)
    }
    const [expected, actual] = lines
    expect(actual).toEqual(expected)
  })
}

/**
 * Where each event of a socket runs. Each handler enters another context, as a program does that learns who its client
 * is.
 */
function entering(name: string, socket: AnySocket): string[] {
  const lines: string[] = []
  for (const event of ['data', 'end', 'finish', 'close'])
    socket.on(event, () => {
      lines.push(`${name} ${event} in ${context.getStore() ?? 'none'}`)
      context.enterWith(`${name} ${event}`)
    })
  return lines
}

test('what a handler enters is seen by the same handlers as over net, and by none of other sockets', async () => {
  const seen: string[][][] = []
  for (const world of [tcp(), astra(client), astra(server)]) {
    const listener = await world.listen()
    const pairs: Omit<Pair, 'listener'>[] = []
    const lines: string[][] = []
    for (const number of [1, 2]) {
      const accepted = once(listener as never, 'connection') as Promise<[AnySocket]>
      const near = await context.run('dial', () => world.dial())
      const [far] = await accepted
      lines.push(entering(`near ${number}`, near), entering(`far ${number}`, far))
      pairs.push({ near, far })
    }
    for (const round of ['1', '2', '3'])
      for (const { near, far } of pairs) {
        near.write(round)
        await once(far, 'data')
        far.write(round)
        await once(near, 'data')
      }
    for (const { near, far } of pairs) {
      near.end()
      await closed(near, far)
    }
    listener.close()
    seen.push(lines)
  }
  const [expected, linked, looped] = seen
  expect(linked).toEqual(expected)
  expect(looped).toEqual(expected)
})

test("what a handler of 'connect' enters is seen where it is over net, also when the socket connects again", async () => {
  const { expected, actual } = await onBoth(async (module, notes) => {
    const { port } = await listening(module, (socket) => socket.on('error', () => {}).write('hello'))
    const socket = new module.Socket()
    for (const event of ['connect', 'ready', 'data', 'end', 'close'])
      socket.on(event, () => {
        notes.add(event, 'in', context.getStore())
        context.enterWith(event)
      })
    for (const name of ['first', 'second']) {
      context.run(name, () => socket.connect(port, '127.0.0.1'))
      await once(socket, 'data')
      context.run('destroy', () => socket.destroy())
      await over(socket)
    }
  })
  expect(actual).toEqual(expected)
})

test('a WebSocket server does not take one client for another', async () => {
  const seen: string[][] = []
  for (const world of [tcp(), astra(client), astra(server)]) {
    const web = http.createServer()
    new WebSocketServer({ server: web }).on('connection', (socket) =>
      socket.on('message', (name) => {
        const before = context.getStore() ?? 'none'
        context.enterWith(String(name))
        socket.send(before)
      }),
    )
    const listener = await world.listen()
    listener.on('connection', (socket) => web.emit('connection', socket))
    const open = async (): Promise<WebSocket> => {
      const socket = await world.dial()
      const client = new WebSocket('ws://web', { createConnection: () => socket as net.Socket })
      await once(client, 'open')
      return client
    }
    const clients = { alice: await open(), bob: await open() }
    const answers: string[] = []
    for (const name of ['alice', 'bob', 'alice', 'bob'] as const) {
      clients[name].send(name)
      answers.push(`${name} was ${String(((await once(clients[name], 'message')) as [Buffer])[0])}`)
    }
    for (const each of Object.values(clients)) {
      each.close()
      await once(each, 'close')
    }
    listener.close()
    seen.push(answers)
  }
  const [expected, linked, looped] = seen
  expect(linked).toEqual(expected)
  expect(looped).toEqual(expected)
})

test('bytes that waited are read where the socket is, not where it began to be read', async () => {
  for (const world of [tcp(), astra(client), astra(server)]) {
    const listener = await context.run('bind', () => world.listen())
    const waiting = once(listener as never, 'connection') as Promise<[AnySocket]>
    const near = await context.run('dial', () => world.dial())
    const [far] = await waiting
    context.run('write', () => near.write('x'.repeat(100_000)))
    const contexts = new Set<string | undefined>()
    let length = 0
    context.run('attach', () =>
      far.on('readable', () => {
        for (let chunk: Buffer | null; (chunk = far.read() as Buffer | null) !== null; length += chunk.length)
          contexts.add(context.getStore())
      }),
    )
    await until(() => length === 100_000)
    expect([...contexts]).toEqual([undefined])
    near.destroy()
    await closed(near, far)
    listener.close()
  }
})

test('each of several dials has the context of its own, whichever was before', async () => {
  const listener = await server.bind('', 'several')
  listener.on('connection', (socket) => socket.on('error', () => {}).end('hello'))
  const other = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const names = ['a', 'a', 'b', 'none', 'a', 'none', 'b', 'b']
  await Promise.all(
    names.map(async (name, index) => {
      const dial = (): Promise<AnySocket> => client.dial('', 'several')
      const socket = await other.run(String(index >> 1), () =>
        name === 'none' ? context.exit(dial) : context.run(name, dial),
      )
      socket.resume().on('close', () => (seen[index] = `${context.getStore() ?? 'none'} ${other.getStore()}`))
      await closed(socket)
    }),
  )
  expect(seen).toEqual(names.map((name, index) => `${name} ${index >> 1}`))
  listener.close()
})

test('accept() and for await give sockets whose events run in no context', async () => {
  const listener = await context.run('bind', () => server.bind('', 'accepting'))
  const near = await context.run('dial', () => client.dial('', 'accepting'))
  const far = await context.run('accept', () => listener.accept())
  const log = new Log()
  log.socket('far', far)
  log.socket('near', near)
  far.write('y')
  near.end('x')
  await closed(near, far)
  listener.close()
  expect(log.lines).toEqual([
    'far close in none',
    'far data in none',
    'far end in none',
    'far finish in none',
    'near close in dial',
    'near data in dial',
    'near end in dial',
    'near finish in none',
  ])
})

test('an HTTP server and its client run where they run over net', async () => {
  const lines: string[][] = []
  for (const world of [tcp(), astra(client)]) {
    const log = new Log()
    const web = http.createServer((request, response) => {
      log.note('request')
      request.on('data', () => log.note('request data'))
      request.on('end', () => (log.note('request end'), response.end('answer')))
      response.on('close', () => log.note('response close'))
    })
    const listener = await context.run('bind', () => world.listen())
    listener.on('connection', (socket) => web.emit('connection', socket))
    const connection = await context.run('dial', () => world.dial())
    const response = await new Promise<http.IncomingMessage>((resolve) =>
      context.run('fetch', () =>
        http
          .request({ method: 'POST', createConnection: () => connection }, (message) => {
            log.note('client response')
            message.on('end', () => log.note('client end'))
            resolve(message)
          })
          .end('question'),
      ),
    )
    expect(await textOf(response)).toBe('answer')
    connection.destroy()
    listener.close()
    lines.push(log.lines)
  }
  const [expected, actual] = lines
  expect(actual).toEqual(expected)
})

test('a selector runs where the dial is, also when it is asked later', async () => {
  const seen: (string | undefined)[] = []
  const pick = roundRobin()
  const selector: typeof pick = (...args) => (seen.push(context.getStore()), pick(...args))
  const dialing = context.run('dial', () => client.dial('', 'late', { selector }))
  // Both become known with one message.
  const listeners = await Promise.all([server.bind('', 'late:1'), server.bind('', 'late:2')])
  ;(await dialing).destroy()
  expect(seen).toEqual(['dial'])
  ;(await context.run('dial again', () => client.dial('', 'late', { selector }))).destroy()
  expect(seen).toEqual(['dial', 'dial again'])
  for (const listener of listeners) listener.close()
})

test('onError runs where listenAndServe was called', async () => {
  const node = new AstraNet()
  const seen = new Promise((resolve) => {
    const onError = (): void => resolve(context.getStore())
    void context
      .run('serve', () => node.listenAndServe('tcp4', '127.0.0.1:0', { onError }))
      .then(({ address }) => {
        const visitor = net.connect(Number(address.split(':')[1]), '127.0.0.1', () => visitor.end('GET /'))
        visitor.on('error', () => {})
      })
  })
  expect(await seen).toBe('serve')
  await node.close()
})
