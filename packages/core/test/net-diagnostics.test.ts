import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listening, onBoth, over, type Notes } from './net-module-support.js'
import { until } from './support.js'

/** The sockets that are published from now on. */
function observe(notes: Notes): { client: Socket[]; accepted: Socket[]; stop: () => void } {
  const sockets: Record<string, Socket[]> = { 'net.client.socket': [], 'net.server.socket': [] }
  const observer = (message: unknown, name: string | symbol): void => {
    const { socket } = message as { socket: Socket }
    notes.add(name, Object.keys(message as object), socket.bytesWritten)
    sockets[String(name)]?.push(socket)
  }
  const stop = (): void => Object.keys(sockets).forEach((name) => unsubscribe(name, observer))
  for (const name of Object.keys(sockets)) subscribe(name, observer)
  onTestFinished(stop)
  const { 'net.client.socket': client = [], 'net.server.socket': accepted = [] } = sockets
  return { client, accepted, stop }
}

test('each socket that connects, and each that is accepted, is published on the channels of net', async () => {
  const { expected, actual } = await onBoth(async (net, notes) => {
    const { server, port } = await listening(net)
    const dialed = net.connect(port, '127.0.0.1')
    notes.add('nobody observes')
    const [unseen] = (await once(server, 'connection')) as [Socket]
    dialed.destroy()
    await over(unseen.resume())
    const { client, accepted, stop } = observe(notes)
    server.on('connection', () => notes.add('handled', accepted.length))
    const socket = net.connect(port, '127.0.0.1')
    notes.add('returned', client[0] === socket)
    const [far] = (await once(server, 'connection')) as [Socket]
    await until(() => accepted.length === 1)
    notes.add('accepted', accepted[0] === far)
    socket.destroy()
    await over(far.resume())
    const refused = net.connect(1, '127.0.0.1').on('error', () => {})
    notes.add('refused', client[1] === refused)
    await over(refused)
    stop()
  })
  expect(actual).toEqual(expected)
})

/** What Node's sockets have besides what is documented. */
interface Undocumented {
  readonly _server: Server | null
  readonly _bytesDispatched: number
}

test('a socket has the server that accepted it, and how many bytes were handed over to be sent', async () => {
  const { expected, actual } = await onBoth(async (net, notes) => {
    const accepted: (Socket & Undocumented)[] = []
    const { server, port } = await listening(net, (far) =>
      accepted.push(far.resume() as Socket & Undocumented),
    )
    const socket = new net.Socket() as Socket & Undocumented
    const note = (what: string): void =>
      notes.add(what, socket._bytesDispatched, socket.bytesWritten, socket._server)
    notes.add((net.Socket.prototype as Socket & Undocumented)._bytesDispatched)
    note('new')
    socket.connect(port, '127.0.0.1')
    const written = new Promise((resolve) => socket.write('early', resolve))
    note('connecting')
    await written
    note('connected')
    socket.cork()
    socket.write('corked')
    note('corked')
    socket.uncork()
    socket.write('more')
    note('written')
    await until(() => accepted.length === 1)
    notes.add('of the server', accepted[0]?._server === server)
    socket.end()
    await over(socket)
    note('closed')
  })
  expect(actual).toEqual(expected)
})
