import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Link } from '@astranet/link'
import { memoryPair } from '@astranet/transport-memory'
import { AstraNet, type NodeId } from '../src/index.js'
import { orderedIdentities } from './identities.js'
import { rawLink } from './raw-link.js'
import { failure, Proxy, textOf, turns, until } from './support.js'

/** Links between the two are drained by the lower one. */
const { lower: identity, higher } = await orderedIdentities()
const { nodeId } = identity

interface Conflict {
  readonly nodeId: NodeId
  readonly isOwn: boolean
  readonly remoteAddresses: readonly string[]
}

let conflicts: Conflict[] = []
let warnings: string[] = []

const onConflict = (message: unknown): void => void conflicts.push(message as Conflict)
const onWarning = (warning: Error & { code?: string }): void => {
  if (warning.code === 'ASTRA_WARN_ID_CONFLICT') warnings.push(warning.message)
}

beforeEach(() => {
  conflicts = []
  warnings = []
  subscribe('astranet:node:conflict', onConflict)
  process.on('warning', onWarning)
})

afterEach(() => {
  unsubscribe('astranet:node:conflict', onConflict)
  process.off('warning', onWarning)
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A link to the node from a neighbour that a test speaks for. */
async function linkOf(node: AstraNet): Promise<Link> {
  const [near, far] = memoryPair()
  const isOpen = deferred()
  const handler = { onOpen: () => isOpen.resolve() }
  const link = rawLink(far, { role: 'either', introduction: { incarnation: 1, life: 1 }, handler })
  void node.attach(near).catch(() => {})
  await isOpen.promise
  return link
}

const own = (): Conflict[] => conflicts.filter(({ isOwn }) => isOwn)

test('two nodes with one id that meet both report it, once, and have no link', async () => {
  await using one = new AstraNet({ identity })
  await using other = new AstraNet({ identity })
  const { address } = await one.listenAndServe('tcp4', '127.0.0.1:0')
  expect(await failure(other.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_CONFLICT' })
  await until(() => conflicts.length === 2 && warnings.length === 2)
  expect(own()).toMatchObject([{ nodeId }, { nodeId }])
  expect(conflicts.some(({ remoteAddresses }) => remoteAddresses[0] === address)).toBe(true)
  expect(await failure(one.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_SELF' })
  expect(await failure(other.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_CONFLICT' })
  await turns(20)
  expect([conflicts.length, warnings.length]).toEqual([2, 2])
  expect([one.routes(), other.routes()]).toEqual([[], []])
})

test('with a secret too, and a node that joins itself is no conflict', async () => {
  const secret = 'correct horse battery staple'
  await using one = new AstraNet({ identity, secret })
  await using other = new AstraNet({ identity, secret })
  const { address } = await one.listenAndServe('tcp4', '127.0.0.1:0')
  expect(await failure(one.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_SELF' })
  expect(conflicts).toEqual([])
  expect(await failure(other.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_CONFLICT' })
  await until(() => own().length === 2)
})

test('two nodes with one id that only meet a common neighbour both report it, and so does the neighbour', async () => {
  await using neighbour = new AstraNet({ identity: higher })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  await using one = new AstraNet({ identity })
  await using other = new AstraNet({ identity })
  await one.join('tcp4', address)
  await other.join('tcp4', address)
  await until(() => conflicts.length === 3 && warnings.length === 3)
  expect(own()).toMatchObject([{ nodeId }, { nodeId }])
  expect(conflicts.find(({ isOwn }) => !isOwn)).toMatchObject({ nodeId, remoteAddresses: [/./, /./] })
  // One of them can be dialed all the while.
  for (const node of [one, other]) {
    const listener = await node.bind('', 'echo')
    listener.on('connection', (socket) => socket.pipe(socket))
  }
  const socket = await neighbour.dial('', 'echo')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  await turns(20)
  expect([conflicts.length, warnings.length]).toEqual([3, 3])
})

test("a neighbour's claim does not silence the conflict that the node then notices itself", async () => {
  await using node = new AstraNet({ identity })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  const link = await linkOf(node)
  link.tellConflict()
  await link.ping()
  await until(() => own().length === 1 && warnings.length === 1)
  await using other = new AstraNet({ identity })
  expect(await failure(other.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_CONFLICT' })
  // The other node's own report is the third.
  await until(() => own().length === 3 && warnings.length === 3)
  link.close()
})

test("nor the claim of another neighbour, but only a few neighbours' claims are passed on", async () => {
  await using node = new AstraNet({ identity })
  const links = await Promise.all(Array.from({ length: 20 }, () => linkOf(node)))
  for (const link of links) link.tellConflict()
  await Promise.all(links.map((link) => link.ping()))
  expect(own()).toHaveLength(8)
  for (const link of links) link.close()
})

test('a node that was started again is no conflict, whether its former link hangs, breaks or closes', async () => {
  await using neighbour = new AstraNet({ identity: higher })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  await using proxy = await Proxy.to(address)
  let former = new AstraNet({ identity })
  let joining = new AbortController()
  await former.join('tcp4', proxy.address, joining)
  for (const end of ['freeze', 'cut', 'close'] as const) {
    // A former node that still runs must not come back, which would be a conflict.
    joining.abort()
    if (end === 'close') void former.close()
    else proxy[end]()
    const node = new AstraNet({ identity })
    await node.join('tcp4', address)
    expect(await neighbour.ping(nodeId)).toBeGreaterThan(0)
    if (end === 'freeze') proxy.cut()
    await former.close()
    await node.close()
    former = new AstraNet({ identity })
    joining = new AbortController()
    await former.join('tcp4', proxy.address, joining)
  }
  await former.close()
  expect([conflicts, warnings]).toEqual([[], []])
})

test('two links of one node are no conflict, whatever its incarnation did between them', async () => {
  await using neighbour = new AstraNet({ identity: higher })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  await using node = new AstraNet({ identity })
  await using first = await Proxy.to(address)
  await using second = await Proxy.to(address)
  await node.join('tcp4', first.address)
  await node.join('tcp4', second.address)
  await Promise.all([node.ping(neighbour.nodeId), neighbour.ping(nodeId)])
  await turns(20)
  expect(conflicts).toEqual([])
})

test('a conflict that a neighbour repeats is reported once', async () => {
  await using node = new AstraNet({ identity })
  const link = await linkOf(node)
  for (let count = 0; count < 100; count++) link.tellConflict()
  await link.ping()
  expect(own()).toMatchObject([{ nodeId }])
  link.close()
})
