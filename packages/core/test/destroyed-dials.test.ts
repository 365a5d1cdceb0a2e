import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { places } from './net-places.js'
import { failure, turns, twoNodes, until } from './support.js'

/** What an accepted socket emits until it is closed. */
function recorded(socket: net.Socket, events: string[]): void {
  socket.on('data', (chunk) => events.push(`data ${String(chunk)}`))
  socket.on('end', () => events.push('end'))
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${String(error.code)}`))
  socket.on('close', (hadError) => events.push(`close ${String(hadError)}`))
}

async function listening(server: net.Server): Promise<number> {
  server.listen(0)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as net.AddressInfo).port
}

test.each(places)(
  'the peer of a socket that is destroyed while it connects sees an end: $name',
  async ({ make }) => {
    const { server, client, host } = await make()
    const events: string[] = []
    let socket: net.Socket | undefined
    const accepting = server.createServer((accepted) => {
      // The answer is on its way, so the client does not know that it is connected.
      expect(socket?.connecting).toBe(true)
      socket?.destroy()
      recorded(accepted, events)
    })
    const port = await listening(accepting)
    socket = client.connect(port, host)
    await until(() => events.some((event) => event.startsWith('close')))
    expect(events).toEqual(['end', 'close false'])
  },
)

/** Within one node, such a dial does not arrive. */
const apart = places.filter(({ name }) => name !== 'one node')

test.each(apart)('so does one that accepts after it was destroyed: $name', async ({ make }) => {
  const { server, client, host } = await make()
  const events: string[] = []
  const port = await listening(server.createServer((accepted) => recorded(accepted, events)))
  const socket = client.connect(port, host)
  setImmediate(() => socket.destroy())
  await until(() => events.some((event) => event.startsWith('close')))
  expect(events).toEqual(['end', 'close false'])
})

test.each(places)(
  'an HTTP server has no client error when a client leaves while it connects: $name',
  async ({ make }) => {
    const { server, client, host } = await make()
    const http = createHttpServer()
    const events: string[] = []
    http.on('clientError', (error: NodeJS.ErrnoException) => events.push(`clientError ${String(error.code)}`))
    let socket: net.Socket | undefined
    const accepting = server.createServer({ allowHalfOpen: true }, (accepted) => {
      socket?.destroy()
      http.emit('connection', accepted)
      accepted.on('close', (hadError) => events.push(`close ${String(hadError)}`))
    })
    const port = await listening(accepting)
    socket = client.connect(port, host)
    await until(() => events.length > 0)
    await turns(5)
    expect(events).toEqual(['close false'])
  },
)

test('the peer of a dial whose signal aborts meanwhile sees what was sent, and an end', async () => {
  const nodes = await twoNodes()
  onTestFinished(() => nodes[Symbol.asyncDispose]())
  const events: string[] = []
  const aborting = new AbortController()
  const listener = await nodes.server.bind('', 'slow')
  listener.on('connection', (accepted) => {
    aborting.abort()
    recorded(accepted as unknown as net.Socket, events)
  })
  expect(await failure(nodes.client.dial('', 'slow', { signal: aborting.signal }))).toMatchObject({
    name: 'AbortError',
  })
  await until(() => events.some((event) => event.startsWith('close')))
  expect(events).toEqual(['end', 'close false'])
})

test('what was sent with a dial arrives although the socket is destroyed before the answer', async () => {
  const nodes = await twoNodes()
  onTestFinished(() => nodes[Symbol.asyncDispose]())
  const events: string[] = []
  const listener = await nodes.server.bind('', 'slow')
  const socket = nodes.client.connect('', 'slow')
  listener.on('connection', (accepted) => {
    socket.destroy()
    recorded(accepted as unknown as net.Socket, events)
  })
  socket.write('early')
  await until(() => events.some((event) => event.startsWith('close')))
  expect(events).toEqual(['data early', 'end', 'close false'])
})
