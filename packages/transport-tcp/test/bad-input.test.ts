import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Probe } from '@astranet/testkit'
import { tcp, type TcpOptions } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'
import { closeAll, listening, memberTls, portOf, turnsUntil } from './support.js'

const listeners: Record<string, TcpOptions> = {
  'certificates over TLS 1.3': { tls: memberTls },
  'certificates over TLS 1.2': { tls: { ...memberTls, maxVersion: 'TLSv1.2' } },
}

/** Who comes by on the internet: each resolves when it has been disconnected. */
const strangers: Record<string, (port: number) => Promise<void>> = {
  'an HTTP client': (port) =>
    new Promise((resolve) => {
      request({ port, host: '127.0.0.1' })
        .on('error', () => resolve())
        .end()
    }),
  'a browser': (port) =>
    new Promise((resolve) => {
      const socket = connectTls({ port, ALPNProtocols: ['h2', 'http/1.1'], rejectUnauthorized: false })
      socket.on('error', () => {}).on('close', () => resolve())
    }),
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
  'random bytes': (port) =>
    closed(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.write(randomBytes(100_000))
      }),
    ),
  'a TLS record that claims to be long': (port) =>
    closed(
      connect(port, '127.0.0.1', function (this: Socket) {
        this.end(Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xff]))
      }),
    ),
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {}).resume()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

for (const [name, options] of Object.entries(listeners)) {
  describe(`a listener with ${name}`, () => {
    const transport = tcp(options)

    it.each(Object.entries(strangers))('disconnects %s, says why, and serves on', async (_, visit) => {
      const { listener, accepted, errors } = await listening(transport)
      await visit(portOf(listener.address))
      await turnsUntil(() => errors.length === 1)
      expect(errors[0]?.code).toMatch(/^(ASTRA_ERR_TLS_|ECONNRESET$)/)
      expect(errors[0]?.message).toMatch(/^TLS with .* failed: .*\.$/s)
      expect(accepted).toEqual([])
      const connection = await transport.dial('tcp4', listener.address)
      await turnsUntil(() => accepted.length === 1)
      await closeAll([connection, ...accepted])
      await listener.close()
    })

    it('disconnects who says nothing after a while', async () => {
      const impatient = tcp({ ...options, handshakeTimeoutMs: 20 })
      const { listener, accepted, errors } = await listening(impatient)
      await closed(connect(portOf(listener.address), '127.0.0.1'))
      await turnsUntil(() => errors.length === 1)
      expect(errors[0]).toMatchObject({ code: 'ETIMEDOUT' })
      expect(accepted).toEqual([])
      await listener.close()
    })

    it('shakes hands with so many at once: the oldest is cut for one more, and who means it gets in', async () => {
      const small = tcp({ ...options, maxPendingHandshakes: 3 })
      const { listener, accepted, errors } = await listening(small)
      const idle: Socket[] = []
      for (let count = 0; count < 3; count++) {
        const socket = connect(portOf(listener.address), '127.0.0.1').on('error', () => {})
        await new Promise((resolve) => socket.once('connect', resolve))
        idle.push(socket)
      }
      const [oldest, ...others] = idle
      const cut = closed(oldest!)
      const connection = await small.dial('tcp4', listener.address)
      await cut
      await turnsUntil(() => accepted.length === 1)
      expect(errors.map(({ code }) => code)).toEqual(['ASTRA_ERR_TLS_BUSY'])
      expect(others.map(({ closed }) => closed)).toEqual([false, false])
      // They are told of once each, and the one that was cut no more.
      for (const socket of others) socket.destroy()
      await turnsUntil(() => errors.length === 3)
      await closeAll([connection, ...accepted])
      await listener.close()
      expect(errors.map(({ code }) => code)).toEqual(['ASTRA_ERR_TLS_BUSY', 'ECONNRESET', 'ECONNRESET'])
    })

    it('cuts the handshakes under way when it is closed, and no connection that is established', async () => {
      const { listener, accepted, errors } = await listening(transport)
      const connection = await transport.dial('tcp4', listener.address)
      await turnsUntil(() => accepted.length === 1)
      const probe = Probe.on(connection)
      const socket = connect(portOf(listener.address), '127.0.0.1')
      await new Promise((resolve) => socket.once('connect', resolve))
      // The listener has it once it has answered this one.
      const later = await transport.dial('tcp4', listener.address)
      await turnsUntil(() => accepted.length === 2)
      await listener.close()
      await closed(socket)
      accepted[0]?.writev([Uint8Array.of(1)])
      await turnsUntil(() => probe.receivedBytes === 1)
      expect([accepted.length, errors]).toEqual([2, []])
      await closeAll([connection, later, ...accepted])
    })
  })
}
