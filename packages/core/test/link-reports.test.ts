import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { turns, twoNodes, until } from './support.js'

/** What is published on a channel during the test. */
function published(name: string): unknown[] {
  const messages: unknown[] = []
  const onMessage = (message: unknown): void => void messages.push(message)
  subscribe(name, onMessage)
  onTestFinished(() => void unsubscribe(name, onMessage))
  return messages
}

test('a link is reported when it opens, at both ends', async () => {
  const opened = published('astranet:link:opened')
  await using nodes = await twoNodes({ role: 'router' })
  const { server, client } = nodes
  const link = {
    remoteAddress: expect.stringContaining('127.0.0.1:'),
    path: { kind: 'direct', via: [] },
    roles: ['router'],
    security: 'private',
  }
  await until(() => opened.length === 2)
  expect(opened).toContainEqual({ ...link, nodeId: client.nodeId, isDialedHere: false })
  expect(opened).toContainEqual({ ...link, nodeId: server.nodeId, isDialedHere: true })
})

test('a link is reported when it closes, with its bytes, which the node goes on counting', async () => {
  const closed = published('astranet:link:closed')
  const { server, client } = await twoNodes()
  const listener = await server.bind('', 'sink')
  const socket = await client.dial('', 'sink')
  const guest = await listener.accept()
  guest.resume()
  socket.end(Buffer.alloc(1_000_000))
  await until(() => server.inspect().traffic.receivedBytes > 1_000_000)
  const [link] = client.inspect().links
  expect(link?.sentBytes).toBeGreaterThan(1_000_000)
  expect(link?.isDialedHere).toBe(true)
  expect(client.inspect().traffic).toEqual({ sentBytes: link?.sentBytes, receivedBytes: link?.receivedBytes })
  await client.close()
  await until(() => closed.length === 2)
  expect(closed).toContainEqual({
    nodeId: client.nodeId,
    remoteAddress: link?.remoteAddress === '' ? '' : expect.stringContaining('127.0.0.1:'),
    path: { kind: 'direct', via: [] },
    sentBytes: expect.any(Number),
    receivedBytes: server.inspect().traffic.receivedBytes,
    error: undefined,
  })
  expect(server.inspect().links).toEqual([])
  expect(server.inspect().traffic.receivedBytes).toBeGreaterThan(1_000_000)
  await server.close()
})

test('a connection that is no link is not reported as one', async () => {
  const opened = published('astranet:link:opened')
  const closed = published('astranet:link:closed')
  await using server = new AstraNet({ secret: 'a secret of this test' })
  await using stranger = new AstraNet({ secret: 'another secret of it' })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => undefined })
  await expect(stranger.join('tcp4', address)).rejects.toMatchObject({
    code: 'ASTRA_ERR_LINK_AUTHENTICATION',
  })
  await turns(5)
  expect([opened, closed]).toEqual([[], []])
})

test('inspect shows the services of all environments', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'one')
  await server.withEnv('blue').bind('', 'two')
  await until(() => client.inspect().services.length === 2)
  const shown = client.inspect().services.map(({ environment, name }) => `${environment}:${name}`)
  expect(shown.sort()).toEqual([':one', 'blue:two'])
})
