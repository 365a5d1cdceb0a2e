import { systemClock, type Clock, type Connection, type NodeId } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'
import type { Link, LinkGrant, LinkPair } from '@astranet/link'
import { VirtualClock } from '@astranet/testkit/sim'
import { expect, test } from 'vitest'
import type { LinkCredentials } from '../src/links/link-credentials.js'
import type { AdoptOptions, LinkMaker } from '../src/links/link-maker.js'
import type { LinkRecord } from '../src/links/link-record.js'
import { Punching } from '../src/links/punching.js'
import type { PreferredLinks } from '../src/links/preferred-links.js'
import { MachineWatch } from '../src/node/machine-watch.js'
import { Net, throughRouter } from './discovery-support.js'

const ROUTER = 9n as NodeId
const PEER = 2n as NodeId

/** A busy machine takes its time. */
const POLL = { timeout: 30_000 }

/** The number of OFFER, CONSENT, START and GIVE_UP. */
const [OFFER, CONSENT, START, GIVE_UP] = [0x20, 0x21, 0x22, 0x23]

/** A router that the program has not joined. */
const SPARE = 8n as NodeId

/**
 * A node that has joined a router, which sees it at `seen`, and has a link through it to a peer. `spareSeen`: how a router
 * sees it that it has found by itself.
 */
function punching(
  seen: string,
  credentials: LinkCredentials = { psk: undefined },
  clock: Clock = systemClock,
  spareSeen?: string,
) {
  const made: string[] = []
  const connected: { dialBack?: (connection: Connection) => void } = {}
  const sent: [number, unknown][] = []
  const published: unknown[] = []
  const dialed: string[] = []
  const met: NodeId[] = []
  /** Whether the link to the peer has ended, which the node has not noticed yet; and whether the peer reads nothing. */
  const lost = { isLost: false, isUnread: false }
  const routerLink = (nodeId: NodeId, observedAddress: string): [NodeId, Link] => [
    nodeId,
    { peer: { nodeId, roles: ['router'], observedAddress } } as unknown as Link,
  ]
  const routers = [routerLink(ROUTER, seen)]
  if (spareSeen !== undefined) routers.push(routerLink(SPARE, spareSeen))
  const relayed = {
    get canSend() {
      return !lost.isUnread
    },
    send: (type: number, body: unknown) => sent.push([type, body]),
  } as unknown as Link
  const proved: unknown[] = []
  const maker = {
    adopt(_: Connection, role: string, options: AdoptOptions): Promise<void> {
      made.push(role)
      proved.push(options.credentials)
      return Promise.resolve()
    },
  }
  const record = {
    isJoined: false,
    credentials,
    network: 'tcp',
    localAddress: '192.168.1.2:5000',
    remoteAddress: '203.0.113.9:4000',
  }
  const parts = {
    direct: { linkTo: () => undefined, [Symbol.iterator]: () => routers.values() },
    relayed: { linkTo: (nodeId: NodeId) => (nodeId === PEER && !lost.isLost ? relayed : undefined) },
    recordOf: () => record as LinkRecord,
  } as unknown as { direct: PreferredLinks; relayed: PreferredLinks; recordOf: () => LinkRecord }
  const dial = (remote: { host: string }): Promise<never> => {
    dialed.push(remote.host)
    return Promise.reject(new Error('nobody is there'))
  }
  const under = new Punching({
    ...parts,
    // The higher node id asks later, so what the peer sends comes first.
    ...{ self: 5n as NodeId, clock, maker: maker as unknown as LinkMaker },
    machine: new MachineWatch({ clock: systemClock, timeOfDay: () => 0, network: () => '' }),
    reporter: { publish: (_name, message) => void published.push(message) },
    hostNetworks: () => [{ host: '192.168.1.2', prefixBits: 24 }],
    followsInvitations: () => true,
    hasJoined: (nodeId) => nodeId === ROUTER,
    addresses: () => [],
    meet: (nodeId) => void met.push(nodeId),
    sockets: {
      listen: (onConnection) => {
        connected.dialBack = onConnection
        return Promise.resolve({ port: 6_000, mapped: [], close: () => Promise.resolve() })
      },
      ...{
        dial,
        openSimultaneously: ({ onConnection }) => onConnection(duplexPair()[0]),
        openManyPorts: () => undefined,
        tryPorts: () => undefined,
      },
    },
  })
  under.changed(PEER)
  return { under, sent, published, dialed, made, proved, connected, met, lost }
}

