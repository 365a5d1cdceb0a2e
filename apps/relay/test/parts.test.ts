import { describe, expect, test } from 'vitest'
import { isHostAllowed } from '../src/admin/host-check.js'
import { readAdminAddress } from '../src/arguments/admin-address.js'
import { splitList } from '../src/arguments/lists.js'
import { integerFrom } from '../src/arguments/numbers.js'
import { readAddress } from '../src/arguments/network-address.js'
import { makeLogger } from '../src/log/logger.js'
import { MAX_KINDS, Ration, RATION_INTERVAL_MS } from '../src/log/ration.js'
import { Refusals } from '../src/node/refusals.js'

describe('an address', () => {
  test.each([
    ['tcp://127.0.0.1:1', true],
    ['TCP://localhost:1', true],
    ['tcp6://[::1]:1', true],
    ['ws://127.9.9.9:1/path', true],
    ['unix:///run/relay.sock', true],
    ['tcp://:1', false],
    ['tcp://0.0.0.0:1', false],
    ['tcp6://[::]:1', false],
    ['tcp://10.0.0.1:1', false],
    ['wss://localhost.example:1', false],
  ])('%s is local: %s', (text, isLocal) => {
    expect(readAddress('--listen', text)).toMatchObject({ text, isLocal })
  })

  test('of the admin server may be one of IPv6', () => {
    expect(readAdminAddress('[::1]:0', false)).toEqual({ host: '::1', port: 0, isLoopback: true })
    expect(() => readAdminAddress('127.0.0.1:65536', false)).toThrow('--admin "127.0.0.1:65536" must be')
  })
})

test('only a list of the environment is split', () => {
  expect(splitList(['unix:///a b'], false)).toEqual(['unix:///a b'])
  expect(splitList([' a\tb\n'], true)).toEqual(['a', 'b'])
})

test('a number of the command line may be as large as its limit', () => {
  expect(integerFrom(16_384, 2 ** 40)('1099511627776')).toBe(2 ** 40)
})

test.each([
  ['localhost', true],
  ['127.0.0.1:9090', true],
  ['[::1]:9090', true],
  ['192.0.2.1', true],
  ['localhost.evil.example', false],
  ['evil.example:9090', false],
  ['', false],
  [undefined, false],
])('a request for the host %s is answered: %s', (host, isAllowed) => {
  expect(isHostAllowed(host)).toBe(isAllowed)
})

describe('lines that peers cause', () => {
  test('are logged once in an interval for each kind, with the number of those left out', () => {
    let now = 1_000
    const ration = new Ration(() => now)
    expect([ration.take('a'), ration.take('a'), ration.take('b'), ration.take('a')]).toEqual([
      '',
      undefined,
      '',
      undefined,
    ])
    now += RATION_INTERVAL_MS - 1
    expect(ration.take('a')).toBeUndefined()
    now += 1
    expect(ration.take('a')).toBe(' (and 3 more since the last such line)')
    now += RATION_INTERVAL_MS
    expect(ration.take('a')).toBe('')
  })

  test('have a bounded number of kinds', () => {
    const ration = new Ration(() => 0)
    const logged = Array.from({ length: 1_000 }, (_, kind) => ration.take(String(kind))).filter(
      (more) => more !== undefined,
    )
    expect(logged).toHaveLength(MAX_KINDS + 1)
  })
})

/** A logger, and what it has written. */
function logged(format: 'text' | 'json'): { log: ReturnType<typeof makeLogger>; lines: string[] } {
  const lines: string[] = []
  return { log: makeLogger(format, 'info', { write: (line) => lines.push(line) }), lines }
}

test('refused connections are logged once for each code, of a bounded number of codes', () => {
  const { log, lines } = logged('json')
  const refusals = new Refusals(log, new Ration(() => 0))
  for (let code = 0; code < 1_000; code++)
    refusals.note(Object.assign(new Error('no'), { code: `E${code}` }), '10.0.0.1:1')
  refusals.note('something else', '')
  expect(lines).toHaveLength(MAX_KINDS + 1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'refused a connection from 10.0.0.1:1: no (E0)',
    code: 'E0',
  })
})

test('a text of a peer cannot write to the terminal what it wants', () => {
  const { log, lines } = logged('text')
  log.warn({ event: 'x' }, 'a\u001b[2Jb\nc\u202Ed')
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d warn: a\?\[2Jb\?c\?d\n$/)])
})
