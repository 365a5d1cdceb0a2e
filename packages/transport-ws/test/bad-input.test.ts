import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Connection } from '@astranet/interface'
import { Probe } from '@astranet/testkit'
import { ws } from '@astranet/transport-ws'
import { describe, expect, it } from 'vitest'
import { closeAll, listening, portOf, serverTls, turnsUntil } from './support.js'

/** Who comes by on the internet: each resolves when it has been disconnected. */
const strangers: Record<string, (port: number, network: string) => Promise<void>> = {
  'an HTTP client': (port, network) => send(port, network, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  'an HTTP client with a body': (port, network) =>
    send(port, network, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`),
  'a client with an endless head': (port, network) =>
    send(port, network, `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`),
  'a WebSocket without a key': (port, network) =>
    send(
      port,
      network,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: astranet-1-qx02\r\n\r\n',
    ),
  'an upgrade to something else': (port, network) =>
    send(port, network, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
  'a TLS client': (port) =>
    closed(connectTls({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', ciphers: 'PSK' })),
  'random bytes': (port, network) => send(port, network, randomBytes(10_000)),
  'a plain client': (port) =>
    closed(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.write('hello\n\n')
      }),
    ),
  'a port scanner': (port) =>
    closed(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.end()
      }),
    ),
  'a client that resets': (port) =>
    closed(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.resetAndDestroy()
      }),
    ),
}

function send(port: number, network: string, bytes: string | Uint8Array): Promise<void> {
  const socket =
    network === 'ws'
      ? connect(port, '127.0.0.1')
      : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.once(network === 'ws' ? 'connect' : 'secureConnect', () => socket.write(bytes))
  return closed(socket)
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {}).resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

for (const network of ['ws', 'wss']) {
  describe(`a listener on ${network}`, () => {
    const options = network === 'wss' ? { tls: serverTls } : {}

    it.each(Object.entries(strangers))('disconnects %s, and serves on', async (_, visit) => {
      const { listener, accepted, errors } = await listening(ws(options), network)
      await visit(portOf(listener.address), network)
      expect(accepted).toEqual([])
      for (const error of errors) expect(error.message).not.toBe('')
      const connection = await ws(options).dial(network, listener.address)
      await turnsUntil(() => accepted.length === 1)
      await closeAll([connection, ...accepted])
      await listener.close()
    })

    it('disconnects who says nothing after a while', async () => {
      const { listener, accepted } = await listening(ws({ ...options, handshakeTimeoutMs: 20 }), network)
      await closed(connect(portOf(listener.address), '127.0.0.1'))
      if (network === 'wss') await send(portOf(listener.address), network, '')
      expect(accepted).toEqual([])
      await listener.close()
    })

    it('has so many that are not WebSockets yet at most, and takes others when those are gone', async () => {
      const transport = ws({ ...options, maxPendingHandshakes: 3 })
      const { listener, accepted, errors } = await listening(transport, network)
      const port = portOf(listener.address)
      const idle = Array.from({ length: 3 }, () => connect(port, '127.0.0.1').on('error', () => {}))
      await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
      await expect(transport.dial(network, listener.address)).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(errors.map(({ code }) => code)).toContain('ASTRA_ERR_WS_BUSY')
      const gone = idle.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const socket of idle) socket.destroy()
      await Promise.all(gone)
      const connections: Connection[] = []
      while (connections.length === 0) {
        // The listener learns that they are gone a few turns later.
        await transport.dial(network, listener.address).then(
          (connection) => connections.push(connection),
          () => undefined,
        )
      }
      await turnsUntil(() => accepted.length === 1)
      await closeAll([...connections, ...accepted])
      await listener.close()
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
