import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipOfBytes, bytesOfIp } from '../src/nodejs/forward/ip-bytes.js'
import { formatLocalPlace, parseLocalPlace } from '../src/nodejs/forward/local-place.js'
import {
  decodeProxyHeader,
  encodeProxyHeader,
  MAX_PROXY_HEADER_BYTES,
} from '../src/nodejs/forward/proxy-header.js'

const SIGNATURE = '0d0a0d0a000d0a515549540a'

/** Ends, and the bytes of their header as other programs write it. */
const vectors = [
  {
    source: { address: '192.168.0.1', port: 56324 },
    destination: { address: '10.0.0.2', port: 443 },
    hex: `${SIGNATURE}2111000cc0a800010a000002dc0401bb`,
  },
  {
    source: { address: '2001:db8::1', port: 1 },
    destination: { address: '::1', port: 65535 },
    hex: `${SIGNATURE}2121002420010db8000000000000000000000001000000000000000000000000000000010001ffff`,
  },
]

test.each(vectors)('a header is written and read: $hex', ({ hex, ...header }) => {
  const bytes = Buffer.from(hex, 'hex')
  expect(encodeProxyHeader(header).toString('hex')).toBe(hex)
  for (let length = 0; length < bytes.length; length++)
    expect(decodeProxyHeader(bytes.subarray(0, length))).toEqual({ kind: 'partial' })
  const behind = Buffer.concat([bytes, Buffer.from('GET /')])
  expect(decodeProxyHeader(behind)).toEqual({ kind: 'header', header, length: bytes.length })
})

test('an IPv4 end beside an IPv6 one is written as IPv6 maps it', () => {
  const bytes = encodeProxyHeader({
    source: { address: '::ffff:127.0.0.1', port: 1 },
    destination: { address: '10.0.0.2', port: 2 },
  })
  expect(decodeProxyHeader(bytes)).toMatchObject({
    header: { source: { address: '::ffff:7f00:1' }, destination: { address: '::ffff:a00:2' } },
  })
})

test('ends that are unknown, or speak for the proxy itself, are read as unknown', () => {
  const unknown = { source: undefined, destination: undefined }
  const bytes = encodeProxyHeader(unknown)
  expect(bytes.toString('hex')).toBe(`${SIGNATURE}21000000`)
  expect(decodeProxyHeader(bytes)).toEqual({ kind: 'header', header: unknown, length: 16 })
  const local = Buffer.from(`${SIGNATURE}2011000cc0a800010a000002dc0401bb`, 'hex')
  expect(decodeProxyHeader(local)).toEqual({ kind: 'header', header: unknown, length: 28 })
  // A Unix socket's addresses, and an extension.
  const unix = Buffer.from(`${SIGNATURE}213100d8${'00'.repeat(216)}`, 'hex')
  expect(decodeProxyHeader(unix)).toEqual({ kind: 'header', header: unknown, length: 232 })
})

test.each([
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /does not begin/],
  ['another first byte', Buffer.from('G'), /does not begin/],
  ['another version', Buffer.from(`${SIGNATURE}31110000`, 'hex'), /unknown version/],
  ['too few addresses', Buffer.from(`${SIGNATURE}2111000bc0a800010a000002dc0401`, 'hex'), /too short/],
  ['too many bytes', Buffer.from(`${SIGNATURE}21110ff1`, 'hex'), /more than 4096 bytes/],
])('what is no header is wrong: %s', (_, bytes, reason) => {
  expect(decodeProxyHeader(bytes)).toEqual({ kind: 'wrong', reason: expect.stringMatching(reason) as string })
})

test('no bytes make it throw, or read beyond them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (tail, isSigned) => {
      const bytes = Buffer.concat([Buffer.from(isSigned ? SIGNATURE : '', 'hex'), tail])
      const decoded = decodeProxyHeader(bytes)
      if (decoded.kind !== 'header') return
      expect(decoded.length).toBeLessThanOrEqual(Math.min(bytes.length, MAX_PROXY_HEADER_BYTES))
    }),
  )
})

test('addresses of IPv6 survive as bytes, and those of IPv4', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const bytes = bytesOfIp(address)
      expect(bytes?.length).toBe(16)
      expect(ipOfBytes(bytes!)).toBe(new URL(`http://[${address}]/`).hostname.slice(1, -1))
    }),
  )
  fc.assert(fc.property(fc.ipV4(), (address) => ipOfBytes(bytesOfIp(address)!) === address))
  expect(bytesOfIp('fe80::1%eth0')?.toString('hex')).toBe('fe800000000000000000000000000001')
  expect(bytesOfIp('localhost')).toBe(undefined)
})

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
  [':80', { host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
  [8080, { host: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'],
  ['tcp://localhost:0', { host: 'localhost', port: 0 }, 'localhost:0'],
  ['[::1]:65535', { host: '::1', port: 65535 }, '[::1]:65535'],
  ['/run/x.sock', { path: '/run/x.sock' }, '/run/x.sock'],
  ['unix:./x.sock', { path: './x.sock' }, './x.sock'],
  ['unix:///run/x.sock', { path: '/run/x.sock' }, '/run/x.sock'],
])('a local address is read: %s', (text, place, again) => {
  expect(parseLocalPlace('local', text)).toEqual(place)
  expect(formatLocalPlace(place)).toBe(again)
})

test.each([
  '',
  ':',
  '80',
  'host',
  'host:',
  'host:x',
  '::1:80',
  'udp://host:80',
  'host:65536',
  'a:1:2',
  -1,
  1.5,
  65_536,
  NaN,
  1e21,
  null,
  {},
])('what is no local address throws: %j', (text) => {
  expect(() => parseLocalPlace('local', text as never)).toThrow(
    expect.objectContaining({
      code: expect.stringMatching(/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|SOCKET_BAD_PORT)$/),
      message: expect.stringMatching(/^(The argument 'local'|The "local" argument|local\.port )/),
    }),
  )
})

test.each([
  ['http://127.0.0.1:8080', '127.0.0.1:8080'],
  ['http://localhost/path', 'localhost:80'],
  ['https://[::1]', '[::1]:443'],
])('the error for the URL %s says what to write', (url, place) => {
  const sentence = `; bytes pass as they are, whatever the protocol, so write "${place}"`
  expect(() => parseLocalPlace('target', url)).toThrow(sentence)
  expect(parseLocalPlace('target', place)).toMatchObject({
    port: Number(place.slice(place.lastIndexOf(':') + 1)),
  })
})
