import { once } from 'node:events'
import { createServer } from 'node:net'
import { nodeIdFromBytes, systemClock, type NodeId } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import {
  RefusalReason,
  type Link,
  type LinkGrant,
  type LinkHandler,
  type LinkPair,
  type PairFacts,
  type RemoteNode,
} from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { Forwarder, StreamDuplex, type RouteTable } from '@astranet/relay'
import { derivePsk, generateIdentitySync, nodeCrypto, type Identity } from '@astranet/secure'
import { grantKeyId, pairPsk } from '@astranet/secure/proto'
import { formatTicket, generateGrantId, parseTicket, readGrant, signGrant } from '@astranet/ticket'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AstraNet, generateSecret, type Socket } from '../src/index.js'
import type { LinkMaker } from '../src/links/link-maker.js'
import { DIRECT } from '../src/links/link-path.js'
import type { LinkRecord } from '../src/links/link-record.js'
import { admittedIdentity } from '../src/links/remote-identity.js'
import { TunnelWay } from '../src/links/ways/tunnel-way.js'
import { IncomingTunnels } from '../src/listen/incoming-tunnels.js'
import { Member } from './member.js'
import { rawLink } from './raw-link.js'
import { until } from './support.js'

const { crypto: primitives } = nodeCrypto
const secret = generateSecret()

/** A router, and a server with the secret behind it that echoes on port 7. Both listen, and both may grant. */
let router: AstraNet
let server: AstraNet
let psk: Uint8Array
let [routerAddress, serverAddress] = ['', '']

beforeAll(async () => {
  psk = await derivePsk(secret)
  router = new AstraNet({ role: 'router', secret })
  server = new AstraNet({ secret })
  routerAddress = (await router.listenAndServe('tcp4', '127.0.0.1:0')).address
  serverAddress = (await server.listenAndServe('tcp4', '127.0.0.1:0')).address
  await server.join('tcp4', routerAddress)
  const listener = await server.bind('', 'echo:7')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
})

afterAll(() => Promise.all([router.close(), server.close()]))

/** What a node that has come in by a grant of `granter` presents. */
async function grantOf(granter: AstraNet): Promise<LinkGrant & { keyId: Uint8Array }> {
  const { grant } = parseTicket(await granter.ticket({ grant: { roles: ['guest'], uses: 100 } }))
  if (grant === undefined) throw new Error('the ticket has no grant')
  const { id } = await readGrant(grant.bytes)
  return { id, psk: grant.psk, bytes: grant.bytes, keyId: await grantKeyId(primitives, grant.bytes) }
}

/** A grant that nobody but its maker believes. */
function forgedGrant(by: Identity, { id = generateGrantId(), lifeMs = 60_000 } = {}): Promise<Uint8Array> {
  return signGrant(by, { id, roles: ['admin'], uses: 100, expiresAt: Date.now() + lifeMs })
}

function idOf({ idBytes }: Member): NodeId {
  return nodeIdFromBytes(idBytes)
}

interface Opened {
  readonly stream: Stream
  readonly initialBytes: Uint8Array | undefined
  readonly pair: PairFacts | undefined
}

/** Asks `link` for a tunnel; rejects with the refusal. */
function openTunnel(
  link: Link,
  path: readonly NodeId[],
  position: number,
  pair?: PairFacts,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    link.dial(
      { kind: 'tunnel', path, position, pair },
      {
        onAccepted: (dial, stream, initialBytes) => resolve({ stream, initialBytes, pair: dial.pair }),
        onFailed: (_, error) => reject(error),
      },
    )
  })
}

/** Makes a link in the tunnel; resolves with it when it is open, and rejects with why it ended before. */
function linkIn({ stream, initialBytes }: Opened, identity: Identity, pair: LinkPair): Promise<Link> {
  const duplex = new StreamDuplex(stream, {
    clock: systemClock,
    localAddress: '',
    remoteAddress: '',
    initialBytes,
  })
  return new Promise((resolve, reject) => {
    rawLink(duplex, {
      ...{ role: 'dialer', identity, pair },
      handler: {
        onOpen: resolve,
        onClose: (_, error) => reject(error ?? new Error('it was closed')),
      },
    })
  })
}

