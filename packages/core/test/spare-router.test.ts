import type { NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, test } from 'vitest'
import type { LookupFunction } from 'node:net'
import { tcp } from '@astranet/transport-tcp'
import { AstraNet, generateIdentity, type Socket } from '../src/index.js'
import type { LinkRecord } from '../src/links/link-record.js'
import { SpareRouter, type SpareRouterParts } from '../src/links/spare-router.js'
import { NodeProcess } from './network/processes.js'
import { activeMs, textOf, until } from './support.js'

const ids = (...numbers: readonly number[]): NodeId[] => numbers.map((each) => BigInt(each) as NodeId)

interface Place {
  readonly clock: VirtualClock
  readonly dialed: NodeId[]
  readonly links: Map<NodeId, Link>
  readonly spare: SpareRouter
}

/** A node that has dialed router 1, in a network with the routers 1 to 4 and the plain node 5. */
function place(parts: Partial<SpareRouterParts> & { readonly role?: LinkRecord['role'] } = {}): Place {
  const clock = new VirtualClock()
  const dialed: NodeId[] = []
  const links = new Map<NodeId, Link>()
  const { role = 'dialer', ...others } = parts
  const spare = new SpareRouter({
    ...{ clock, random: () => 0 },
    catalogue: {
      role: 'node',
      reachable: () => ids(1, 2, 3, 4, 5),
      node: (nodeId) => {
        const roles = nodeId === 5n ? [] : ['router']
        return { kind: 'node', roles, addresses: [], routers: [] }
      },
    },
    direct: Object.assign(links, { linkTo: (nodeId: NodeId) => links.get(nodeId) }),
    recordOf: () => ({ role }),
    // Router 2 advertises nothing.
    canDial: (nodeId) => nodeId !== 2n,
    dial: (nodeId) => void dialed.push(nodeId),
    hasRoom: () => true,
    ...others,
  })
  links.set(1n as NodeId, routerLink())
  return { clock, dialed, links, spare }
}

function routerLink(): Link {
  return { peer: { roles: ['router'] }, isDialable: true } as unknown as Link
}

describe('a node that has joined one router', () => {
  test('dials another one that advertises an address, and looks no more once there are two links', () => {
    const { clock, dialed, links, spare } = place()
    spare.changed()
    clock.advance(999)
    expect(dialed).toEqual([])
    clock.advance(1)
    expect(dialed).toEqual(ids(3))
    links.set(3n as NodeId, routerLink())
    clock.advance(600_000)
    expect(dialed).toEqual(ids(3))
    links.delete(1n as NodeId)
    spare.changed()
    clock.advance(1_000)
    expect(dialed).toEqual(ids(3, 1))
  })

  test('tries again ever more rarely, every minute at last, and not once it is closed', () => {
    const { clock, dialed, spare } = place()
    spare.changed()
    const tried = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].map((ms) => {
      clock.advance(ms - 1)
      const before = dialed.length
      clock.advance(1)
      return dialed.length - before
    })
    expect(tried).toEqual(tried.map(() => 1))
    spare.close()
    spare.close()
    spare.changed()
    clock.advance(600_000)
    expect(dialed).toHaveLength(tried.length)
  })

  test('tries each router once before it tries one again', () => {
    const { clock, dialed, spare } = place({ canDial: () => true })
    spare.changed()
    clock.advance(1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 32_000)
    expect(dialed).toEqual(ids(2, 3, 4, 2, 3, 4))
  })

  test.each<[string, Parameters<typeof place>[0]]>([
    [
      'it is a router itself',
      { catalogue: { role: 'router', reachable: () => ids(3), node: () => undefined } },
    ],
    ['the router has dialed it', { role: 'acceptor' }],
    ['it may have no more links', { hasRoom: () => false }],
    ['nobody advertises an address', { canDial: () => false }],
  ])('dials no other one when %s', (_, parts) => {
    const { clock, dialed, spare } = place(parts)
    spare.changed()
    clock.advance(600_000)
    expect(dialed).toEqual([])
  })
})

async function echo(client: AstraNet): Promise<NodeId | undefined> {
  const socket = await client.dial('', 'echo', { timeoutMs: 30_000 })
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  return socket.path.via[0]
}

function linksOf(node: AstraNet): NodeId[] {
  return node.inspect().links.flatMap(({ nodeId }) => (nodeId === undefined ? [] : [nodeId]))
}

test('a router that advertises a host name is found and linked, if the name stands for a place that may be dialed', async () => {
  const asked: string[] = []
  const lookup: LookupFunction = (name, _options, callback) => {
    asked.push(name)
    callback(null, [{ address: name === 'spare.example' ? '127.0.0.1' : '169.254.169.254', family: 4 }])
  }
  /** A router that is advertised by this name alone. */
  const named = async (name: string): Promise<AstraNet> => {
    const router = new AstraNet({ role: 'router' })
    const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0', { advertise: ['unix:///nowhere'] })
    const advertise = [`tcp4://${name}:${address.split(':').at(-1)}`]
    await router.listenAndServe('tcp4', '127.0.0.1:0', { advertise })
    return router
  }
  await using first = new AstraNet({ role: 'router' })
  const { address } = await first.listenAndServe('tcp4', '127.0.0.1:0')
  await using elsewhere = await named('elsewhere.example')
  await using spare = await named('spare.example')
  for (const router of [elsewhere, spare]) await router.join('tcp4', address)
  await using client = new AstraNet({ transports: [tcp({ lookup })] })
  await client.join('tcp4', address)
  await until(() => linksOf(client).includes(spare.nodeId))
  expect(linksOf(client)).not.toContain(elsewhere.nodeId)
  expect(asked).toContain('spare.example')
})

test('a killed router is replaced by one that nobody has joined, and used again when it is back', async () => {
  const identity = await generateIdentity()
  const settings = { role: 'router', identity: await identity.export() } as const
  await using first = await NodeProcess.start(settings)
  await using second = new AstraNet({ role: 'router' })
  await second.listenAndServe('tcp4', '127.0.0.1:0')
  await using server = new AstraNet()
  await using client = new AstraNet()
  await using alone = new AstraNet({ spareRouter: false })
  for (const node of [second, server, client, alone]) await node.join('tcp4', first.address)
  const listener = await server.bind('', 'echo')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
  await until(() => [server, client].every((node) => linksOf(node).includes(second.nodeId)))
  expect(linksOf(alone)).toEqual([identity.nodeId])

  await first.signal('SIGKILL')
  const echoed = echo(client)
  // 2 s are what is promised; the rest is for a machine that does much else.
  expect(await activeMs(echoed)).toBeLessThan(6_000)
  expect(await echoed).toBe(second.nodeId)

  await using _again = await NodeProcess.start({ ...settings, listen: first.address })
  await until(() => [server, client].every((node) => linksOf(node).includes(identity.nodeId)))
  await second.close()
  expect(await echo(client)).toBe(identity.nodeId)
}, 120_000)
