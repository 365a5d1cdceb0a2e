import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { turns } from './support.js'
import { listening, onBoth, over, type NetScenario } from './net-module-support.js'

const EVENTS = ['listening', 'connection', 'drop', 'close', 'error'] as const

const ignore = (socket: Socket): void => void socket.on('error', () => {}).resume()

const scenarios: Record<string, NetScenario> = {
  async 'the port is there at once'(net, notes) {
    const server = net.createServer()
    notes.follow('server', server, EVENTS)
    notes.add(server.listening, server.address())
    notes.add(server.listen(0, () => notes.add('callback')) === server, server.listening)
    const { address, family, port } = server.address() as AddressInfo
    notes.add(address, family, port > 0 && port <= 65_535, Object.keys(server.address() as object))
    await once(server, 'listening')
    notes.add(server.close(() => notes.add('closed')) === server, server.listening, server.address())
    await over(server)
  },
  async 'all forms of listen'(net, notes) {
    const forms: ((server: ReturnType<typeof net.createServer>) => unknown)[] = [
      (server) => server.listen(),
      (server) => server.listen(0),
      (server) => server.listen('0' as never),
      (server) => server.listen(0, 10),
      (server) => server.listen(0, '127.0.0.1'),
      (server) => server.listen(0, '127.0.0.1', 10),
      (server) => server.listen({ port: 0 }),
      (server) => server.listen({ port: undefined } as never),
      (server) => server.listen({ port: null } as never),
      (server) => server.listen({ port: 0, host: '127.0.0.1', exclusive: true, backlog: 5 }),
      (server) => server.listen({ port: 0, ipv6Only: false }),
    ]
    for (const listen of forms) {
      const server = net.createServer()
      listen(server)
      await once(server, 'listening')
      const { address, family } = server.address() as AddressInfo
      notes.add(address, family)
      server.close()
      await over(server)
    }
  },
  async 'a port that is taken'(net, notes) {
    const { server, port } = await listening(net)
    const other = net.createServer()
    notes.follow('other', other, EVENTS)
    other.listen(port, '127.0.0.1')
    await once(other, 'error')
    notes.add(other.listening)
    server.close()
    await over(server)
    other.listen(port, '127.0.0.1')
    await once(other, 'listening')
    other.close()
    await over(other)
  },
  async 'an address of nobody here'(net, notes) {
    const server = net.createServer().listen(1, '198.51.100.1')
    notes.follow('server', server, EVENTS)
    await once(server, 'error')
  },
  async 'closed before it listens, twice, and never'(net, notes) {
    const server = net.createServer()
    notes.follow('server', server, EVENTS)
    server.listen(0).close((error) => notes.add('first', error))
    server.close((error) => notes.add('second', error))
    await turns(5)
    net.createServer().close((error) => notes.add('never', error))
    await turns(5)
  },
  async 'close waits for the last connection'(net, notes) {
    const accepted: Socket[] = []
    const { server, port } = await listening(net, (socket) => void accepted.push(socket.resume()))
    const sockets = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')]
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    while (accepted.length < 2) await turns(1)
    notes.follow('server', server, EVENTS)
    server.getConnections((error, count) => notes.add('open', error, count))
    server.close((error) => notes.add('closed', error))
    await turns(5)
    sockets[0]?.destroy()
    await turns(20)
    notes.add('one is left')
    sockets[1]?.destroy()
    await over(server)
    server.getConnections((error, count) => notes.add('open', error, count))
    await turns(1)
  },
  async 'maxConnections drops'(net, notes) {
    const { server, port } = await listening(net, ignore)
    server.maxConnections = 1
    server.on('drop', (data) =>
      notes.add('drop', data?.localAddress, data?.remoteFamily, typeof data?.remotePort),
    )
    const first = net.connect(port, '127.0.0.1')
    await once(first, 'connect')
    await turns(5)
    const second = net.connect(port, '127.0.0.1').on('error', () => {})
    second.resume()
    await over(second)
    server.getConnections((error, count) => notes.add('open', error, count))
    await turns(1)
    first.destroy()
    await over(first)
    const openCount = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
    while ((await openCount()) > 0) await turns(1)
    const third = net.connect(port, '127.0.0.1')
    await Promise.all([once(third, 'connect'), once(server, 'connection')])
    notes.add('third')
    third.destroy()
    await over(third)
  },
  async pauseOnConnect(net, notes) {
    const accepted: Socket[] = []
    const { port } = await listening(net, (socket) => void accepted.push(socket), { pauseOnConnect: true })
    const dialed = net.connect(port, '127.0.0.1')
    dialed.end('hello')
    while (accepted.length === 0) await turns(1)
    await turns(20)
    const [socket] = accepted as [Socket]
    notes.add(socket.isPaused(), socket.bytesRead)
    notes.follow('socket', socket, ['data', 'end', 'close'])
    socket.resume()
    dialed.resume()
    await over(socket)
  },
  async allowHalfOpen(net, notes) {
    const { port } = await listening(
      net,
      (socket) => {
        socket.resume().on('end', () => setImmediate(() => socket.end('answer')))
        notes.add(socket.allowHalfOpen)
      },
      { allowHalfOpen: true },
    )
    const dialed = net.connect(port, '127.0.0.1')
    notes.follow('dialed', dialed, ['data', 'end', 'close'])
    dialed.end('question')
    await over(dialed)
  },
  async 'a signal'(net, notes) {
    for (const isBefore of [true, false]) {
      const controller = new AbortController()
      if (isBefore) controller.abort()
      const server = net.createServer().listen({ port: 0, signal: controller.signal })
      notes.follow('server', server, EVENTS)
      if (!isBefore) {
        await once(server, 'listening')
        controller.abort()
      }
      await over(server)
    }
  },
  async 'an accepted socket knows its server'(net, notes) {
    const { server, port } = await listening(net, ignore)
    const dialed = net.connect(port, '127.0.0.1')
    const [socket] = (await once(server, 'connection')) as [Socket & { server: unknown }]
    notes.add(
      socket.server === server,
      (dialed as never as { server: unknown }).server,
      socket instanceof net.Socket,
    )
    notes.add(socket.localAddress, socket.localFamily, socket.localPort === port, socket.remoteAddress)
    dialed.destroy()
    await over(dialed)
  },
  async disposed(net, notes) {
    const { server } = await listening(net)
    notes.follow('server', server, EVENTS)
    await server[Symbol.asyncDispose]()
    notes.add(server.listening)
    await server[Symbol.asyncDispose]()
  },
  async captureRejections(net, notes) {
    const server = new net.Server({ captureRejections: true } as never)
    const own = Object.assign(server, {})
    notes.add(own === server, server.maxConnections, server.listening)
  },
}

describe('a server of net is as over the real net', () => {
  test.each(Object.entries(scenarios))('%s', async (_, scenario) => {
    const { expected, actual } = await onBoth(scenario)
    expect(actual).toEqual(expected)
  })
})

test('a client listens on nothing', async () => {
  await using node = new AstraNet().client()
  const server = node.net.createServer()
  server.listen(80, 'web')
  expect(await once(server, 'error')).toMatchObject([{ code: 'EOPNOTSUPP', syscall: 'listen' }])
  expect([server.listening, node.services()]).toEqual([false, []])
})
