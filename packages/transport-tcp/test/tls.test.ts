import { createServer as createPlainServer } from 'node:net'
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { Probe } from '@astranet/testkit'
import { tcp, type TlsOptions } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'
import {
  anonymousTls,
  clientTls,
  closeAll,
  listening,
  memberTls,
  portOf,
  strangerTls,
  turnsUntil,
} from './support.js'

const ALPN = 'astranet-1-qx02'

/** A TLS client that is not this transport. */
async function foreignClient(address: string, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port: portOf(address), host: '127.0.0.1', ...clientTls, ...options })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  return socket
}

/** A TLS server that is not this transport: the port it listens on, while `body` runs. */
async function withForeignServer(
  options: Parameters<typeof createServer>[0],
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer({ ...memberTls, ...options }, (socket) => {
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await body((server.address() as AddressInfo).port)
  await new Promise((resolve) => server.close(resolve))
}

describe('tls', () => {
  it.each(['tcp4', 'unix'])('lets in who has a certificate, over %s', async (network) => {
    const { listener, accepted, errors } = await listening(tcp({ tls: memberTls }), network)
    const connection = await tcp({ tls: clientTls }).dial(network, listener.address)
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
    expect(errors).toEqual([])
  })

  it.each([
    ['no certificate', anonymousTls],
    ['a certificate that nobody trusts', strangerTls],
  ])('turns away a client with %s, and both sides are told', async (_, tls) => {
    const { listener, accepted, errors } = await listening(tcp({ tls: memberTls }))
    // Over TLS 1.3 the client is done before the server has judged it.
    const connection = Probe.on(await tcp({ tls }).dial('tcp4', listener.address))
    connection.write(new Uint8Array(100))
    await connection.until('an end', () => connection.hasEnded || connection.closes > 0)
    await turnsUntil(() => errors.length === 1)
    expect(errors[0]).toMatchObject({ code: 'ASTRA_ERR_TLS_CERTIFICATE' })
    expect(errors[0]?.message).toMatch(/TLS with .*client.*certificate is missing or not trusted/)
    expect(accepted).toEqual([])
    connection.duplex.abort(new Error('done'))
    await listener.close()
  })

  it('lets in clients without a certificate when told to', async () => {
    const { listener, accepted } = await listening(tcp({ tls: { ...memberTls, requestCert: false } }))
    const connection = await tcp({ tls: anonymousTls }).dial('tcp4', listener.address)
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('does not talk to a server whose certificate is not trusted', async () => {
    const { listener, accepted, errors } = await listening(tcp({ tls: strangerTls }))
    const dialing = tcp({ tls: clientTls }).dial('tcp4', listener.address)
    await expect(dialing).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_CERTIFICATE',
      message: expect.stringContaining(listener.address),
      cause: expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    })
    await turnsUntil(() => accepted.length + errors.length > 0)
    await closeAll(accepted)
    await listener.close()
  })

  it('does not talk to a server whose certificate is for another name', async () => {
    const { listener, accepted, errors } = await listening(tcp({ tls: memberTls }))
    const tls: TlsOptions = { ...clientTls, servername: 'example.org' }
    await expect(tcp({ tls }).dial('tcp4', listener.address)).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_CERTIFICATE',
      cause: expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    })
    await turnsUntil(() => accepted.length + errors.length > 0)
    await closeAll(accepted)
    await listener.close()
  })

  it('does not talk to a server whose certificate is for another IP address', async () => {
    const { listener, accepted, errors } = await listening(tcp({ tls: memberTls }), 'tcp4', '127.0.0.2:0')
    await expect(tcp({ tls: clientTls }).dial('tcp4', listener.address)).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_CERTIFICATE',
      cause: expect.objectContaining({ message: expect.stringContaining('127.0.0.2') }),
    })
    await turnsUntil(() => accepted.length + errors.length > 0)
    await closeAll(accepted)
    await listener.close()
  })

  it('closes on a client that did not agree on the protocol', async () => {
    const { listener, accepted, errors } = await listening(tcp({ tls: memberTls }))
    const socket = await foreignClient(listener.address, {})
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
    await turnsUntil(() => errors.length === 1)
    expect(errors[0]).toMatchObject({ code: 'ASTRA_ERR_TLS_ALPN' })
    expect(errors[0]?.message).toMatch(/no protocol.*"astranet-1-qx02"/)
    expect(accepted).toEqual([])
    await listener.close()
  })

  it.each([
    ['another protocol', { ALPNProtocols: ['http/1.1'] }],
    ['no protocol', {}],
  ])('does not talk to a server that agrees on %s', async (_, options) => {
    await withForeignServer(options, async (port) => {
      const dialing = tcp({ tls: clientTls }).dial('tcp4', `127.0.0.1:${port}`)
      await expect(dialing).rejects.toMatchObject({ code: 'ASTRA_ERR_TLS_ALPN' })
    })
  })

  it('agrees on another protocol when told to', async () => {
    const { listener, accepted } = await listening(tcp({ tls: memberTls, alpnProtocol: 'x' }))
    const socket = await foreignClient(listener.address, { ALPNProtocols: [ALPN, 'x'] })
    expect(socket.alpnProtocol).toBe('x')
    await turnsUntil(() => accepted.length === 1)
    socket.destroy()
    await closeAll(accepted)
    await listener.close()
  })

  it('counts the handshake in the time that a dial may take', async () => {
    const server = createPlainServer((socket) => void socket.resume()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const dialing = tcp({ tls: clientTls }).dial('tcp4', address, { timeoutMs: 20 })
    await expect(dialing).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    const controller = new AbortController()
    server.once('connection', () => controller.abort(new Error('no more')))
    const other = tcp({ tls: clientTls }).dial('tcp4', address, { signal: controller.signal })
    await expect(other).rejects.toThrow('no more')
    await new Promise((resolve) => server.close(resolve))
  })

  it('says that a server speaks no TLS', async () => {
    const server = createPlainServer((socket) => void socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(tcp({ tls: clientTls }).dial('tcp4', address)).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_HANDSHAKE',
      message: expect.stringContaining('does not speak TLS'),
    })
    await new Promise((resolve) => server.close(resolve))
  })

  it('names what is wrong with its options', async () => {
    expect(() => tcp({ tls: { ca: 'x', key: 'not a key' } })).toThrow(
      /^The property 'options.tls' is invalid: /,
    )
    expect(() => tcp({ alpnProtocol: '' })).toThrow(/alpnProtocol/)
    expect(() => tcp({ handshakeTimeoutMs: 0 })).toThrow(/handshakeTimeoutMs/)
    expect(() => tcp({ maxPendingHandshakes: 1.5 })).toThrow(/maxPendingHandshakes/)
    await expect(listening(tcp({ tls: anonymousTls }))).rejects.toThrow(/key and cert/)
  })
})
