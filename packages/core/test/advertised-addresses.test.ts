import { syncBuiltinESMExports } from 'node:module'
import os, { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { HelloLimit } from '@astranet/link'
import { memoryPair } from '@astranet/transport-memory'
import { AstraNet } from '../src/index.js'
import { rawLink } from './raw-link.js'
import { RegistryMember } from './registry-member.js'
import { until } from './support.js'
import { MAX_ADDRESSES_PER_LISTENER, advertisedAddresses } from '../src/endpoints/advertised-addresses.js'

const HOST = ['192.0.2.7', '10.0.0.1', '2001:db8::7']

test.each([
  ['tcp4', '0.0.0.0:80', ['tcp4://192.0.2.7:80', 'tcp4://10.0.0.1:80']],
  ['tcp6', '[::]:80', ['tcp6://[2001:db8::7]:80']],
  ['tcp', '[::]:80', ['tcp://192.0.2.7:80', 'tcp://10.0.0.1:80', 'tcp://[2001:db8::7]:80']],
  ['tcp', '0.0.0.0:80', ['tcp://192.0.2.7:80', 'tcp://10.0.0.1:80']],
  ['ws', '[::]:80/x?y', ['ws://192.0.2.7:80/x?y', 'ws://10.0.0.1:80/x?y', 'ws://[2001:db8::7]:80/x?y']],
  ['tcp4', '127.0.0.1:80', ['tcp4://127.0.0.1:80']],
  ['tcp6', '[::1]:80', ['tcp6://[::1]:80']],
  ['tcp6', '[2001:db8::7]:80', ['tcp6://[2001:db8::7]:80']],
  ['unix', '/tmp/0.0.0.0:80', ['unix:///tmp/0.0.0.0:80']],
])('a listener on %s %s is advertised as %j', (network, address, advertised) => {
  expect(advertisedAddresses({ network, address }, HOST)).toEqual(advertised)
})

test('a listener on all interfaces is advertised by a limited number of addresses, and by none if there are none', () => {
  const many = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`)
  const listener = { network: 'tcp4', address: '0.0.0.0:80' }
  expect(advertisedAddresses(listener, many)).toHaveLength(MAX_ADDRESSES_PER_LISTENER)
  expect(advertisedAddresses(listener, [])).toEqual([])
})

/** The addresses that the node advertises. */
async function advertisedBy(node: AstraNet): Promise<readonly string[]> {
  const [near, far] = memoryPair()
  let advertised: readonly string[] = []
  await new Promise<void>((resolve) => {
    rawLink(far, {
      role: 'either',
      handler: {
        onOpen(link) {
          advertised = link.peer?.listenAddresses ?? []
          link.close()
        },
        onClose: () => resolve(),
      },
    })
    void node.attach(near).catch(() => {})
  })
  return advertised
}

test('a node that listens on all interfaces advertises the addresses of its machine', async () => {
  await using node = new AstraNet()
  const loopback = await node.listenAndServe('tcp4', '127.0.0.1:0')
  const open = await node.listenAndServe('tcp4', '0.0.0.0:0')
  const port = open.address.split(':')[1]
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )
    .slice(0, MAX_ADDRESSES_PER_LISTENER)
  const expected = [`tcp4://${loopback.address}`, ...own.map(({ address }) => `tcp4://${address}:${port}`)]
  expect(await advertisedBy(node)).toEqual(expected)
  await using client = new AstraNet()
  for (const { address } of own) expect(await client.join('tcp4', `${address}:${port}`)).toBe(node.nodeId)
  await open.close()
  expect(await advertisedBy(node)).toEqual([`tcp4://${loopback.address}`])
  const again = await node.listenAndServe('tcp', ':0')
  const advertised = (await advertisedBy(node)).slice(1)
  expect(advertised.length).toBeLessThanOrEqual(HelloLimit.LISTEN_ADDRESSES)
  expect(advertised.filter((text) => /\[::\]|0\.0\.0\.0/.test(text))).toEqual([])
  await again.close()
})

const realInterfaces = os.networkInterfaces

/** The machine has these addresses until the test's end. */
function machineHas(...addresses: readonly string[]): void {
  const rest = { family: 'IPv4', netmask: '255.255.255.0', mac: '02:00:00:00:00:01', cidr: null } as const
  const eth0: NetworkInterfaceInfo[] = addresses.map((address) => ({ ...rest, address, internal: false }))
  os.networkInterfaces = () => ({ eth0 })
  syncBuiltinESMExports()
  onTestFinished(() => {
    os.networkInterfaces = realInterfaces
    syncBuiltinESMExports()
  })
}

test('a node whose machine gets other addresses reports them to its neighbours, and to those that link later', async () => {
  machineHas('192.0.2.7')
  await using node = new AstraNet()
  const open = await node.listenAndServe('tcp4', '0.0.0.0:0')
  const port = open.address.split(':')[1]
  await using neighbour = await RegistryMember.join(`127.0.0.1:${port}`)
  const published = (): readonly string[] | undefined => neighbour.catalogue.node(node.nodeId)?.addresses
  await until(() => published()?.[0] === `tcp4://192.0.2.7:${port}`)
  machineHas('10.0.0.1', '10.0.0.2')
  await until(() => published()?.length === 2)
  const now = [`tcp4://10.0.0.1:${port}`, `tcp4://10.0.0.2:${port}`]
  expect(published()).toEqual(now)
  expect(await advertisedBy(node)).toEqual(now)
  const loopback = await node.listenAndServe('tcp4', '127.0.0.1:0')
  await open.close()
  await until(() => published()?.[0] === `tcp4://${loopback.address}`)
  expect(published()).toHaveLength(1)
})
