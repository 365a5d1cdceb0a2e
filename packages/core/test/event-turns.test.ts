import { once } from 'node:events'
import { createServer } from 'node:http'
import nodeNet, { connect as connectTcp, type AddressInfo, type ServerOpts, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { formatNodeId } from '../src/index.js'
import { portOf } from './forward-support.js'
import type { AnyNet } from './net-module-support.js'
import { textOf, turns, twoNodes, until } from './support.js'

// Between bytes and the end behind them, all nextTicks and microtasks of listeners run, however deep, and setImmediate.

/** A `net` to listen with, one to connect with, and the host of the first. */
interface Place {
  readonly server: AnyNet
  readonly client: AnyNet
  readonly host: string
}

type Scenario = (place: Place) => Promise<unknown>

/** How far a listener is from its last line, in awaits. */
const DEPTHS = [1, 2, 10]

const pauses: Record<string, () => Promise<unknown>> = {
  awaits: () => Promise.resolve(),
  ticks: () => new Promise<void>((resolve) => process.nextTick(resolve)),
}

async function pause(kind: string, depth: number): Promise<void> {
  for (let left = depth; left > 0; left--) await pauses[kind]?.()
}

/** A server at a free port, for all nodes. Closed when the test is over. */
async function listening(
  net: AnyNet,
  onConnection: (socket: Socket) => void,
  options: ServerOpts = {},
): Promise<{ port: number }> {
  const server = net.createServer(options, onConnection)
  await new Promise<void>((resolve) => server.listen(0, resolve))
  onTestFinished(() => void (server.listening && server.close()))
  return { port: (server.address() as AddressInfo).port }
}

/** What the client gets when it ends with its request, and the errors of the server's socket. */
async function answer(place: Place, serve: (socket: Socket) => void, request = 'request'): Promise<string> {
  const errors: string[] = []
  const { port } = await listening(place.server, (socket) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => errors.push(String(code)))
    serve(socket)
  })
  const socket = place.client.connect(port, place.host)
  socket.end(request)
  const text = await textOf(socket)
  await turns(3)
  return [text, ...errors].join(' ')
}

const scenarios: Record<string, Scenario> = {
  async 'a listener of data answers later with end'(place) {
    const answers: string[] = []
    for (const kind of Object.keys(pauses))
      for (const depth of DEPTHS) {
        const text = await answer(place, (socket) => {
          socket.on('data', (data: Buffer) => void pause(kind, depth).then(() => socket.end(`got ${data}`)))
        })
        answers.push(`${kind} ${depth} ${text}`)
      }
    return answers
  },
  async 'a listener of data answers in a setImmediate'(place) {
    return await answer(place, (socket) => {
      socket.on('data', (data: Buffer) => void setImmediate(() => socket.end(`got ${data}`)))
    })
  },
  async 'a listener of data answers later with write'(place) {
    return await answer(place, (socket) => {
      socket.on('data', (data: Buffer) => void pause('ticks', 3).then(() => socket.write(`got ${data}`)))
    })
  },
  async 'an async iteration answers'(place) {
    return await answer(place, (socket) => {
      void (async () => {
        for await (const data of socket) {
          await pause('awaits', 5)
          if (socket.writable) socket.write(`got ${String(data)}`)
        }
      })()
    })
  },
  async 'a reader that waits for readable answers'(place) {
    return await answer(place, (socket) => {
      socket.on('readable', () => {
        const data = socket.read() as Buffer | null
        if (data !== null) void pause('awaits', 5).then(() => socket.write(`got ${data}`))
      })
    })
  },
  async 'a readline server answers'(place) {
    const serve = (socket: Socket): void => {
      const lines = createInterface({ input: socket })
      lines.on('line', (line) => void pause('awaits', 1).then(() => socket.write(`> ${line}\n`)))
    }
    return await answer(place, serve, 'a\nb\n')
  },
  async 'a server that stays half open answers when data and end have come'(place) {
    const order: string[] = []
    const { port } = await listening(
      place.server,
      (socket) => {
        socket.on('data', () => void pause('ticks', 5).then(() => order.push('data done')))
        socket.on('end', () => {
          order.push('end')
          socket.end('answer')
        })
      },
      { allowHalfOpen: true },
    )
    const socket = place.client.connect(port, place.host)
    socket.end('request')
    return [await textOf(socket), ...order]
  },
  async 'code behind connect runs before a greeting, and code behind data before the end'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => void socket.end('hello'))
    const socket = place.client.connect(port, place.host)
    const note = (event: string): void => {
      order.push(event)
      void pause('ticks', 10).then(() => order.push(`${event} done`))
    }
    for (const event of ['connect', 'data', 'end', 'close']) socket.on(event, () => note(event))
    await once(socket, 'close')
    await turns(3)
    return order
  },
  async 'code behind connection runs before the first data'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => {
      void pause('ticks', 10).then(() => order.push('connection done'))
      socket.on('data', () => {
        order.push('data')
        socket.end()
      })
    })
    const socket = place.client.connect(port, place.host)
    socket.end('x')
    await once(socket.resume(), 'close')
    return order
  },
  async 'code behind the callback of onread runs before the end'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => void socket.end('hello'))
    const callback = (bytes: number): boolean => {
      order.push(`read ${bytes}`)
      void pause('ticks', 10).then(() => order.push('read done'))
      return true
    }
    const socket = place.client.connect({
      port,
      host: place.host,
      onread: { buffer: Buffer.alloc(64), callback },
    })
    socket.on('end', () => order.push('end'))
    await once(socket, 'close')
    return order
  },
  async 'a listener of data destroys the socket later, and no end follows'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => void socket.end('hello'))
    const socket = place.client.connect(port, place.host)
    socket.on('data', () => void pause('ticks', 3).then(() => socket.destroy()))
    for (const event of ['end', 'error', 'close']) socket.on(event, () => order.push(event))
    await once(socket, 'close')
    await turns(3)
    return order
  },
  async 'a listener of data pauses later, and the end comes all the same'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => void socket.end('hello'))
    const socket = place.client.connect(port, place.host)
    socket.on(
      'data',
      () => void pause('ticks', 3).then(() => order.push(`paused ${socket.pause().isPaused()}`)),
    )
    socket.on('end', () => order.push('end'))
    await once(socket, 'close')
    return order
  },
  async 'a listener of connect connects again at once'(place) {
    const order: string[] = []
    const { port } = await listening(place.server, (socket) => {
      socket.on('error', () => {}).end('hello')
    })
    const socket = new place.client.Socket()
    socket.on('data', (data) => order.push(String(data)))
    socket.once('connect', () => {
      socket.destroy()
      socket.connect(port, place.host)
    })
    for (const event of ['connect', 'error', 'close']) socket.on(event, () => order.push(event))
    socket.connect(port, place.host)
    await until(() => order.includes('hello'))
    socket.destroy()
    await turns(3)
    return order
  },
}

