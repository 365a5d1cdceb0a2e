import type { AddressInfo } from 'node:net'
import { connect, createServer, type ConnectionOptions } from 'node:tls'
import { generateSecret, tcp } from '@astranet/transport-tcp'
import { describe, expect, it } from 'vitest'
import { stretchSecret } from '../src/secret.js'
import { clientTls, closeAll, listening, memberTls, portOf, SECRET, turnsUntil } from './support.js'

const ALPN = 'astranet-1-qx02'
const transport = tcp({ secret: SECRET })
const KEY = await stretchSecret(SECRET)

describe('a shared secret', () => {
  it.each(['tcp4', 'unix'])('is enough for both sides, over %s', async (network) => {
    const { listener, accepted, errors } = await listening(transport, network)
    const connection = await transport.dial(network, listener.address)
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
    expect(errors).toEqual([])
  })

  it('is the same text in whichever way its accents are written', async () => {
    const { listener, accepted } = await listening(tcp({ secret: 'Vive la r\u00e9publique' }))
    const connection = await tcp({ secret: 'Vive la re\u0301publique' }).dial('tcp4', listener.address)
    await turnsUntil(() => accepted.length === 1)
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('that is wrong is told to both sides, and nothing is accepted', async () => {
    const { listener, accepted, errors } = await listening(transport)
    const dialing = tcp({ secret: generateSecret() }).dial('tcp4', listener.address)
    await expect(dialing).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_SECRET',
      message: expect.stringContaining('do not have the same secret'),
    })
    await turnsUntil(() => errors.length === 1)
    expect(errors[0]).toMatchObject({
      code: 'ASTRA_ERR_TLS_SECRET',
      message: expect.stringContaining('do not have the same secret'),
    })
    expect(accepted).toEqual([])
    await listener.close()
  })

  it('is not spoken of with a server that has a certificate, even one that the client trusts', async () => {
    // The man in the middle: any certificate of an authority that everybody trusts.
    const server = createServer({ ...memberTls, requestCert: false, ALPNProtocols: [ALPN] })
    let secured = 0
    server.on('secureConnection', () => secured++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(transport.dial('tcp4', address)).rejects.toMatchObject({
      code: 'ASTRA_ERR_TLS_SECRET',
      message: expect.stringContaining('without a shared secret'),
    })
    expect(secured).toBe(0)
    await new Promise((resolve) => server.close(resolve))
  })

  it('is not spoken of with a server that would take any', async () => {
    // The man in the middle who offers a suite with a secret, and guesses.
    const server = createServer({
      ciphers: 'PSK',
      maxVersion: 'TLSv1.2',
      ALPNProtocols: [ALPN],
      pskCallback: () => Buffer.alloc(32),
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(transport.dial('tcp4', address)).rejects.toMatchObject({ code: 'ASTRA_ERR_TLS_SECRET' })
    await new Promise((resolve) => server.close(resolve))
  })

  // Those who offer a secret offer the right one: it is not for that that they are kept out.
  const intruders: Record<string, ConnectionOptions> = {
    'no secret': {},
    'no secret, and a certificate': clientTls,
    'no secret, over TLS 1.2': { maxVersion: 'TLSv1.2' },
    'a secret over TLS 1.3': {
      minVersion: 'TLSv1.3',
      pskCallback: () => ({ identity: 'astranet-1', psk: KEY }),
    },
    'another identity': {
      ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
      maxVersion: 'TLSv1.2',
      pskCallback: () => ({ identity: 'root', psk: KEY }),
    },
    'a suite without forward secrecy': {
      ciphers: 'PSK-CHACHA20-POLY1305',
      maxVersion: 'TLSv1.2',
      pskCallback: () => ({ identity: 'astranet-1', psk: KEY }),
    },
  }
  it('lets in any TLS client that has it right', async () => {
    const { listener, accepted } = await listening(transport)
    const socket = connect({
      port: portOf(listener.address),
      host: '127.0.0.1',
      ALPNProtocols: [ALPN],
      checkServerIdentity: () => undefined,
      ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
      maxVersion: 'TLSv1.2',
      pskCallback: () => ({ identity: 'astranet-1', psk: KEY }),
    })
    await turnsUntil(() => accepted.length === 1)
    socket.destroy()
    await closeAll(accepted)
    await listener.close()
  })

  it.each(Object.entries(intruders))('keeps out a client with %s', async (_, options) => {
    const { listener, accepted, errors } = await listening(transport)
    const socket = connect({
      port: portOf(listener.address),
      host: '127.0.0.1',
      ALPNProtocols: [ALPN],
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...options,
    })
    let isSecure = false
    socket.once('secureConnect', () => (isSecure = true))
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('close', resolve))
    await turnsUntil(() => errors.length === 1)
    expect(errors[0]).toMatchObject({ code: 'ASTRA_ERR_TLS_SECRET' })
    expect(isSecure).toBe(false)
    expect(accepted).toEqual([])
    await listener.close()
  })

  it('has at least 16 characters', () => {
    expect(() => tcp({ secret: 'x'.repeat(15) })).toThrow(RangeError)
    expect(() => tcp({ secret: 'x'.repeat(15) })).toThrow(/at least 16 characters, got 15/)
    expect(() => tcp({ secret: 7 as unknown as string })).toThrow(TypeError)
  })

  it('can be generated, each time another', () => {
    const secrets = [generateSecret(), generateSecret()]
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
    expect(secrets[0]).not.toBe(secrets[1])
  })
})
