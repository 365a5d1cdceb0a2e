import { CloseCode, type Link } from '@astranet/link'
import { memory, memoryPair } from '@astranet/transport-memory'
import type { Identity } from '@astranet/secure'
import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { orderedIdentities } from './identities.js'
import { rawLink } from './raw-link.js'
import { failure, readToEnd, textOf, until } from './support.js'

const { lower, higher } = await orderedIdentities()

/** A peer's link to the node as the peer knows it, once it is open. */
interface PeersLink {
  readonly link: Link
  closed: { readonly error: Error | undefined } | undefined
}

/** A link that a peer dials to the node. */
async function dialLink(node: AstraNet, identity: Identity): Promise<PeersLink> {
  const [near, far] = memoryPair()
  const attached = node.attach(near)
  return await new Promise((resolve, reject) => {
    const opened: PeersLink = {
      closed: undefined,
      link: rawLink(far, {
        role: 'dialer',
        identity,
        introduction: { incarnation: 1, life: 1 },
        handler: {
          onOpen: () => resolve(opened),
          onClose: (_, error) => (opened.closed = { error }),
        },
      }),
    }
    attached.catch(reject)
  })
}

test.each([
  ['lower', lower, higher],
  ['higher', higher, lower],
])('a peer that opens 50 links has two: the node with the %s id', async (_, identity, peer) => {
  await using node = new AstraNet({ identity })
  const links: PeersLink[] = []
  for (let count = 0; count < 50; count++) {
    links.push(await dialLink(node, peer))
    await until(() => links.filter(({ closed }) => closed === undefined).length <= 2)
  }
  const ended = links.filter(({ closed }) => closed !== undefined)
  expect(ended).toHaveLength(48)
  for (const { closed } of ended)
    expect(closed?.error).toMatchObject({
      code: 'ASTRA_ERR_LINK_DUPLICATE',
      message: expect.stringMatching(/there are 3 links/),
    })
  expect(node.routes()).toHaveLength(1)
  expect(await node.ping(peer.nodeId)).toBeGreaterThan(0)
  for (const { link } of links) link.destroy()
})

test.each([
  ['lower', lower, higher],
  ['higher', higher, lower],
])(
  'a third link does not cost a stream that is open on another one: the node with the %s id',
  async (_, identity, peer) => {
    await using node = new AstraNet({ identity })
    await using other = new AstraNet({ identity: peer })
    const attach = async (): Promise<void> => {
      const [near, far] = memoryPair()
      await Promise.all([node.attach(near), other.attach(far)])
    }
    const listener = await other.bind('', 'echo')
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
    await attach()
    const early = await node.dial('', 'echo')
    for (let count = 0; count < 10; count++) await attach()
    early.end('still here')
    expect(await readToEnd(early)).toBe('still here')
  },
)

test('one link more than maxLinks is refused, dialed or accepted, with a sentence, until another has ended', async () => {
  const transports = [memory()]
  await using node = new AstraNet({ transports, maxLinks: 3 })
  await node.listenAndServe('memory', 'node', { onError() {} })
  await using first = new AstraNet({ transports })
  await using second = new AstraNet({ transports })
  await using third = new AstraNet({ transports })
  await using own = new AstraNet({ transports })
  await own.listenAndServe('memory', 'own', { onError() {} })
  await third.listenAndServe('memory', 'third', { onError() {} })
  await first.join('memory', 'node')
  await second.join('memory', 'node')
  expect((await failure(third.join('memory', 'node'))).message).toMatch(
    /this node has the most links that others may make to it, 2$/,
  )
  // Others leave a place for what this node dials.
  await node.join('memory', 'own')
  const refusal = await failure(third.join('memory', 'node'))
  expect(refusal).toMatchObject({
    name: 'LinkError',
    code: 'ASTRA_ERR_LINK_BUSY',
    closeCode: CloseCode.BUSY,
  })
  expect(refusal.message).toMatch(/this node has the most links that it may have, 3$/)
  expect(await failure(node.join('memory', 'third'))).toMatchObject({ code: 'ASTRA_ERR_LINK_BUSY' })
  await first.close()
  await until(() => node.routes().length === 2)
  await third.join('memory', 'node')
  const listener = await node.bind('', 'hello')
  listener.on('connection', (socket) => socket.on('error', () => {}).end('hello'))
  expect(await textOf(await third.dial('', 'hello'))).toBe('hello')
})

test('a restarted peer comes back to a node that is full, and beside it nobody else', async () => {
  await using node = new AstraNet({ maxLinks: 1 })
  const stale = await dialLink(node, higher)
  const again = await dialLink(node, higher)
  for (const identity of [higher, lower])
    expect(await failure(dialLink(node, identity))).toMatchObject({ code: 'ASTRA_ERR_LINK_BUSY' })
  stale.link.destroy()
  await until(() => stale.closed !== undefined)
  // The place of the former link is that of the new one now.
  expect(await failure(dialLink(node, lower))).toMatchObject({ code: 'ASTRA_ERR_LINK_BUSY' })
  expect(await node.ping(higher.nodeId)).toBeGreaterThan(0)
  again.link.destroy()
  await until(() => node.routes().length === 0)
  const other = await dialLink(node, lower)
  other.link.destroy()
})

test('one host begins as many handshakes in a second as doorway allows, and is told', async () => {
  await using node = new AstraNet({ doorway: { handshakesPerSecond: 1 } })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => {} })
  const peers = Array.from({ length: 8 }, () => new AstraNet())
  const joins = await Promise.allSettled(peers.map((peer) => peer.join('tcp4', address)))
  const codes = joins.map((join) =>
    join.status === 'rejected' ? (join.reason as { code?: string }).code : 'ok',
  )
  expect(codes).toContain('ok')
  expect(codes).toContain('ASTRA_ERR_LINK_BUSY')
  expect(codes.every((code) => code === 'ok' || code === 'ASTRA_ERR_LINK_BUSY')).toBe(true)
  await Promise.all(peers.map((peer) => peer.close()))
})

test('a wrong option of admission is named', () => {
  for (const maxLinks of [0, 1.5, 2 ** 21, Number.NaN])
    expect(() => new AstraNet({ maxLinks })).toThrow(
      /^The value of "options\.maxLinks" is out of range\. It must be (an integer|>= 1 && <= 1048576)/,
    )
  expect(() => new AstraNet({ maxLinks: '5' as never })).toThrow(
    /^The "options\.maxLinks" property must be of type number/,
  )
  expect(() => new AstraNet({ encryption: 'never' as never })).toThrow(
    /'options\.encryption' must be one of: 'auto', 'always'/,
  )
  expect(() => new AstraNet({ granters: 'me' as never })).toThrow(
    /"options\.granters" property must be an instance of Array/,
  )
  expect(() => new AstraNet({ granters: [new Uint8Array(31)] })).toThrow(/"options\.granters\[0\]"/)
})
