import { once } from 'node:events'
import { nodeIdFromBytes, systemClock, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { StreamDuplex } from '@astranet/relay'
import { generateIdentitySync, type Identity } from '@astranet/secure'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { Member } from './member.js'
import { rawLink } from './raw-link.js'
import { place, serves } from './router-place.js'
import { failure, textOf, until } from './support.js'

/** Of 30 places of accepted links, those through routers have 15. */
const NARROW = { maxLinks: 32 }

/** A tunnel to the last one of `path`, which the member says it passes on. */
function open({ link, idBytes }: Member, path: readonly NodeId[]): Promise<[Stream, Uint8Array | undefined]> {
  const position = path.indexOf(nodeIdFromBytes(idBytes)) + 1
  return new Promise((resolve, reject) => {
    link.dial(
      { kind: 'tunnel', path, position },
      {
        onAccepted: (_, stream, initialBytes) => resolve([stream, initialBytes]),
        onFailed: (_, error) => reject(error),
      },
    )
  })
}

/** Makes links of new identities through the member, the other nodes of the path behind it, until one is refused. */
async function fill(member: Member, behind: readonly NodeId[]): Promise<{ links: Link[]; error: unknown }> {
  const links: Link[] = []
  for (;;) {
    const identity = generateIdentitySync()
    const path = [identity.nodeId, nodeIdFromBytes(member.idBytes), ...behind]
    try {
      links.push(await linkOf(identity, await open(member, path)))
    } catch (error) {
      return { links, error }
    }
  }
}

function linkOf(identity: Identity, [stream, initialBytes]: [Stream, Uint8Array | undefined]): Promise<Link> {
  const ends = { localAddress: 'tunnel:near', remoteAddress: 'tunnel:far' }
  const duplex = new StreamDuplex(stream, { clock: systemClock, initialBytes, ...ends })
  return new Promise((resolve, reject) =>
    rawLink(duplex, {
      ...{ role: 'dialer', identity },
      handler: { onOpen: resolve, onClose: (_, error) => reject(error as Error) },
    }),
  )
}

const FULL = {
  code: 'ASTRA_ERR_LINK_BUSY',
  message: expect.stringMatching(
    /this node has the most links that others may make to it through routers, 15/,
  ) as unknown,
}

test('a member that makes links of many nodes through a router keeps nobody out', async () => {
  await using net = await place({}, NARROW)
  const { router, server, address } = net
  await using member = await Member.join(address, { roles: ['router'] })
  const { links, error } = await fill(member, [router.nodeId, server.nodeId])
  expect(links).toHaveLength(15)
  expect(error).toMatchObject(FULL)
  await serves(net)
  await until(() => links.some(({ isOpen }) => !isOpen))
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using direct = new AstraNet()
  await direct.join('tcp4', endpoint.address)
})

test('nor does a router that names sources', async () => {
  await using net = await place({}, NARROW)
  const { server, address } = net
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using liar = await Member.join(endpoint.address, { roles: ['router'] })
  const { links, error } = await fill(liar, [server.nodeId])
  expect(links).toHaveLength(15)
  expect(error).toMatchObject(FULL)
  await using client = new AstraNet()
  await client.join('tcp4', address)
  const socket = await client.dial('', `${formatNodeId(server.nodeId)}:7`, { path: 'relay' })
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  await using direct = new AstraNet()
  await direct.join('tcp4', endpoint.address)
})

test('a dial of a node that has no place for a link fails at once: EHOSTUNREACH, and the sentence', async () => {
  await using net = await place({}, { maxLinks: 3 })
  const server = `${formatNodeId(net.server.nodeId)}:7`
  // A direct link would take a place, too.
  await using first = new AstraNet({ holePunching: false })
  await using second = new AstraNet({ holePunching: false })
  for (const client of [first, second]) await client.join('tcp4', net.address)
  const socket = await first.dial('', server)
  const patient = { timeoutMs: 600_000 }
  expect(await failure(second.dial('', server, patient))).toMatchObject({
    code: 'EHOSTUNREACH',
    message: expect.stringMatching(
      /no link could be made: .*the most links that others may make to it through routers, 1/,
    ),
  })
  socket.destroy()
  await once(socket, 'close')
})

test('and so does one of a node that has no place itself', async () => {
  await using net = await place()
  await using client = new AstraNet({ maxLinks: 1 })
  await client.join('tcp4', net.address)
  expect(
    await failure(client.dial('', `${formatNodeId(net.server.nodeId)}:7`, { timeoutMs: 600_000 })),
  ).toMatchObject({
    code: 'EHOSTUNREACH',
    message: expect.stringMatching(/this node has the most links that it may have, 1/),
  })
})
