import { describe, expect, it } from 'vitest'
import { formatWsAddress, parseWsAddress } from '../src/address.js'

describe('a WebSocket address', () => {
  it.each([
    ['ws', 'ws://example.org/a/b?c=1', { host: 'example.org', port: 80, path: '/a/b?c=1' }],
    ['wss', 'wss://example.org', { host: 'example.org', port: 443, path: '/' }],
    ['ws', '127.0.0.1:7', { host: '127.0.0.1', port: 7, path: '/' }],
    ['ws', '[::1]:7/x', { host: '::1', port: 7, path: '/x' }],
    ['wss', ':0', { host: '', port: 0, path: '/' }],
  ] as const)('of %s is read from %s', (network, text, expected) => {
    expect(parseWsAddress(network, text)).toEqual(expected)
  })

  it('is of the scheme of its network', () => {
    expect(() => parseWsAddress('wss', 'ws://x:1/')).toThrow(/must be of the network wss/)
  })

  it('is written as it is read, and behind its network it is a URL', () => {
    for (const text of ['127.0.0.1:80', '[::1]:443/a?b']) {
      expect(formatWsAddress(parseWsAddress('ws', text))).toBe(text)
      expect(formatWsAddress(parseWsAddress('ws', `ws://${text}`))).toBe(text)
    }
  })
})
