import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { formatNodeId, nodeIdsAsText, parseNodeId, type ListenerAddress, type Socket } from '../src/index.js'
import { boundTo, failure, twoNodes } from './support.js'

/** What a program gets that reads the JSON. */
function again(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

test('the address of a listener, and of a served server, is written as JSON, as that of net is', async () => {
  await using nodes = await twoNodes()
  const { server } = nodes
  const tcp = net.createServer().listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  expect(again(tcp.address())).toEqual(tcp.address())
  tcp.close()
  const address = boundTo(await server.bind('web:80'))
  const node = formatNodeId(server.nodeId)
  expect(again(address)).toEqual({ address: address.address, family: 'IPv6', port: 80, node, service: 'web' })
  expect(again({ listening: [address] })).toMatchObject({ listening: [{ node }] })
  // Nothing else changes: the id is a bigint, and there is no other property to be seen.
  expect(Object.keys(address)).toEqual(['address', 'family', 'port', 'node', 'service'])
  expect(structuredClone(address)).toEqual({ ...address, node: server.nodeId })
  const served = await server.serve('pages', () => undefined)
  expect(again(served.address())).toMatchObject({ node, service: 'pages' })
  const shown = served.address() as unknown as ListenerAddress
  expect(shown.node).toBe(server.nodeId)
})

test('sockets and their errors are written as JSON, in every state', async () => {
  await using nodes = await twoNodes()
  const { client, server } = nodes
  const listener = await server.bind('web')
  const waiting = client.net.connect(1, 'nobody')
  expect(again(waiting)).toEqual({ bytesRead: 0, bytesWritten: 0, destroyed: false })
  waiting.destroy()
  const socket = await client.dial('web')
  socket.write('hi')
  const far = await listener.accept()
  const [here, there] = [client.nodeId, server.nodeId].map(formatNodeId)
  expect(again(socket)).toMatchObject({
    remoteNode: there,
    localNode: here,
    bytesWritten: 2,
    destroyed: false,
  })
  expect(again({ sockets: [far] })).toMatchObject({ sockets: [{ remoteNode: here, localNode: there }] })
  const { remoteAddress, remotePort } = socket
  socket.destroy()
  expect(again(socket)).toMatchObject({ remoteNode: there, remoteAddress, remotePort, destroyed: true })
  const module: Socket = client.net.connect('web') as unknown as Socket
  await once(module, 'connect')
  expect(again(module)).toMatchObject({ remoteNode: there })
  module.destroy()
  const error = await failure(client.dial('nobody', { timeoutMs: 0 }))
  expect(again(error)).toMatchObject({ code: 'ENOTFOUND', syscall: 'dial', address: 'nobody' })
})

test('all other data is written with the replacer, which makes texts of node ids', async () => {
  await using nodes = await twoNodes()
  const { client, server } = nodes
  await server.bind('web')
  await client.waitFor('web')
  const written = JSON.stringify([client.services(), client.routes(), client.inspect()], nodeIdsAsText)
  const [services, routes, inspection] = JSON.parse(written) as [
    { nodeId: string }[],
    object[],
    { nodeId: string },
  ]
  expect(services.map(({ nodeId }) => parseNodeId(nodeId))).toEqual([server.nodeId])
  expect(routes).toMatchObject([{ nodeId: formatNodeId(server.nodeId) }])
  expect(parseNodeId(inspection.nodeId)).toBe(client.nodeId)
  expect(() => JSON.stringify(client.services())).toThrow(TypeError)
})