const real: Place = { server: nodeNet, client: nodeNet, host: '127.0.0.1' }

test.each(Object.entries(scenarios))('as over net, in one node and between two: %s', async (_, run) => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const expected = await run(real)
  expect(await run({ server: server.net, client: server.net, host: '127.0.0.1' })).toEqual(expected)
  const host = formatNodeId(server.nodeId)
  expect(await run({ server: server.net, client: client.net, host })).toEqual(expected)
})

test('a served client that ends with its request gets the answer', async () => {
  await using nodes = await twoNodes()
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (data: Buffer) => (bytes += data.length))
    request.on('end', () => response.end(`got ${bytes}`))
  })
  await nodes.server.serve('web:80', server)
  const head = 'POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 3\r\n\r\n'
  for (const [request, body] of [
    ['GET / HTTP/1.0\r\n\r\n', 'got 0'],
    [`${head}abc`, 'got 3'],
  ] as const) {
    const socket = nodes.client.net.connect({ port: 80, host: 'web', allowHalfOpen: true })
    socket.end(request)
    const text = await textOf(socket)
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    expect(text.endsWith(body)).toBe(true)
  }
})

test('a TCP client of a forwarded port that ends with its request gets the answer', async () => {
  await using nodes = await twoNodes()
  const errors: unknown[] = []
  const server = nodes.server.net.createServer((socket) => {
    socket.on('error', (error) => errors.push(error))
    socket.on('data', (data) => void pause('ticks', 3).then(() => socket.end(`got ${data}`)))
  })
  server.listen({ path: 'echo' })
  await once(server, 'listening')
  const { local } = await nodes.client.forward('127.0.0.1:0', 'echo')
  const socket = connectTcp(portOf(local), '127.0.0.1')
  socket.end('x')
  expect(await textOf(socket)).toBe('got x')
  expect(errors).toEqual([])
  server.close()
})

test('many that end with their requests in one read are all answered', async () => {
  await using nodes = await twoNodes()
  const { port } = await listening(nodes.server.net as AnyNet, (socket) => {
    socket.on('data', (data) => void pause('ticks', 3).then(() => socket.end(`got ${data}`)))
  })
  const host = formatNodeId(nodes.server.nodeId)
  const texts: string[] = []
  for (let index = 0; index < 200; index++) {
    const socket = nodes.client.net.connect(port, host)
    socket.end(String(index))
    void textOf(socket).then((text) => texts.push(text))
  }
  await until(() => texts.length === 200)
  expect(texts.toSorted()).toEqual(Array.from({ length: 200 }, (_, index) => `got ${index}`).toSorted())
})