function secretOf(source: NodeId, keyId?: Uint8Array): Promise<Uint8Array> {
  return pairPsk(primitives, psk, [
    { nodeId: source, keyId },
    { nodeId: server.nodeId, keyId: undefined },
  ])
}

/** What the server thinks of the node, if there is a link. */
async function socketOf(link: Link): Promise<Socket> {
  const listener = await server.bind('', 'probe:9')
  const accepted = listener.accept()
  link.dial(
    { kind: 'dial', port: 9, sourcePort: 0 },
    { onAccepted: (_, stream) => stream.end(), onFailed: () => undefined },
  )
  const socket = await accepted
  listener.close()
  return socket
}

const REFUSED_SECRET = { code: 'ASTRA_ERR_LINK_AUTHENTICATION' }

describe('a router that knows the secret and vouches falsely', () => {
  test('lets a stranger in as a member like itself, and gives it no roles', async () => {
    await using liar = await Member.join(serverAddress, { psk, roles: ['router'] })
    const stranger = generateIdentitySync()
    const forged = await forgedGrant(stranger)
    const keyId = await grantKeyId(primitives, forged)
    const path = [stranger.nodeId, idOf(liar), server.nodeId]
    const opened = await openTunnel(liar.link, path, 2, { keyId })
    const shared = await secretOf(stranger.nodeId, keyId)
    const link = await linkIn(opened, stranger, {
      ...{ psk: () => Promise.resolve(shared), ownGrant: forged, peerKeyId: undefined },
    })
    const socket = await socketOf(link)
    expect(socket.remoteIdentity).toMatchObject({ nodeId: stranger.nodeId, roles: [] })
    socket.destroy()
    link.destroy()
  })

  test('lets nobody in by a grant that has expired', async () => {
    await using liar = await Member.join(serverAddress, { psk, roles: ['router'] })
    const stranger = generateIdentitySync()
    const ownGrant = await forgedGrant(stranger, { lifeMs: -120_000 })
    const keyId = await grantKeyId(primitives, ownGrant)
    const opened = await openTunnel(liar.link, [stranger.nodeId, idOf(liar), server.nodeId], 2, { keyId })
    const shared = await secretOf(stranger.nodeId, keyId)
    const pair = { psk: () => Promise.resolve(shared), ownGrant, peerKeyId: undefined }
    await expect(linkIn(opened, stranger, pair)).rejects.toThrow(/EXPIRED/)
  })

  test('cannot let anybody in with the id of another node', async () => {
    await using liar = await Member.join(serverAddress, { psk, roles: ['router'] })
    const [victim, stranger] = [generateIdentitySync(), generateIdentitySync()]
    const opened = await openTunnel(liar.link, [victim.nodeId, idOf(liar), server.nodeId], 2)
    const shared = await secretOf(victim.nodeId)
    const pair = { psk: () => Promise.resolve(shared), ownGrant: undefined, peerKeyId: undefined }
    await expect(linkIn(opened, stranger, pair)).rejects.toThrow()
    expect(server.inspect().links.map(({ nodeId }) => nodeId)).not.toContain(stranger.nodeId)
  })
})

describe('a router that came in by a grant', () => {
  test('lets nobody in: what it makes up fails at the first message', async () => {
    const grant = await grantOf(server)
    await using liar = await Member.join(serverAddress, { grant, roles: ['router'] })
    const stranger = generateIdentitySync()
    const madeUp = crypto.getRandomValues(new Uint8Array(32))
    for (const shared of [madeUp, grant.psk]) {
      // A server that has the secret does not take the one that it is given.
      const facts = { psk: shared }
      const opened = await openTunnel(liar.link, [stranger.nodeId, idOf(liar), server.nodeId], 2, facts)
      const pair = { psk: () => Promise.resolve(shared), ownGrant: undefined, peerKeyId: undefined }
      await expect(linkIn(opened, stranger, pair)).rejects.toMatchObject(REFUSED_SECRET)
    }
  })
})

