import type { IncomingMessage, Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ws } from '@astranet/transport-ws'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { closeAll, listening, turnsUntil, withHttpServer, type Listening } from './support.js'

type OnUpgrade = (request: IncomingMessage, socket: Duplex) => void

const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'

/** Another user of the server, with a protocol of its own at `/echo`. */
class Neighbour {
  readonly sockets: Socket[] = []

  /** Takes what asks for its path, at once. */
  readonly take: OnUpgrade = ({ url }, socket) => {
    if (url === '/echo') this.#accept(socket as Socket)
  }

  /** Takes it once it has asked somebody else, many turns later. */
  readonly takeLater: OnUpgrade = ({ url }, socket) => {
    if (url === '/echo') void fetchNothing().then(() => this.#accept(socket as Socket))
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket)
    expect(listenersOf(socket)).toEqual({ data: 0, error: 0, close: 0, timeout: 0 })
    socket.write(ACCEPTED)
    socket.on('data', (chunk: Buffer) => socket.write(chunk))
  }
}

function listenersOf(socket: Socket): object {
  const count = (event: string): number => socket.listenerCount(event)
  return { data: count('data'), error: count('error'), close: count('close'), timeout: count('timeout') }
}

/** A round trip to a server of its own. */
async function fetchNothing(): Promise<void> {
  await withHttpServer(async (_, url) => void (await fetch(url.replace('ws:', 'http:'))))
}

/** A client that asks for `path` and reads what comes. */
class Client {
  readonly socket: Socket
  text = ''

