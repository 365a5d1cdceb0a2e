import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { twoNodes, until } from './support.js'

const REQUEST = 'GET / HTTP/1.1\r\nHost: web\r\n\r\n'

/** A server, and how its clients connect. */
interface Place {
  readonly server: Server
  dial(): Promise<Client>
}

/** A connection, and what it has received. */
class Client {
  text = ''
  isOver = false
  readonly socket: Duplex

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.text += chunk.toString('latin1')))
    // A server that closes a connection with unread bytes resets it.
    socket.on('error', () => {})
    socket.on('close', () => (this.isOver = true))
  }

  ask(): void {
    this.socket.write(REQUEST)
  }
}

/** The real server over TCP. */
async function overTcp(server: Server): Promise<Place> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return {
    server,
    async dial() {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return new Client(socket)
    },
  }
}

/** The same server of a service. */
async function served(server: Server): Promise<Place> {
  const nodes = await twoNodes()
  onTestFinished(() => nodes[Symbol.asyncDispose]())
  await nodes.server.serve('web', server)
  return { server, dial: async () => new Client(await nodes.client.dial('', 'web')) }
}

/** One server that does both, with clients over the service, or over TCP. */
function both(way: 'service' | 'tcp'): (server: Server) => Promise<Place> {
  return async (server) => {
    const tcp = await overTcp(server)
    const service = await served(server)
    return way === 'tcp' ? tcp : service
  }
}

const PLACES: [string, (server: Server) => Promise<Place>][] = [
  ['that serves a name', served],
  ['that serves a name beside TCP', both('service')],
  ['that listens on TCP beside a name', both('tcp')],
]

/** What `play` sees of a server over TCP and of one elsewhere. */
async function compare(
  elsewhere: (server: Server) => Promise<Place>,
  make: () => Server,
  play: (place: Place) => Promise<unknown>,
): Promise<void> {
  const [real, ours] = await Promise.all([overTcp(make()).then(play), elsewhere(make()).then(play)])
  expect(ours).toEqual(real)
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )
}

function answering(): Server {
  return createServer((_, response) => response.end('hello'))
}

describe.each(PLACES)('a server of node:http %s is as over TCP', (_, elsewhere) => {
  test.each([0, 1, 2, undefined])('with maxConnections %s', async (maxConnections) => {
    await compare(
      elsewhere,
      () => Object.assign(answering(), maxConnections === undefined ? {} : { maxConnections }),
      async ({ server, dial }) => {
        const drops: string[][] = []
        server.on('drop', (ends) => drops.push(Object.keys(ends ?? {}).sort()))
        const clients: Client[] = []
        const seen: unknown[] = []
        for (let dialed = 0; dialed < 3; dialed++) {
          const client = await dial()
          clients.push(client)
          client.ask()
          await until(() => client.isOver || client.text.endsWith('hello'))
          seen.push([client.isOver, client.text.endsWith('hello'), await connections(server), [...drops]])
        }
        // A place that is free again is used.
        const open = await connections(server)
        clients[0]?.socket.destroy()
        while (open > 0 && (await connections(server)) === open)
          await new Promise((resolve) => setImmediate(resolve))
        const last = await dial()
        last.ask()
        await until(() => last.isOver || last.text.endsWith('hello'))
        return [...seen, last.text.endsWith('hello'), drops.length]
      },
    )
  })

  test('when connections are closed, the idle ones first', async () => {
    let finish: () => void = () => {}
    const make = (): Server =>
      createServer((request, response: ServerResponse) => {
        if (request.url === '/') return response.end('hello')
        response.write('begun')
        finish = () => response.end('done')
        return undefined
      })
    await compare(elsewhere, make, async ({ server, dial }) => {
      const [idle, busy, silent] = [await dial(), await dial(), await dial()]
      idle.ask()
      await until(() => idle.text.endsWith('hello'))
      busy.socket.write('GET /slow HTTP/1.1\r\nHost: web\r\n\r\n')
      await until(() => busy.text.includes('begun'))
      server.closeIdleConnections()
      await until(() => idle.isOver)
      const before = [busy.isOver, silent.isOver]
      finish()
      await until(() => busy.text.includes('done'))
      const open = await connections(server)
      server.closeAllConnections()
      await until(() => busy.isOver && silent.isOver)
      return [before, open, server.listening, silent.text]
    })
  })

  test.each([
    ['headersTimeout', { headersTimeout: 30, requestTimeout: 60_000 }, 'GET / HTTP/1.1\r\nHost: '],
    [
      'requestTimeout',
      { headersTimeout: 20, requestTimeout: 30 },
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx',
    ],
    ['keepAliveTimeout', { keepAliveTimeout: 30 }, REQUEST],
  ])('when its %s is over', async (_name, options, sent) => {
    const make = (): Server =>
      createServer({ connectionsCheckingInterval: 10, ...options }, (request, response) => {
        request.resume().on('end', () => response.end('hello'))
      })
    await compare(elsewhere, make, async ({ dial }) => {
      const client = await dial()
      client.socket.write(sent)
      await until(() => client.isOver)
      return client.text.replace(/^Date: .*$/m, 'Date: now')
    })
  })

  test('when its timeout is over, with a listener of it and without', async () => {
    await compare(elsewhere, answering, async ({ server, dial }) => {
      server.setTimeout(20)
      const first = await dial()
      await until(() => first.isOver)
      const timedOut = once(server, 'timeout')
      const second = await dial()
      await timedOut
      return [second.isOver, await connections(server)]
    })
  })

  test('while it closes', async () => {
    await compare(elsewhere, answering, async ({ server, dial }) => {
      const seen: unknown[] = [server.listening, server.address() === null]
      const [idle, silent] = [await dial(), await dial()]
      idle.ask()
      await until(() => idle.text.endsWith('hello'))
      server.on('close', () => seen.push('close'))
      server.close((error) => seen.push(['called back', error]))
      seen.push(server.listening, server.address())
      const refused = await dial().then(
        () => 'connected',
        () => 'refused',
      )
      await until(() => idle.isOver)
      seen.push(refused, await connections(server))
      silent.ask()
      // Newer versions of Node close a connection that has asked nothing.
      await until(() => silent.isOver || silent.text.endsWith('hello'))
      silent.socket.end()
      await until(() => seen.some((each) => Array.isArray(each)))
      const again = new Promise((resolve) => server.close(resolve))
      return [...seen, silent.text.endsWith('hello'), await again, await connections(server)]
    })
  })
})