describe('a node that came in by a grant', () => {
  test('does not pass for a member', async () => {
    const grant = await grantOf(router)
    const identity = generateIdentitySync()
    await using holder = await Member.join(routerAddress, { grant, identity })
    // It says nothing of its grant; the router knows better.
    const opened = await openTunnel(holder.link, [identity.nodeId, router.nodeId, server.nodeId], 1)
    const given = opened.pair?.psk as Uint8Array
    expect(given).toHaveLength(32)
    const pair = { psk: () => Promise.resolve(given), ownGrant: undefined, peerKeyId: undefined }
    await expect(linkIn(opened, identity, pair)).rejects.toMatchObject(REFUSED_SECRET)
  })

  test('shows no other grant than its own', async () => {
    const grant = await grantOf(router)
    const { keyId } = grant
    const identity = generateIdentitySync()
    await using holder = await Member.join(routerAddress, { grant, identity })
    const forged = await forgedGrant(identity, { id: grant.id })
    for (const ownGrant of [forged, undefined, grant.bytes]) {
      const path = [identity.nodeId, router.nodeId, server.nodeId]
      const opened = await openTunnel(holder.link, path, 1, { keyId })
      const shared = opened.pair?.psk as Uint8Array
      const made = linkIn(opened, identity, { psk: async () => shared, ownGrant, peerKeyId: undefined })
      if (ownGrant === grant.bytes) (await made).destroy()
      else await expect(made).rejects.toMatchObject({ code: expect.stringMatching(/REFUSED|PROTOCOL/) })
    }
  })

  test('gets no secret of two others, whatever it names', async () => {
    const grant = await grantOf(router)
    const identity = generateIdentitySync()
    await using holder = await Member.join(routerAddress, { grant, identity, roles: ['router'] })
    const other = generateIdentitySync()
    const path = [other.nodeId, identity.nodeId, router.nodeId, server.nodeId]
    const opened = await openTunnel(holder.link, path, 2)
    expect(opened.pair).toBeUndefined()
    opened.stream.destroy()
  })

  test('takes no tunnel for which no router vouches', async () => {
    const network = createServer({ allowHalfOpen: true })
    network.listen(0, '127.0.0.1')
    await once(network, 'listening')
    const { port } = network.address() as { port: number }
    const identity = generateIdentitySync()
    const opened = new Promise<Link>((resolve) => {
      network.once('connection', (socket) => {
        const handler = { onOpen: resolve }
        rawLink(fromNodeDuplex(socket), { role: 'acceptor', identity, psk, handler })
      })
    })
    await using holder = new AstraNet()
    const grant = await grantOf(router)
    const ticket = formatTicket({ addresses: [`tcp4://127.0.0.1:${port}`], grant })
    // The raw router has no registry, which the join waits for.
    const joined = holder.join(ticket, { timeoutMs: 60_000 }).catch(() => undefined)
    const link = await opened
    await until(() => holder.routes().length === 1)
    const path = [generateIdentitySync().nodeId, identity.nodeId, holder.nodeId]
    await expect(openTunnel(link, path, 2)).rejects.toMatchObject({ reason: RefusalReason.FORBIDDEN })
    link.destroy()
    network.close()
    await holder.close()
    await joined
  })
})