  constructor(url: string, path: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('data', (chunk) => (this.text += String(chunk)))
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`)
  }

  async receives(text: string): Promise<void> {
    await turnsUntil(() => this.text.length >= text.length || this.socket.closed)
    expect(this.text).toBe(text)
  }
}

/** When the other listener comes, seen from the transport, which `mount` puts on the server. */
const orders: [string, (server: Server, take: OnUpgrade, mount: () => Promise<void>) => Promise<void>][] = [
  [
    'before',
    async (server, take, mount) => {
      server.on('upgrade', take)
      await mount()
    },
  ],
  [
    'after',
    async (server, take, mount) => {
      await mount()
      server.on('upgrade', take)
    },
  ],
  [
    'later and in front',
    async (server, take, mount) => {
      await mount()
      server.prependListener('upgrade', take)
    },
  ],
  [
    'before, for one request',
    async (server, take, mount) => {
      server.once('upgrade', take)
      await mount()
    },
  ],
  [
    'after, for one request',
    async (server, take, mount) => {
      await mount()
      server.once('upgrade', take)
    },
  ],
  [
    'before, and leaves when it has what it wants',
    async (server, take, mount) => {
      server.on('upgrade', function listener(request, socket) {
        server.off('upgrade', listener)
        take(request, socket)
      })
      await mount()
    },
  ],
]

describe('ws on a server that others use', () => {
  for (const how of ['take', 'takeLater'] as const) {
    it.each(orders)(`leaves alone what another listener takes that comes %s (${how})`, async (_, join) => {
      await withHttpServer(async (server, url) => {
        const neighbour = new Neighbour()
        const mounted: Listening[] = []
        await join(server, neighbour[how], async () => {
          mounted.push(await listening(ws({ server, handshakeTimeoutMs: 1 }), 'ws', '/astranet'))
        })
        const client = new Client(url, '/echo')
        await client.receives(ACCEPTED)
        let expected = ACCEPTED
        // They take longer than a client of the transport may.
        for (let trip = 0; trip < 100; trip++) {
          client.socket.write(`${trip};`)
          expected += `${trip};`
          await client.receives(expected)
        }
        const [socket] = neighbour.sockets
        expect(socket?.bytesWritten).toBe(expected.length)
        expect(socket && listenersOf(socket)).toEqual({ data: 1, error: 0, close: 0, timeout: 0 })
        for (const each of [client.socket, ...neighbour.sockets]) each.destroy()
        for (const { listener, errors } of mounted) {
          expect(errors).toEqual([])
          await listener.close()
        }
      })
    })
  }

  it('does not touch what no listener takes, as long as another is there', async () => {
    await withHttpServer(async (server, url) => {
      const one = await listening(ws({ server, handshakeTimeoutMs: 1 }), 'ws', '/one')
      const two = await listening(ws({ server, handshakeTimeoutMs: 1 }), 'ws', '/two')
      const seen: Socket[] = []
      const see: OnUpgrade = (_, socket) => void seen.push(socket as Socket)
      server.prependListener('upgrade', see)
      const client = new Client(url, '/nobody')
      await turnsUntil(() => seen.length === 1)
      // Both still take what is theirs, over and over, while that one waits.
      for (const { listener, accepted } of [one, two, one, two]) {
        const before = accepted.length
        const connection = await ws().dial('ws', listener.address)
        await turnsUntil(() => accepted.length > before)
        await closeAll([connection, ...accepted.slice(before)])
      }
      const [socket] = seen
      expect(socket).toMatchObject({ bytesWritten: 0, writable: true, readableFlowing: null })
      expect(socket && listenersOf(socket)).toEqual({ data: 0, error: 0, close: 0, timeout: 0 })
      for (const each of [client.socket, ...seen]) each.destroy()

      server.off('upgrade', see)
      const refused = new Client(url, '/nobody')
      await turnsUntil(() => refused.socket.closed)
      expect(refused.text).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
      for (const { listener, errors } of [one, two]) {
        expect(errors).toEqual([])
        await listener.close()
      }
      expect(server.listenerCount('removeListener')).toBe(0)
    })
  })

  it('gives way when a listener before it takes every path, and tells of it', async () => {
    await withHttpServer(async (server, url) => {
      const other = new WebSocketServer({ server })
      other.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
      const { listener, accepted, errors } = await listening(ws({ server }), 'ws', '/astranet')
      const client = new WebSocket(`${url}/astranet`)
      await new Promise((resolve) => client.once('open', resolve))
      client.send('anybody?')
      const answer = await new Promise<unknown>((resolve) => client.once('message', resolve))
      expect(String(answer)).toBe('anybody?')
      expect(accepted).toEqual([])
      expect(errors).toMatchObject([
        { code: 'ASTRA_ERR_WS_HANDSHAKE', message: expect.stringMatching(/another 'upgrade' listener/) },
      ])
      client.terminate()
      other.close()
      await listener.close()
    })
  })
})

describe('the path of a ws listener', () => {
  const asked: [string, string, boolean][] = [
    ['/astranet', '/astranet', true],
    ['/astranet', '/astranet?', true],
    ['/astranet', '/astranet?token=1&to=/other', true],
    ['/', '/?token=1', true],
    ['/b\u00fcro', '/b%C3%BCro', true],
    ['/a/../astranet', '/astranet', true],
    ['//astranet', '//astranet?x', true],
    ['/astranet', 'http://elsewhere.example/astranet?token=1', true],
    ['/astranet', '/astranet/', false],
    ['/astranet/', '/astranet', false],
    ['/astranet', '/AstraNet', false],
    ['/astranet', '/%61stranet', false],
    ['/astranet', '/other?/astranet', false],
    ['/astranet', '/astranet%3Ftoken=1', false],
    ['/astranet', '*', false],
  ]

  it.each(asked)('%s, asked for as %s: %s', async (path, target, isFound) => {
    await withHttpServer(async (server, url) => {
      const own = await listening(ws(), 'ws', `127.0.0.1:0${path}`)
      const mounted = await listening(ws({ server }), 'ws', path)
      for (const [{ listener }, base] of [
        [own, `ws://${own.listener.address}`],
        [mounted, url],
      ] as const) {
        // Without a subprotocol whoever is at the right path gets another status.
        const client = new Client(base, target)
        await turnsUntil(() => client.socket.closed)
        expect(client.text.slice(0, 12)).toBe(`HTTP/1.1 ${isFound ? '400' : '404'}`)
        await listener.close()
      }
    })
  })

  it('takes a dial with a query, and has none itself', async () => {
    await withHttpServer(async (server) => {
      const own = await listening(ws(), 'ws', '127.0.0.1:0/astranet')
      const mounted = await listening(ws({ server }), 'ws', '/astranet')
      for (const { listener, accepted } of [own, mounted]) {
        const connection = await ws().dial('ws', `ws://${listener.address}?token=1`)
        await turnsUntil(() => accepted.length === 1)
        await closeAll([connection, ...accepted])
        await listener.close()
      }
      const wrong = {
        name: 'TypeError',
        message: expect.stringMatching(/without a query\. Received '\/a\?token=1'/),
      }
      await expect(listening(ws(), 'ws', '127.0.0.1:0/a?token=1')).rejects.toMatchObject(wrong)
      await expect(listening(ws({ server }), 'ws', '/a?token=1')).rejects.toMatchObject(wrong)
    })
  })
})
