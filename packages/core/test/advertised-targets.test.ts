import type { Clock, NodeId, Transport } from '@astranet/interface'
import type { Catalogue } from '@astranet/registry'
import type { OwnNetwork } from '@astranet/relay'
import { expect, test } from 'vitest'
import { AdvertisedTargets } from '../src/links/ways/advertised-targets.js'
import { FAILED_REST_MS, FailedAddresses, MAX_FAILED_ADDRESSES } from '../src/links/ways/failed-addresses.js'

const OWN: OwnNetwork = { host: '192.168.7.2', prefixBits: 24 }
const PEER = 'peer' as unknown as NodeId

class Time {
  ms = 0
  readonly clock = { now: () => this.ms } as Clock
}

function judge(
  addresses: readonly string[],
  around: { networks: readonly OwnNetwork[]; isLocal: boolean } = { networks: [OWN], isLocal: false },
  { roles = [], asksMayConnect = true }: { roles?: readonly string[]; asksMayConnect?: boolean } = {},
): { dialed: () => string[]; targets: AdvertisedTargets; time: Time } {
  const time = new Time()
  const catalogue = { node: () => ({ addresses, roles }) } as unknown as Pick<Catalogue, 'node'>
  const targets = new AdvertisedTargets({
    ...{ clock: time.clock, catalogue, transportOf: () => ({ asksMayConnect }) as Transport },
    hostNetworks: () => around.networks,
    hasLocalRouter: () => around.isLocal,
  })
  const dialed = (): string[] => targets.of(PEER).map(({ network, address }) => `${network}://${address}`)
  return { dialed, targets, time }
}

test('addresses of the internet and of an own network are dialed', () => {
  const good = ['tcp://192.168.7.9:80', 'tcp4://1.2.3.4:80', 'tcp6://[2a00::1]:9', 'wss://1.2.3.4:443/astra']
  expect(judge(good).dialed()).toEqual(good)
})

test('those on this machine and in its networks come first, and else the order of the node counts', () => {
  const near = ['ws://127.0.0.1:80/astra', 'tcp://192.168.7.9:80', 'tcp://[::1]:80']
  const far = ['tcp4://1.2.3.4:80', 'tcp6://[2a00::1]:9', 'wss://1.2.3.5:443']
  const mixed = far.flatMap((each, index) => [each, ...near.slice(index, index + 1)])
  expect(judge(mixed, { networks: [OWN], isLocal: true }).dialed()).toEqual([...near, ...far])
})

test('what only this machine or its network can reach is not dialed, and is counted once', () => {
  const { dialed, targets } = judge([
    'tcp://169.254.169.254:80',
    'unix:///run/x.sock',
    'ws://192.168.7.9:80/any?query',
    'tcp://192.168.7.9:80/path',
    'tcp://router.lan:80',
    'tcp://10.0.0.1:80',
    'tcp://192.168.7.255:80',
    'tcp://127.0.0.1:80',
    'tcp://[::1]:80',
    'tcp://[::ffff:127.0.0.1]:80',
    'ws://1.2.3.4:0',
  ])
  expect(dialed()).toEqual([])
  expect(dialed()).toEqual([])
  expect(targets.leftOut).toEqual({
    ...{ 'link-local': 1, 'no IP address': 4, 'other network': 1, broadcast: 1, loopback: 3, malformed: 1 },
  })
})

test('host names are dialed of routers only, over a transport that asks about each of their IP addresses', () => {
  const names = [
    'tcp://relay.example:80',
    'wss://relay.example:443/astra',
    'tcp4://relay:80',
    'tcp://1.2.3.4:80',
  ]
  const others = [
    'tcp://relay.example:0',
    'tcp://relay.example:65536',
    'tcp://a..b:80',
    'ws://me@relay.example:80',
  ]
  const numbers = [
    'ws://0x7f.1:80',
    'ws://2130706433:80',
    'tcp://127.1:80',
    'tcp://relay.0x7f:80',
    'tcp://:80',
  ]
  const listed = (roles: readonly string[], asksMayConnect: boolean): string[] =>
    judge([...names, ...others, ...numbers], undefined, { roles, asksMayConnect }).dialed()
  expect(listed(['router'], true)).toEqual(names)
  expect(listed(['leaf'], true)).toEqual(names.slice(-1))
  expect(listed(['router'], false)).toEqual(names.slice(-1))
})

test('of the addresses of a name only those are connected to that could be advertised themselves', () => {
  const around = { networks: [OWN], isLocal: false }
  const { targets, time } = judge(['tcp://relay.example:80'], around, {
    roles: ['router'],
    asksMayConnect: true,
  })
  const [target] = targets.of(PEER)
  const may = (...hosts: readonly string[]): (boolean | undefined)[] =>
    hosts.map((host) => target?.mayConnect?.(host))
  expect(may('1.2.3.4', '2a00::1', '192.168.7.9')).toEqual([true, true, true])
  expect(may('127.0.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1%eth0')).toEqual([false, false, false, false])
  expect(may('169.254.169.254', '10.0.0.1', '0.0.0.0', '224.0.0.1', 'relay')).toEqual(Array(5).fill(false))
  around.isLocal = true
  time.ms += 1_000
  expect(may('127.0.0.1', '::1', '10.0.0.1')).toEqual([true, true, false])
})

test('loopback addresses are dialed where a router is on this machine, and that is looked at again', () => {
  const around = { networks: [OWN], isLocal: true }
  const { dialed, time } = judge(['tcp://127.0.0.1:80', 'tcp://[::1]:80', 'tcp://169.254.1.1:80'], around)
  expect(dialed()).toEqual(['tcp://127.0.0.1:80', 'tcp://[::1]:80'])
  around.isLocal = false
  time.ms += 1_000
  expect(dialed()).toEqual([])
})

test('an address that failed rests for a minute, unless it leads to the node after all', () => {
  const time = new Time()
  const failed = new FailedAddresses(time.clock)
  const error = new Error('refused')
  failed.add('tcp://1.2.3.4:1', error)
  failed.add('tcp://1.2.3.4:2', error)
  failed.delete('tcp://1.2.3.4:2')
  time.ms = FAILED_REST_MS - 1
  expect(failed.errorOf('tcp://1.2.3.4:1')).toBe(error)
  expect(failed.errorOf('tcp://1.2.3.4:2')).toBeUndefined()
  time.ms += 1
  expect(failed.errorOf('tcp://1.2.3.4:1')).toBeUndefined()
})

test('when a thousand addresses have failed, no other one is dialed for a minute', () => {
  const time = new Time()
  const failed = new FailedAddresses(time.clock)
  for (let port = 1; port <= MAX_FAILED_ADDRESSES; port += 1)
    failed.add(`tcp://1.2.3.4:${port}`, new Error('no'))
  expect(failed.errorOf('tcp://5.6.7.8:1')).toMatchObject({ message: expect.stringContaining('1024') })
  time.ms = FAILED_REST_MS
  expect(failed.errorOf('tcp://5.6.7.8:1')).toBeUndefined()
})
