import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressFault, isPublicHost, type Surroundings } from '../../src/proto/punch/address-rules.js'
import { formatEnd, parseEnd } from '../../src/proto/punch/end.js'

const HOME: Surroundings = {
  networks: [
    { host: '192.168.1.5', prefixBits: 24 },
    { host: '10.1.2.3', prefixBits: 16 },
    { host: '2001:db8:1:0:0:0:0:5', prefixBits: 64 },
  ],
  relays: [{ host: '203.0.113.9', port: 10_000 }],
  isSameSite: false,
}

function faultOf(text: string, around = HOME): string | undefined {
  const end = parseEnd(text)
  return end === undefined ? 'malformed' : addressFault(end, around)
}

describe('an address that a peer gives', () => {
  it.each([
    ['198.51.100.7:5000'],
    ['192.168.1.77:5000'],
    ['10.1.200.1:5000'],
    ['[2001:db8:9::1]:5000'],
    ['[2001:db8:1::77]:5000'],
    ['[::ffff:198.51.100.7]:5000'],
  ])('%s is allowed', (text) => {
    expect(faultOf(text)).toBeUndefined()
  })

  it.each([
    ['198.51.100.7:0', 'malformed'],
    ['198.51.100.7', 'malformed'],
    ['198.51.100.7:65536', 'malformed'],
    ['example.org:80', 'malformed'],
    ['[1.2.3.4]:80', 'malformed'],
    ['0.0.0.0:80', 'unspecified'],
    ['0.1.2.3:80', 'unspecified'],
    ['[::]:80', 'unspecified'],
    ['127.0.0.1:80', 'loopback'],
    ['127.255.0.1:80', 'loopback'],
    ['[::1]:80', 'loopback'],
    ['[::ffff:127.0.0.1]:80', 'loopback'],
    ['[::127.0.0.1]:80', 'reserved'],
    ['169.254.169.254:80', 'link-local'],
    ['[fe80::1]:80', 'link-local'],
    ['[fe80::1%eth0]:80', 'link-local'],
    ['224.0.0.251:80', 'multicast'],
    ['[ff02::1]:80', 'multicast'],
    ['255.255.255.255:80', 'broadcast'],
    ['192.168.1.255:80', 'broadcast'],
    ['10.1.255.255:80', 'broadcast'],
    ['240.0.0.1:80', 'reserved'],
    ['192.0.0.8:80', 'reserved'],
    ['[64:ff9b::7f00:1]:80', 'reserved'],
    ['[2002:7f00:1::]:80', 'reserved'],
    ['[fec0::1]:80', 'reserved'],
    ['203.0.113.9:10000', 'relay'],
    ['203.0.113.9:22', 'relay'],
    ['[::ffff:203.0.113.9]:22', 'relay'],
    ['10.2.0.1:80', 'other network'],
    ['172.16.0.1:80', 'other network'],
    ['192.168.2.1:80', 'other network'],
    ['100.64.0.1:80', 'other network'],
    ['[fd00::1]:80', 'other network'],
  ])('%s is not: %s', (text, fault) => {
    expect(faultOf(text)).toBe(fault)
  })

  it('of a private network is allowed where both are behind one NAT', () => {
    expect(faultOf('10.2.0.1:80', { ...HOME, isSameSite: true })).toBeUndefined()
    expect(faultOf('127.0.0.1:80', { ...HOME, isSameSite: true })).toBe('loopback')
  })

  it.each([['172.16.0.1:80'], ['100.64.0.1:80'], ['[fd00::1]:80']])(
    '%s is not, whatever the peer says of its NAT, where this machine has no address in the block',
    (text) => {
      expect(faultOf(text, { ...HOME, isSameSite: true })).toBe('other network')
    },
  )

  it('of a network of two hosts is no broadcast address', () => {
    const networks = [{ host: '10.9.0.0', prefixBits: 31 }]
    expect(faultOf('10.9.0.1:80', { ...HOME, networks })).toBeUndefined()
  })

  it('has one form, and means the same after it was written and read', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((text) => `[${text}]`),
    )
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (text, port) => {
        const end = parseEnd(`${text}:${port}`)
        expect(end).toBeDefined()
        if (end !== undefined) expect(parseEnd(formatEnd(end))).toEqual(end)
      }),
    )
  })

  it('is never one of this machine alone, in whatever form', () => {
    const bytes = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255))
    fc.assert(
      fc.property(bytes, ([a, b, c]) => {
        const mapped = `[::ffff:7f${a.toString(16).padStart(2, '0')}:${(b * 256 + c).toString(16)}]:80`
        expect(faultOf(`127.${a}.${b}.${c}:80`)).toBe('loopback')
        expect(faultOf(mapped)).toBe('loopback')
      }),
    )
  })

  it('is public, or is none that hosts of the internet have', () => {
    expect(isPublicHost('198.51.100.7')).toBe(true)
    expect(isPublicHost('192.168.1.1')).toBe(false)
    expect(isPublicHost('127.0.0.1')).toBe(false)
  })
})
