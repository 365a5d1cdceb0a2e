import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { fromNodeDuplex, socketSecurity, type SecuritySocket } from '@astranet/interface/node-duplex'
import { fromWebStreams } from '@astranet/interface/web-streams'
import { describe, expect, it } from 'vitest'

const certificate = {
  raw: Uint8Array.of(0x30, 0x82),
  fingerprint256: 'AA:BB',
  subject: 'CN=printer',
}

/** A TLS socket between two machines, over TLS 1.3, whose peer has a trusted certificate. */
const tls: SecuritySocket = {
  localAddress: '192.0.2.1',
  remoteAddress: '192.0.2.2',
  encrypted: true,
  authorized: true,
  getProtocol: () => 'TLSv1.3',
  exportKeyingMaterial: (length) => new Uint8Array(length).fill(7),
  getPeerX509Certificate: () => certificate,
}

describe('the security that a socket shows', () => {
  it.each<[string | undefined, string | undefined, boolean | undefined]>([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.8.9.10', true],
    ['::1', '::1', true],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1', true],
    ['127.0.0.1', '192.0.2.2', false],
    ['192.0.2.1', '127.0.0.1', false],
    ['192.0.2.1', '192.0.2.1', false],
    ['::', '::1', false],
    ['fe80::1%lo', 'fe80::1%lo', false],
    [undefined, '127.0.0.1', undefined],
    ['127.0.0.1', undefined, undefined],
    [undefined, undefined, undefined],
  ])('from %s to %s is private: %s', (localAddress, remoteAddress, isPrivate) => {
    const expected = isPrivate === undefined ? undefined : { isPrivate }
    expect(socketSecurity({ localAddress, remoteAddress })).toEqual(expected)
    expect(socketSecurity({ ...tls, localAddress, remoteAddress })?.isPrivate).toBe(isPrivate ?? false)
  })

  it('has the ends of a private connection, as host:port', () => {
    const socket = { localAddress: '::1', localPort: 80, remoteAddress: '127.0.0.1', remotePort: 90 }
    expect(socketSecurity(socket)).toEqual({
      isPrivate: true,
      ends: { local: '[::1]:80', remote: '127.0.0.1:90' },
    })
    expect(socketSecurity({ ...socket, remoteAddress: '192.0.2.1' })).toEqual({ isPrivate: false })
  })

  it('has the exporter and the certificate of TLS, as copies', () => {
    const security = socketSecurity(tls)
    const { raw: der, ...rest } = certificate
    expect(security?.certificate).toEqual({ der, ...rest })
    expect(security?.certificate?.der).not.toBe(der)
    expect(security?.exportKeyingMaterial?.(3, 'EXPORTER-test')).toEqual(Uint8Array.of(7, 7, 7))
  })

  it.each<[string, Partial<SecuritySocket>]>([
    ['TLS 1.2', { getProtocol: () => 'TLSv1.2' }],
    ['TLS whose handshake is not done', { getProtocol: () => null }],
    ['a socket that is not encrypted', { encrypted: false }],
  ])('has no exporter over %s', (_, change) => {
    expect(socketSecurity({ ...tls, ...change })).not.toHaveProperty('exportKeyingMaterial')
  })

  it.each<[string, Partial<SecuritySocket>]>([
    ['is not trusted', { authorized: false }],
    ['is not there', { getPeerX509Certificate: () => undefined }],
    ['is of a socket that is not encrypted', { encrypted: false }],
  ])('has no certificate that %s', (_, change) => {
    expect(socketSecurity({ ...tls, ...change })).not.toHaveProperty('certificate')
  })

  it('exports nothing that is too short, or of a socket that has closed', () => {
    const { exportKeyingMaterial } = socketSecurity(tls) ?? {}
    for (const length of [0, -1, 1.5, Number.NaN])
      expect(() => exportKeyingMaterial?.(length, 'EXPORTER-test')).toThrow(RangeError)
    expect(() => exportKeyingMaterial?.('32' as never, 'EXPORTER-test')).toThrow(TypeError)
    const closed = (): never => {
      throw new TypeError('Cannot read properties of null')
    }
    const after = socketSecurity({ ...tls, exportKeyingMaterial: closed })?.exportKeyingMaterial
    expect(() => after?.(32, 'EXPORTER-test')).toThrow(expect.objectContaining({ code: 'ECONNRESET' }))
  })
})

describe('the security of a byte duplex', () => {
  it("of a Node stream is the socket's own, unless stated", async () => {
    const accepted: Socket[] = []
    const server = createServer((socket) => void accepted.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    const { localPort, remotePort } = socket
    expect(fromNodeDuplex(socket).security).toEqual({
      isPrivate: true,
      ends: { local: `127.0.0.1:${localPort}`, remote: `127.0.0.1:${remotePort}` },
    })
    const stated = { isPrivate: false }
    expect(fromNodeDuplex(socket, { security: stated }).security).toBe(stated)
    socket.destroy()
    for (const each of accepted) each.destroy()
    server.close()
  })

  it('of other streams is unknown, unless stated', () => {
    expect(fromNodeDuplex(new PassThrough()).security).toBeUndefined()
    expect(fromWebStreams(new TransformStream<Uint8Array, Uint8Array>()).security).toBeUndefined()
    const security = { isPrivate: true }
    expect(fromNodeDuplex(new PassThrough(), { security }).security).toBe(security)
    const pair = new TransformStream<Uint8Array, Uint8Array>()
    expect(fromWebStreams(pair, { security }).security).toBe(security)
  })
})
