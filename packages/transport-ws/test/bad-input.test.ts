import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Probe } from '@astranet/testkit'
import { ws } from '@astranet/transport-ws'
import { describe, expect, it } from 'vitest'
import { closeAll, listening, portOf, serverTls, turnsUntil } from './support.js'

/** Who comes by on the internet. */
interface Stranger {
  /** Resolves with what was sent back, once it has been disconnected. */
  readonly visit: (port: number, network: string) => Promise<string>
  /** What the listener is told of it, over wss where that differs. */
  readonly code: string
  readonly wssCode?: string
  /** What it is answered, where it speaks HTTP. */
  readonly status?: number
}

const HANDSHAKE = 'ASTRA_ERR_WS_HANDSHAKE'
const TLS = 'ASTRA_ERR_TLS_HANDSHAKE'

const strangers: Record<string, Stranger> = {
  'an HTTP client': { visit: says('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), code: HANDSHAKE, status: 426 },
  'an HTTP client with a body': {
    visit: says(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`),
    code: HANDSHAKE,
    status: 426,
  },
  'a client with an endless head': {
    visit: says(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`),
    code: HANDSHAKE,
  },
  'a WebSocket without a key': {
    visit: says(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: astranet-1-qx02\r\n\r\n',
    ),
    code: HANDSHAKE,
    status: 400,
  },
  'an upgrade to something else': {
    visit: says(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n' +
        'Sec-WebSocket-Protocol: astranet-1-qx02\r\n\r\n',
    ),
    code: HANDSHAKE,
    status: 400,
  },
  'a TLS client': {
    visit: (port) => closed(connectTls({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', ciphers: 'PSK' })),
    code: HANDSHAKE,
    wssCode: TLS,
  },
  'random bytes': { visit: says(randomBytes(10_000)), code: HANDSHAKE },
  'a plain client': {
    visit: (port) => closed(plain(port, (socket) => socket.write('hello\n\n'))),
    code: HANDSHAKE,
    wssCode: TLS,
  },
  'a port scanner': {
    visit: (port) => closed(plain(port, (socket) => socket.end())),
    code: 'ECONNRESET',
  },
  'a client that resets': {
    visit: (port) => closed(plain(port, (socket) => socket.resetAndDestroy())),
    code: 'ECONNRESET',
  },
}

function plain(port: number, onConnect: (socket: Socket) => unknown): Socket {
  const socket = connect(port, '127.0.0.1')
  return socket.once('connect', () => onConnect(socket))
}

function says(bytes: string | Uint8Array): Stranger['visit'] {
  return (port, network) => {
    if (network === 'ws') return closed(plain(port, (socket) => socket.write(bytes)))
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.once('secureConnect', () => socket.write(bytes))
    return closed(socket)
  }
}

/** What comes on `socket` until it is closed. */
function closed(socket: Socket): Promise<string> {
  let text = ''
  socket.on('error', () => {}).on('data', (chunk) => (text += String(chunk)))
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

/** Connects, and says nothing. */
async function idler(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

for (const network of ['ws', 'wss']) {
  describe(`a listener on ${network}`, () => {
    const options = network === 'wss' ? { tls: serverTls } : {}

    it.each(Object.entries(strangers))(
      'disconnects %s, says why once, and serves on',
      async (_, stranger) => {
        const { listener, accepted, errors } = await listening(ws(options), network)
        const said = await stranger.visit(portOf(listener.address), network)
        if (stranger.status !== undefined) expect(said).toMatch(new RegExp(`^HTTP/1.1 ${stranger.status} `))
        await turnsUntil(() => errors.length > 0)
        expect(accepted).toEqual([])
        const connection = await ws(options).dial(network, listener.address)
        await turnsUntil(() => accepted.length === 1)
        await closeAll([connection, ...accepted])
        await listener.close()
        const code = network === 'wss' ? (stranger.wssCode ?? stranger.code) : stranger.code
        expect(errors.map((error) => error.code)).toEqual([code])
        expect(errors[0]?.message).toMatch(/client/)
      },
    )

    it('disconnects who says nothing after a while, and says so once', async () => {
      const impatient = ws({ ...options, handshakeTimeoutMs: 20 })
      const { listener, accepted, errors } = await listening(impatient, network)
      await closed(await idler(portOf(listener.address)))
      await turnsUntil(() => errors.length > 0)
      if (network === 'wss') await says('')(portOf(listener.address), network)
      const expected = network === 'wss' ? ['ETIMEDOUT', 'ETIMEDOUT'] : ['ETIMEDOUT']
      await turnsUntil(() => errors.length >= expected.length)
      await listener.close()
      expect(errors.map(({ code }) => code)).toEqual(expected)
      expect(accepted).toEqual([])
    })

    it('has so many that are not WebSockets yet at most: the oldest is cut for one more, and who means it gets in', async () => {
      const transport = ws({ ...options, maxPendingHandshakes: 3 })
      const { listener, accepted, errors } = await listening(transport, network)
      const port = portOf(listener.address)
      const oldest = await idler(port)
      const others = [await idler(port), await idler(port)]
      const cut = closed(oldest)
      const connection = await transport.dial(network, listener.address)
      await cut
      await turnsUntil(() => accepted.length === 1)
      expect(errors.map(({ code }) => code)).toEqual(['ASTRA_ERR_WS_BUSY'])
      expect(others.map(({ closed }) => closed)).toEqual([false, false])
      // They are told of once each, and the one that was cut no more.
      for (const socket of others) socket.destroy()
      await turnsUntil(() => errors.length === 3)
      await closeAll([connection, ...accepted])
      await listener.close()
      expect(errors.map(({ code }) => code)).toEqual(['ASTRA_ERR_WS_BUSY', 'ECONNRESET', 'ECONNRESET'])
    })

    it('disconnects those who are no WebSockets yet when it is closed', async () => {
      const { listener, accepted } = await listening(ws(options), network)
      const socket = connect(portOf(listener.address), '127.0.0.1')
      await new Promise((resolve) => socket.once('connect', resolve))
      // The listener has it once it has answered this one.
      const connection = await ws(options).dial(network, listener.address)
      await turnsUntil(() => accepted.length === 1)
      await listener.close()
      await closed(socket)
      const probe = Probe.on(connection)
      accepted[0]?.writev([Uint8Array.of(1)])
      await turnsUntil(() => probe.receivedBytes === 1)
      await closeAll([connection, ...accepted])
    })
  })
}