test('what a hostile peer sends is refused with a reason and counted, and only allowed addresses are dialed', async () => {
  const { under, sent, published, dialed } = punching('198.51.100.1:5000')
  const list = ['127.0.0.1:22', '224.0.0.1:1', '255.255.255.255:1', '203.0.113.9:4000', '192.168.1.255:1']
  list.push('198.51.100.2:1')
  const body = [7, 2, 0, list.map((text) => [2, text])]
  under.receive(PEER, CONSENT, body)
  under.receive(PEER, START, [7])
  under.receive(PEER, OFFER, 'nonsense')
  under.receive(PEER, OFFER, [7, 2, 0, Array.from({ length: 25 }, () => [2, '198.51.100.2:1'])])
  under.receive(PEER, OFFER, body)
  await expect.poll(() => sent.at(-1)?.[0], POLL).toBe(CONSENT)
  under.receive(PEER, START, [7])
  expect(under.inspect()).toEqual({
    ...{ begun: 1, failed: 0, linked: {} },
    refused: { 'not asked for': 2, malformed: 2 },
    leftOut: { loopback: 1, multicast: 1, broadcast: 2, relay: 1 },
  })
  expect(published).toContainEqual(
    expect.objectContaining({ nodeId: PEER, kind: 'refused', refusal: 'malformed' }),
  )
  await expect.poll(() => dialed, POLL).toEqual(['198.51.100.2'])
  await under.close()
  expect(dialed).toEqual(['198.51.100.2'])
})

test('a peer that does not read is sent nothing more', async () => {
  const { under, sent, lost } = punching('198.51.100.1:5000')
  const count = sent.length
  lost.isUnread = true
  for (let offer = 0; offer < 100; offer++) under.receive(PEER, OFFER, [offer, 2, 0, []])
  expect(sent.length).toBe(count)
  lost.isUnread = false
  under.receive(PEER, OFFER, [1_000, 2, 0, []])
  expect(sent.at(-1)?.[0]).toBe(GIVE_UP)
  await under.close()
})

test.each<[string, LinkCredentials]>([
  ['the secret', { psk: () => Promise.resolve(new Uint8Array(32)) }],
  ['a grant', { psk: undefined, grant: {} as LinkGrant, pair: {} as LinkPair }],
])(
  'a node that came in by %s dials and accepts, and proves what it did in the tunnel',
  async (_, credentials) => {
    const { under, sent, made, connected, proved } = punching('198.51.100.1:5000', credentials)
    under.receive(PEER, OFFER, [7, 2, 0, [[3, '198.51.100.2:5000']]])
    await expect.poll(() => sent.at(-1)?.[0], POLL).toBe(CONSENT)
    under.receive(PEER, START, [7])
    const [dialedBack] = duplexPair()
    connected.dialBack?.(dialedBack)
    await expect.poll(() => made, POLL).toEqual(['acceptor', 'either'])
    expect(proved).toEqual([credentials, credentials])
    await under.close()
  },
)

test('an address that only a router names which the node has found by itself is not given to a peer', async () => {
  const liar = '203.0.113.99:5000'
  const { under, sent } = punching('198.51.100.1:5001', { psk: undefined }, systemClock, liar)
  under.receive(PEER, OFFER, [7, 2, 0, []])
  await expect.poll(() => sent.at(-1)?.[0], POLL).toBe(CONSENT)
  expect(sent.at(-1)?.[1]).toEqual([7, 3, 0, [[3, '198.51.100.1:5001'], expect.anything()]])
  await under.close()
})

test('a connection is not used once the link is lost that says what to prove on it', async () => {
  const { under, sent, made, connected, lost } = punching('198.51.100.1:5000')
  under.receive(PEER, OFFER, [7, 2, 0, [[3, '198.51.100.2:5000']]])
  await expect.poll(() => sent.at(-1)?.[0], POLL).toBe(CONSENT)
  lost.isLost = true
  const [dialedBack, peer] = duplexPair()
  const closed = new Promise<Error | undefined>((onClose) => {
    peer.handle({ onData: () => undefined, onDrain: () => undefined, onEnd: () => undefined, onClose })
  })
  connected.dialBack?.(dialedBack)
  expect(await closed).toBeInstanceOf(Error)
  expect(made).toEqual([])
  await under.close()
})

test('messages of a node that is not reached through a router are ignored', async () => {
  const { under, sent } = punching('198.51.100.1:5000')
  under.receive(3n as NodeId, OFFER, [7, 2, 0, []])
  expect([sent, under.inspect().refused]).toEqual([[], {}])
  await under.close()
})

test.each([
  ['the node that made it makes it again for a try', { isDialedHere: true, usedAtMs: 0 }, [PEER]],
  ['the other node waits', { isDialedHere: false, usedAtMs: 0 }, []],
  ['a node that did not use it waits', { isDialedHere: true, usedAtMs: undefined }, []],
])('after a link over a router has gone %s', async (_, gone, wanted) => {
  const clock = new VirtualClock()
  const { under, met } = punching('198.51.100.1:5000', { psk: undefined }, clock)
  under.gone(PEER, gone)
  clock.advance(1_000)
  expect(met).toEqual(wanted)
  await under.close()
})

test('a node whose router is on its own machine makes no direct links', async () => {
  const { under, sent } = punching('127.0.0.1:5000')
  under.receive(PEER, OFFER, [7, 2, 0, []])
  expect(sent).toEqual([[GIVE_UP, [7, 1, expect.any(String)]]])
  expect(under.inspect().refused).toEqual({ unwilling: 1 })
  await under.close()
})

test('nodes on one machine with their router stay on it, and send nothing to its network', async () => {
  await using net = new Net()
  const { server, client, socket } = await throughRouter(net)
  expect(socket.path.kind).toBe('relay')
  for (const node of [server, client]) expect(node.inspect().punching).toMatchObject({ begun: 0, linked: {} })
  socket.destroy()
})