describe('a neighbour of a node that came in by a grant', () => {
  const [holder, neighbour, stranger] = [1, 2, 3].map(() => generateIdentitySync()) as [
    Identity,
    Identity,
    Identity,
  ]
  const grant: LinkGrant = {
    id: generateGrantId(),
    psk: new Uint8Array(32).fill(1),
    bytes: new Uint8Array(64),
  }

  /** What the holder keeps of the link to the neighbour. `grantKeyId`: that of the neighbour, where it has one. */
  function recordWith(grantKeyId: Uint8Array | undefined): LinkRecord {
    const remote: RemoteNode = { ...neighbour, security: 'encrypted' }
    const place = { remoteAddress: '', path: DIRECT }
    const identity = admittedIdentity(remote, place, {
      ...{ roles: [], services: undefined },
      ...(grantKeyId === undefined ? {} : { grantKeyId }),
    })
    return { ...place, identity, credentials: { psk: undefined, grant } } as unknown as LinkRecord
  }

  /** Asks the holder for a tunnel; rejects with the refusal. */
  async function asked(path: readonly NodeId[], grantKeyId: Uint8Array | undefined): Promise<void> {
    const forwarder = new Forwarder({
      ...{ self: holder.nodeId, clock: systemClock, isRouter: () => false, linkTo: () => undefined },
      ...{ isRouterAt: () => false, routersTo: () => undefined, isKnown: () => false },
      forwardRefusal: () => undefined,
    })
    const taken = new IncomingTunnels({
      ...{ self: holder.nodeId, clock: systemClock, recordOf: () => recordWith(grantKeyId) },
      maker: () => ({ adopt: () => Promise.reject(new Error('not of interest')) }) as unknown as LinkMaker,
      forwarder: () => forwarder,
      onFailed: () => undefined,
    })
    const [near, far] = duplexPair()
    const onStream: LinkHandler['onStream'] = (link, header, stream, initialBytes) => {
      if (header.kind === 'tunnel') taken.take(neighbour.nodeId, link, { header, stream, initialBytes })
    }
    rawLink(far, { role: 'acceptor', identity: holder, handler: { onStream } })
    const link = await new Promise<Link>((resolve) => {
      rawLink(near, { role: 'dialer', identity: neighbour, handler: { onOpen: resolve } })
    })
    try {
      const madeUp = crypto.getRandomValues(new Uint8Array(32))
      await openTunnel(link, path, path.length - 1, { psk: madeUp })
    } catch (error) {
      expect(forwarder.inspect().refused).toEqual({ FORBIDDEN: 1 })
      throw error
    } finally {
      link.destroy()
    }
  }

  const direct = [neighbour.nodeId, holder.nodeId]
  const through = [stranger.nodeId, neighbour.nodeId, holder.nodeId]
  const keyId = new Uint8Array(16).fill(3)
  const refusal = { reason: RefusalReason.FORBIDDEN }

  test('does not pass for a member with a secret that it made up, nor lets a stranger in', async () => {
    await expect(asked(direct, keyId)).rejects.toMatchObject(refusal)
    await expect(asked(through, keyId)).rejects.toMatchObject(refusal)
  })

  test('vouches for others only where it is a member, and never for itself', async () => {
    await expect(asked(direct, undefined)).rejects.toMatchObject(refusal)
    await asked(through, undefined)
  })

  test.each([true, false])('is asked for tunnels only where it is a member: %j', async (isMember) => {
    let asked = 0
    const link = {
      peer: { roles: ['router'] },
      dial(_: unknown, handler: { onFailed: (dial: unknown, error: Error) => void }) {
        asked += 1
        systemClock.defer(() => handler.onFailed(link, new Error('no')))
        return link
      },
      cancel: () => undefined,
    } as unknown as Link
    const way = new TunnelWay({
      ...{ self: holder.nodeId, clock: systemClock, maker: undefined as unknown as LinkMaker },
      routes: { routeTo: () => undefined } as unknown as RouteTable,
      knowsAll: () => false,
      neighbours: [[neighbour.nodeId, link]],
      linkTo: () => link,
      recordOf: () => recordWith(isMember ? undefined : keyId),
    })
    expect(way.canTry(stranger.nodeId)).toBe(isMember)
    await expect(way.open(stranger.nodeId, new AbortController().signal)).rejects.toThrow()
    expect(asked).toBe(isMember ? 1 : 0)
  })
})
