import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AstraNet, type Listener, type Selector, type Socket } from '../src/index.js'
import { MAX_EARLY_BYTES } from '../src/dial/early-data.js'
import { delayedNodes, ONE_WAY_MS, type DelayedNodes } from './delayed-nodes.js'
import { Member } from './member.js'
import { errorOf, textOf, turns, until } from './support.js'

let nodes: DelayedNodes
beforeAll(async () => {
  nodes = await delayedNodes({ server: ONE_WAY_MS, other: ONE_WAY_MS })
})
afterAll(() => nodes[Symbol.asyncDispose]())

const echo = (listener: Listener): Listener => listener.on('connection', (socket) => socket.pipe(socket))

async function bound(name: string, node: AstraNet = nodes.node('server')): Promise<Listener> {
  const listener = await node.bind('', name, { allowHalfOpen: true })
  await nodes.running(nodes.client.waitFor(name))
  return listener
}

test('connect and a first write cost one round trip to the first byte of the answer', async () => {
  echo(await bound('echo'))
  const socket = nodes.client.connect('', 'echo')
  socket.write('hello')
  const answer = once(socket, 'data')
  expect(await nodes.halfTripsUntil(answer)).toBe(2)
  expect(String((await answer)[0])).toBe('hello')
  // A dial that waits for its socket before it writes takes two.
  const dialed = nodes.client.dial('', 'echo').then((other) => {
    other.write('hello')
    return once(other, 'data').then(() => other.destroy())
  })
  expect(await nodes.halfTripsUntil(dialed)).toBe(4)
  socket.destroy()
})

test('what is written in later turns, in pieces and as text, follows, and so does the end', async () => {
  echo(await bound('pieces'))
  const socket = nodes.client.connect('', 'pieces')
  await turns(2)
  socket.write('a')
  socket.write('büc', 'utf8')
  await turns(2)
  socket.cork()
  socket.write('d')
  await turns(2)
  socket.uncork()
  await turns(2)
  socket.end('e')
  const text = textOf(socket)
  expect(await nodes.halfTripsUntil(text)).toBe(2)
  expect(await text).toBe('abücde')
  expect(socket.bytesWritten).toBe(7)
})

test('at most a first window goes ahead, and the rest follows in order', async () => {
  const listener = await bound('large')
  const sent = Buffer.alloc(60_000, Buffer.from('0123456789abcdef'))
  const socket = nodes.client.connect('', 'large')
  let written = 0
  socket.write(sent.subarray(0, 10_000), () => (written += 1))
  socket.write(sent.subarray(10_000, 50_000), () => (written += 1))
  socket.end(sent.subarray(50_000), () => (written += 1))
  const accepting = listener.accept()
  await nodes.halfTrip()
  const accepted = await accepting
  await turns(5)
  // The server's answer has not arrived: this is what went ahead.
  expect(accepted.bytesRead).toBeGreaterThan(MAX_EARLY_BYTES - 100)
  expect(accepted.bytesRead).toBeLessThanOrEqual(MAX_EARLY_BYTES)
  expect([socket.connecting, socket.bytesWritten, written]).toEqual([true, 60_000, 0])
  const received = textOf(accepted)
  accepted.end()
  socket.resume()
  await nodes.running(received)
  expect(Buffer.from(await received)).toEqual(sent)
  expect([socket.bytesWritten, written]).toEqual([60_000, 3])
})

test('a far side that refuses never shows the bytes, and another one is given all of them', async () => {
  const full = await nodes.node('server').bind('', 'busy:70', { backlog: 1 })
  await nodes.running(nodes.client.waitFor('busy'))
  const first = nodes.client.connect('', 'busy:70')
  await nodes.running(once(first, 'connect'))
  const free = await nodes.node('other').bind('', 'busy:71')
  await nodes.running(nodes.client.waitFor('busy', { count: 2 }))
  const socket = nodes.client.connect('', 'busy', { selector: (instances) => instances[0] })
  socket.write('for one of you')
  const accepting = free.accept()
  const accepted = await nodes.running(accepting)
  expect(String((await nodes.running(once(accepted, 'data')))[0])).toBe('for one of you')
  expect(full.address()).not.toBeNull()
  const waiting = await nodes.running(full.accept())
  expect(waiting.bytesRead).toBe(0)
  for (const each of [first, socket, accepted, waiting]) each.on('error', () => {}).destroy()
  full.close()
  free.close()
})

test('a dial whose link breaks is not repeated when bytes have left, and is when none were written', async () => {
  const listeners = [
    await nodes.node('server').bind('', 'twice:80'),
    await nodes.node('other').bind('', 'twice:81'),
  ]
  const received: string[] = []
  for (const listener of listeners)
    listener.on('connection', (socket: Socket) =>
      socket.on('error', () => {}).on('data', (chunk) => received.push(String(chunk))),
    )
  await nodes.running(nodes.client.waitFor('twice', { count: 2 }))
  const selector: Selector = (instances) =>
    instances.find(({ nodeId }) => nodeId === nodes.node('server').nodeId) ?? instances[0]
  const writing = nodes.client.connect('', 'twice', { selector })
  writing.write('pay once')
  const failed = errorOf(writing)
  const silent = nodes.client.connect('', 'twice', { selector })
  await nodes.halfTrip()
  await until(() => received.length === 1)
  nodes.cut('server')
  await nodes.running(once(silent, 'connect'))
  expect(silent.remoteNode).toBe(nodes.node('other').nodeId)
  expect(await nodes.running(failed)).toMatchObject({ code: 'ECONNRESET' })
  expect(received).toEqual(['pay once'])
  silent.destroy()
})

test('a dial of this node itself takes what was written before', async () => {
  const { client } = nodes
  echo(await client.bind('', 'home'))
  const near = client.connect('', 'home')
  near.end('to myself')
  expect(await nodes.running(textOf(near))).toBe('to myself')
})

test('early bytes of refused dials take no memory and no credit of the link', async () => {
  const limits = { maxReceiveBufferBytes: 131_072 }
  await using server = new AstraNet({ sessionLimits: limits })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await using member = await Member.join(address)
  const header = { kind: 'dial', port: 4_711, sourcePort: 0 } as const
  let refused = 0
  // In all eight times what the server may hold.
  for (let count = 0; count < 64; count++) {
    const dial = member.link.dial(header, {
      onAccepted: () => expect.unreachable(),
      onFailed: (_, { code }) => (refused += code === 'ECONNREFUSED' ? 1 : 0),
    })
    await until(() => dial.stream !== undefined)
    dial.stream?.write(new Uint8Array(MAX_EARLY_BYTES - 100))
  }
  await until(() => refused === 64)
  const last = await new Promise<boolean>((resolve) => {
    member.link.dial(header, { onAccepted: () => resolve(false), onFailed: () => resolve(true) })
  })
  expect([last, member.closed]).toEqual([true, undefined])
})

test('bytes of an application that look like a second acceptance are plain data', async () => {
  const listener = await bound('eager')
  listener.on('connection', (socket) => {
    // The bytes of an acceptance, which are plain bytes of the application by now.
    socket.write(Uint8Array.of(2, 0x91, 0))
    socket.pipe(socket)
  })
  const socket = nodes.client.connect('', 'eager')
  socket.end('x')
  expect(await nodes.running(textOf(socket))).toBe('\x02\ufffd\0x')
})
