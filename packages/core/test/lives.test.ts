import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { AstraNet, toNodeId, type AstraNetOptions } from '../src/index.js'
import { Proxy, textOf, until } from './support.js'

const HOUR_MS = 3_600_000
const nodeId = toNodeId(77n)

/** A node that was started when the clock said so much more than it does now. */
function startedAt(offsetMs: number, options: AstraNetOptions = {}): AstraNet {
  const { now } = Date
  Date.now = () => now() + offsetMs
  try {
    return new AstraNet({ nodeId, ...options })
  } finally {
    Date.now = now
  }
}

const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

/** A process with a node of that id which was started in an hour, offers `former` and has joined `address`. */
async function formerProcess(address: string): Promise<ChildProcess> {
  const file = (path: string): string => new URL(path, import.meta.url).href
  const program = `
    const { AstraNet } = await import('${file('../src/index.ts')}')
    const { now } = Date
    Date.now = () => now() + ${HOUR_MS}
    const node = new AstraNet({ nodeId: ${nodeId}n })
    await node.bind('', 'former')
    await node.join('tcp4', '${address}')
    console.log('joined')`
  const loader = file('./typescript-loader.mjs')
  const args = ['--conditions=@astranet/source', '--import', loader, '--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  await once(createInterface(child.stdout), 'line')
  return child
}

/** Binds an echo at the node, joins, and dials it from the neighbour. Returns how long the two took, in ms. */
async function timeToBeDialed(node: AstraNet, neighbour: AstraNet, address: string): Promise<number> {
  const listener = await node.bind('', 'again')
  listener.on('connection', (socket) => socket.pipe(socket))
  const start = performance.now()
  await node.join('tcp4', address)
  const socket = await neighbour.dial('', 'again')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  return performance.now() - start
}

async function dialedBack(node: AstraNet, neighbour: AstraNet): Promise<void> {
  const listener = await neighbour.bind('', 'back')
  listener.on('connection', (socket) => socket.pipe(socket))
  const socket = await node.dial('', 'back')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
}

test('a node that comes again with its clock an hour back is dialed within 2 s: its former process was stopped', async () => {
  await using neighbour = new AstraNet()
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  const former = await formerProcess(address)
  await until(() => neighbour.services().length === 1)
  former.kill('SIGSTOP')
  await using node = startedAt(0)
  expect(await timeToBeDialed(node, neighbour, address)).toBeLessThan(2_000)
  await dialedBack(node, neighbour)
  expect(neighbour.services().map(({ name }) => name)).toEqual(['again', 'back'])
}, 60_000)

test('a node that comes again with its clock an hour back is dialed within 2 s: nobody said that its former link broke', async () => {
  await using neighbour = new AstraNet()
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  await using proxy = await Proxy.to(address)
  const former = startedAt(HOUR_MS)
  await former.bind('', 'former')
  await former.join('tcp4', proxy.address)
  await until(() => neighbour.services().length === 1)
  proxy.freeze()
  await using node = startedAt(0)
  expect(await timeToBeDialed(node, neighbour, address)).toBeLessThan(2_000)
  await dialedBack(node, neighbour)
  proxy.cut()
  await former.close()
})

test('a node that comes again with its clock an hour back is dialed at once when its former link is gone', async () => {
  await using neighbour = new AstraNet()
  const { address } = await neighbour.listenAndServe('tcp4', '127.0.0.1:0')
  const former = startedAt(HOUR_MS)
  await former.bind('', 'former')
  await former.join('tcp4', address)
  await until(() => neighbour.services().length === 1)
  await former.close()
  await using node = startedAt(0)
  expect(await timeToBeDialed(node, neighbour, address)).toBeLessThan(500)
})

test('links that opened before and after a node had to move on to a later incarnation both carry what it offers', async () => {
  await using neighbour = new AstraNet()
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
