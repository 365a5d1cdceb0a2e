import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import type net from 'node:net'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { memberTls } from './certificates.js'
import { overAstraNet, overTcp, type Addresses, type Way } from './socket-ways.js'

/** What both ends say about a connection. */
interface Ends {
  readonly near: Addresses
  readonly far: Addresses
}

const identity = memberTls()
const trusting = { ca: identity.ca, servername: 'localhost' }
const ways = [overTcp, ...overAstraNet]

/** A protocol over a socket: the addresses at both ends, and those of the two sockets below. */
interface Protocol {
  readonly name: string
  run(way: Way): Promise<{ above: Ends; below: Ends }>
}

const protocols: readonly Protocol[] = [
  {
    name: 'TLS',
    async run(way) {
      const server = tls.createServer(identity)
      const { socket, accepted } = await connection(way, server)
      const secured = once(server, 'secureConnection')
      const secure = tls.connect({ socket, ...trusting })
      await once(secure, 'secureConnect')
      const [far] = (await secured) as [tls.TLSSocket]
      return over({ near: secure, far }, { near: socket, far: await accepted }, () => secure.destroy())
    },
  },
  {
    name: 'HTTPS',
    async run(way) {
      const server = https.createServer(identity)
      const { socket, accepted } = await connection(way, server)
      const asked = once(server, 'request')
      const request = https.get({ createConnection: () => tls.connect({ socket, ...trusting }) })
      request.on('error', () => {})
      const [incoming] = (await asked) as [{ socket: tls.TLSSocket }]
      const near = request.socket as tls.TLSSocket
      const below = { near: socket, far: await accepted }
      return over({ near, far: incoming.socket }, below, () => request.destroy())
    },
  },
  {
    name: 'HTTP/2',
    run: (way) => overHttp2(way, http2.createServer(), (socket) => socket),
  },
  {
    name: 'HTTP/2 over TLS',
    run: (way) =>
      overHttp2(way, http2.createSecureServer(identity), (socket) =>
        tls.connect({ socket, ...trusting, ALPNProtocols: ['h2'] }),
      ),
  },
]

async function overHttp2(
  way: Way,
  server: http2.Http2Server,
  wrap: (socket: Duplex) => Duplex,
): Promise<{ above: Ends; below: Ends }> {
  const { socket, accepted } = await connection(way, server)
  const asked = once(server, 'request')
  const session = http2.connect('https://localhost', { createConnection: () => wrap(socket) })
  session.on('error', () => {})
  session.request({ ':path': '/' }).on('error', () => {})
  const [[incoming]] = (await Promise.all([asked, once(session, 'remoteSettings')])) as [
    [http2.Http2ServerRequest],
    unknown,
  ]
  const below = { near: socket, far: await accepted }
  return over({ near: session.socket, far: incoming.socket }, below, () => session.destroy())
}

async function connection(
  way: Way,
  server: net.Server,
): Promise<{ socket: Duplex & Addresses; accepted: Promise<Addresses> }> {
  const accepted = once(server, 'connection').then(([raw]) => raw as Addresses)
  const socket = await way.connect((raw) => server.emit('connection', raw))
  return { socket, accepted }
}

function over(above: Ends, below: Ends, close: () => void): { above: Ends; below: Ends } {
  const both = { above: read(above), below: read(below) }
  close()
  return both
}

function read({ near, far }: Ends): Ends {
  return { near: addressesOf(near), far: addressesOf(far) }
}

function addressesOf(socket: Addresses): Addresses {
  const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket
  return { remoteAddress, remotePort, remoteFamily, localAddress, localPort }
}

describe.each(protocols)('$name has the addresses of the socket below', ({ run }) => {
  test.each(ways)('over $name', async (way) => {
    const { above, below } = await run(way)
    expect(above).toEqual(below)
    expect([above.near, above.far].flatMap(Object.values)).not.toContain(undefined)
    expect(above.near.remoteAddress).toBe(above.far.localAddress)
  })
})

test.each(ways)(
  'TLS over a socket that connects has the address of the peer from then on, over $name',
  async (way) => {
    const server = tls.createServer(identity)
    const { socket } = await connection(way, server)
    const secure = tls.connect({ socket, ...trusting })
    expect(secure.remoteAddress).toBe(socket.remoteAddress)
    await once(secure, 'secureConnect')
    expect(secure.remoteAddress).toBeTypeOf('string')
    expect(secure.remoteAddress).toBe(socket.remoteAddress)
    secure.destroy()
  },
)

test('TLS over a stream of the program has no addresses, as without AstraNet', async () => {
  const { above } = await (protocols[0] as Protocol).run(ways[1] as Way)
  expect(above.near.remoteAddress).toBeTypeOf('string')
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() })
  const secure = tls.connect({ socket: Object.assign(stream, { remoteAddress: '192.0.2.1' }), ...trusting })
  secure.on('error', () => {})
  expect(addressesOf(secure)).toEqual({})
  secure.destroy()
})
