import type { Connection } from '@astranet/interface'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, generateIdentity, type Transport } from '../src/index.js'
import { rawLink } from './raw-link.js'
import {
  closing,
  Proxy,
  readToEnd,
  SkipClock,
  textOf,
  turns,
  twoNodes,
  unreliable,
  until,
} from './support.js'

/** A transport that counts the dials. */
function counting(transport: Transport): Transport & { dials: number } {
  return {
    networks: transport.networks,
    dials: 0,
    dial(network, address, options) {
      this.dials += 1
      return transport.dial(network, address, options)
    },
    listen: (network, address, options) => transport.listen(network, address, options),
  }
}

test('four joins between two nodes end with one TCP connection, and streams on the others end in peace', async () => {
  const clock = new SkipClock()
  // Nothing but the program's own bytes takes real time here, so no peer may seem dead for being slower than the clock.
  const options = { clock, sessionLimits: { keepAliveIntervalMs: 0 } }
  const [a, b] = [new AstraNet(options), new AstraNet(options)]
  const atA = await a.listenAndServe('tcp4', '127.0.0.1:0')
  const atB = await b.listenAndServe('tcp4', '127.0.0.1:0')
  await using toA = await Proxy.to(atA.address)
  await using toB = await Proxy.to(atB.address)
  const [near, far] = [await a.bind('', 'near'), await b.bind('', 'far')]
  far.on('connection', (socket) => socket.pipe(socket))
  near.on('connection', (socket) => socket.pipe(socket))
  await a.join('tcp4', toB.address)
  const early = await a.dial('', 'far')
  await Promise.all([b.join('tcp4', toA.address), b.join('tcp4', toA.address), a.join('tcp4', toB.address)])
  // Behind as many pings as there are links, both have settled on one.
  for (let count = 0; count < 4; count++) await Promise.all([a.ping(b.nodeId), b.ping(a.nodeId)])
  await clock.advance(15_000)
  early.end('still here')
  expect(await readToEnd(early)).toBe('still here')
  await until(() => toA.open + toB.open === 1)
  const made = [toA.connections, toB.connections]
  await clock.advance(120_000)
  expect([toA.connections, toB.connections]).toEqual(made)
  expect(a.routes().length + b.routes().length).toBe(2)
  for (const [node, name] of [
    [a, 'far'],
    [b, 'near'],
  ] as const) {
    const socket = await node.dial('', name)
    socket.end('hello')
    expect(await textOf(socket)).toBe('hello')
  }
  await Promise.all([closing(clock, a), closing(clock, b)])
})

test('a second join of an address shares the link that the first one keeps', async () => {
  const transport = counting(memory())
  await using server = new AstraNet({ transports: [transport] })
  await using client = new AstraNet({ transports: [transport] })
  await server.listenAndServe('memory', 'server')
  const controller = new AbortController()
  await client.join('memory', 'server', { signal: controller.signal })
  expect(await client.join('memory', 'server')).toBe(server.nodeId)
  controller.abort()
  expect(transport.dials).toBe(1)
  expect(client.routes()).toHaveLength(1)
})

test('a join goes on when the one whose link it shared has ended', async () => {
  const clock = new SkipClock()
  const transport = unreliable(memory({ clock }))
  const server = new AstraNet({ clock, transports: [transport] })
  const client = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'server')
  const controller = new AbortController()
  await client.join('memory', 'server', { signal: controller.signal })
  await client.join('memory', 'server')
  controller.abort()
  transport.cut()
  await until(() => client.routes().length === 0)
  await clock.advance(30_000)
  expect(client.routes()).toHaveLength(1)
  await Promise.all([closing(clock, client), closing(clock, server)])
})

test('a node that takes links and drops them is dialed ever more rarely', async () => {
  const clock = new SkipClock()
  const plain = memory({ clock })
  let isDropping = false
  const accepted: Connection[] = []
  const dropping: Transport = {
    networks: plain.networks,
    dial: (network, address, options) => plain.dial(network, address, options),
    listen: (network, address, options) =>
      plain.listen(network, address, {
        ...options,
        onConnection(connection) {
          accepted.push(connection)
          options.onConnection(connection)
        },
      }),
  }
  const transport = counting(plain)
  const server = new AstraNet({ clock, transports: [dropping] })
  const client = new AstraNet({ clock, transports: [transport] })
  await server.listenAndServe('memory', 'server')
  await client.join('memory', 'server')
  const drop = async (): Promise<void> => {
    while (isDropping) {
      await turns(1)
      if (client.routes().length > 0) for (const each of accepted.splice(0)) each.abort(new Error('not you'))
    }
  }
  isDropping = true
  const dropped = drop()
  await clock.advance(600_000)
  isDropping = false
  await dropped
  // 0.25 s, doubling to 30 s: some 30 dials in ten minutes, twice as many where chance has it.
  expect(transport.dials).toBeLessThan(70)
  await Promise.all([closing(clock, client), closing(clock, server)])
}, 60_000)

test('when join resolves it is known what the other node offers', async () => {
  await using nodes = await twoNodes()
  const { server, endpoint } = nodes
  const listener = await server.bind('', 'early')
  for (let count = 0; count < 20; count++) await server.bind('', `early-${count}`)
  await using late = new AstraNet()
  await late.join('tcp4', endpoint.address)
  expect(late.services()).toHaveLength(21)
  const socket = await late.dial('', 'early', { timeoutMs: 0 })
  await until(() => listener.waiting === 1)
  socket.destroy()
})

test('a join does not wait for ever for a node that does not send what it offers', async () => {
  const clock = new SkipClock()
  const transport = memory({ clock })
  const client = new AstraNet({ clock, transports: [transport] })
  const identity = await generateIdentity()
  await transport.listen('memory', 'silent', {
    onConnection(connection) {
      rawLink(connection, { role: 'acceptor', identity, handler: { onRegistry() {} }, clock })
    },
  })
  let joined: unknown
  void client.join('memory', 'silent').then((found) => (joined = found))
  await turns(50)
  expect([client.routes().length, joined]).toEqual([1, undefined])
  await clock.advance(10_000)
  expect(joined).toBe(identity.nodeId)
  await closing(clock, client)
})
