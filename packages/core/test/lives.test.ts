import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Link } from '@astranet/link'
import { memoryPair } from '@astranet/transport-memory'
import { afterEach, expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions } from '../src/index.js'
import { orderedIdentities } from './identities.js'
import { rawLink } from './raw-link.js'
import { closing, Proxy, SkipClock, textOf, until } from './support.js'

const HOUR_MS = 3_600_000
/** Links between the two are drained by the lower one. */
const { lower: identity, higher } = await orderedIdentities()

/** A node that was started when the clock was ahead of its present time by `offsetMs`. */
function startedAt(offsetMs: number, options: AstraNetOptions = {}): AstraNet {
  const { now } = Date
  Date.now = () => now() + offsetMs
  try {
    return new AstraNet({ identity, ...options })
  } finally {
    Date.now = now
  }
}

/** A neighbour that listens, and whose clock moves only when the test moves it. */
interface Place extends AsyncDisposable {
  readonly neighbour: AstraNet
  readonly clock: SkipClock
  readonly address: string
}

async function neighbourhood(): Promise<Place> {
  const clock = new SkipClock()
  const neighbour = new AstraNet({ identity: higher, clock })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  return { neighbour, clock, address, [Symbol.asyncDispose]: () => closing(clock, neighbour) }
}

const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

/** A process with a node of that identity which was started in an hour, offers `former` and has joined `address`. */
async function formerProcess(address: string): Promise<ChildProcess> {
  const file = (path: string): string => new URL(path, import.meta.url).href
  const program = `
    const { AstraNet, importIdentity } = await import('${file('../src/index.ts')}')
    const identity = await importIdentity(${JSON.stringify(await identity.export())})
    const { now } = Date
    Date.now = () => now() + ${HOUR_MS}
    const node = new AstraNet({ identity })
    await node.bind('', 'former')
    await node.join('tcp4', '${address}')
    console.log('joined')`
  const loader = file('../../../tooling/test-support/typescript-loader.mjs')
  const args = ['--conditions=@astranet/source', '--import', loader, '--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  await once(createInterface(child.stdout), 'line')
  return child
}

/**
 * The node joins and offers something, and the neighbour, by whose clock `ms` pass from the new link on, dials it. The
 * machine may be as slow as it likes.
 */
async function comesAgain(node: AstraNet, { neighbour, clock, address }: Place, ms: number): Promise<void> {
  const listener = await node.bind('', 'again')
  listener.on('connection', (socket) => socket.pipe(socket))
  const joined = node.join('tcp4', address)
  await until(() => node.routes().length === 1)
  await clock.advance(ms)
  const socket = await neighbour.dial('', 'again')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  expect(await joined).toBe(neighbour.nodeId)
}

async function dialedBack(node: AstraNet, neighbour: AstraNet): Promise<void> {
  const listener = await neighbour.bind('', 'back')
  listener.on('connection', (socket) => socket.pipe(socket))
  const socket = await node.dial('', 'back')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
}

test('a node that comes again with its clock an hour back is dialed within 2 s: its former process was stopped', async () => {
  await using place = await neighbourhood()
  const { neighbour, address } = place
  const former = await formerProcess(address)
  await until(() => neighbour.services().length === 1)
  former.kill('SIGSTOP')
  await using node = startedAt(0)
  await comesAgain(node, place, 1_500)
  await dialedBack(node, neighbour)
  expect(neighbour.services().map(({ name }) => name)).toEqual(['again', 'back'])
}, 60_000)

test('a restarted node whose clock is an hour back is dialed within 2 s, although its former link broke silently', async () => {
  await using place = await neighbourhood()
  const { neighbour, address } = place
  await using proxy = await Proxy.to(address)
  const former = startedAt(HOUR_MS)
  await former.bind('', 'former')
  await former.join('tcp4', proxy.address)
  await until(() => neighbour.services().length === 1)
  proxy.freeze()
  await using node = startedAt(0)
  await comesAgain(node, place, 1_500)
  await dialedBack(node, neighbour)
  proxy.cut()
  await former.close()
})

test('a restarted node is dialed within 2 s, although two former links, one with streams, broke silently', async () => {
  await using place = await neighbourhood()
  const { neighbour, address } = place
  await using first = await Proxy.to(address)
  await using second = await Proxy.to(address)
  const former = startedAt(0)
  const service = await former.bind('', 'former')
  service.on('connection', (socket) => socket.on('error', () => {}))
  await former.join('tcp4', first.address)
  for (let count = 0; count < 3; count++) (await neighbour.dial('', 'former')).on('error', () => {})
  await former.join('tcp4', second.address)
  for (const proxy of [first, second]) proxy.freeze()
  await using node = startedAt(0)
  await comesAgain(node, place, 1_500)
  await dialedBack(node, neighbour)
  for (const proxy of [first, second]) proxy.cut()
  await former.close()
})

test('a node that comes again with its clock an hour back is dialed at once when its former link is gone', async () => {
  await using place = await neighbourhood()
  const { neighbour, address } = place
  const former = startedAt(HOUR_MS)
  await former.bind('', 'former')
  await former.join('tcp4', address)
  await until(() => neighbour.services().length === 1)
  await former.close()
  await using node = startedAt(0)
  await comesAgain(node, place, 0)
})

test('links that opened before and after a node had to move on to a later incarnation both carry what it offers', async () => {
  await using neighbour = new AstraNet({ identity: higher })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  await using first = await Proxy.to(address)
  await using second = await Proxy.to(address)
  const former = startedAt(HOUR_MS)
  await former.join('tcp4', address)
  await former.close()
  await until(() => neighbour.routes().length === 0)
  await using node = startedAt(0)
  await node.join('tcp4', first.address)
  await node.bind('', 'one')
  await until(() => neighbour.services().length === 1)
  // Its HELLO has the later number, and the one of the first link has not.
  await node.join('tcp4', second.address)
  for (const proxy of [first, second]) {
    proxy.cut()
    const name = proxy === first ? 'two' : 'three'
    await node.bind('', name)
    await until(() => neighbour.services().some((each) => each.name === name))
    await dialedBack(node, neighbour)
  }
})

/** A neighbour that only records what the node reports about itself. */
async function observed(node: AstraNet): Promise<Link> {
  const [near, far] = memoryPair()
  const link = await new Promise<Link>((resolve) => {
    rawLink(far, { role: 'either', handler: { onOpen: resolve } })
    node.attach(near).catch(() => {})
  })
  return link
}

test('a node that has to take a later incarnation announces it on open links and in each HELLO from then on', async () => {
  await using neighbour = new AstraNet({ identity: higher })
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  const former = startedAt(HOUR_MS)
  await former.join('tcp4', address)
  await former.close()
  await until(() => neighbour.routes().length === 0)
  const before = Date.now()
  await using node = startedAt(0)
  const early = await observed(node)
  const { incarnation: first, life } = early.facts
  // The start's time in ms, and 10 random bits.
  expect([first >= before * 1024, first < (Date.now() + 1) * 1024]).toEqual([true, true])
  await node.join('tcp4', address)
  await until(() => early.facts.incarnation > (before + HOUR_MS / 2) * 1024)
  const late = await observed(node)
  expect(late.facts).toMatchObject({ incarnation: early.facts.incarnation, life })
  expect(early.facts.life).toBe(life)
})
