import { describe, expect, it } from 'vitest'
import { formatTcpAddress, parseTcpAddress } from '../src/address.js'

describe('a TCP address', () => {
  it.each([
    ['tcp', '127.0.0.1:80', '127.0.0.1', 80],
    ['tcp', 'example.org:65535', 'example.org', 65535],
    ['tcp6', '[::1]:0', '::1', 0],
    ['tcp6', '[fe80::1%eth0]:7', 'fe80::1%eth0', 7],
    ['tcp4', ':7', '', 7],
  ] as const)('on %s is read from %s', (network, text, host, port) => {
    expect(parseTcpAddress(network, text)).toEqual({ host, port })
  })

  it.each([
    'host',
    'host:',
    'host:x',
    'host:-1',
    'host:1:2',
    '[host]:1',
    '[::1',
    '::1:80',
    'ho st:1',
    'a/b:1',
    ' :1',
  ])('is not %j', (text) => expect(() => parseTcpAddress('tcp', text)).toThrow(TypeError))

  it('says that an IPv6 address needs brackets', () => {
    expect(() => parseTcpAddress('tcp', '::1:80')).toThrow(/brackets/)
  })

  it('has a port of at most 65535', () => {
    expect(() => parseTcpAddress('tcp', 'host:65536')).toThrow(RangeError)
  })

  it('is of the IP family of its network', () => {
    expect(() => parseTcpAddress('tcp4', '[::1]:80')).toThrow(/'address' must be IPv4 on the network tcp4/)
    expect(() => parseTcpAddress('tcp6', '127.0.0.1:80')).toThrow(
      /'address' must be IPv6 on the network tcp6/,
    )
  })

  it('is written as it is read', () => {
    for (const text of ['127.0.0.1:80', '[::1]:443', 'example.org:1']) {
      const { host, port } = parseTcpAddress('tcp', text)
      expect(formatTcpAddress(host, port)).toBe(text)
    }
  })
})
