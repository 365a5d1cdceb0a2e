import { expect, test } from 'vitest'
import { textOf, twoNodes } from './support.js'

test('10,000 sockets are open at once, and each gets its own bytes back', async () => {
  const count = 10_000
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'echo')
  let open = 0
  listener.on('connection', (socket) => {
    open += 1
    socket.on('close', () => (open -= 1))
    socket.pipe(socket)
  })
  const sockets = await Promise.all(Array.from({ length: count }, () => client.dial('', 'echo')))
  expect(new Set(sockets.map((socket) => socket.localPort)).size).toBe(count)
  for (const [index, socket] of sockets.entries()) socket.write(`${index}:${'x'.repeat(index % 100)};`)
  expect(open).toBe(count)
  const ports = sockets.map((socket) => socket.localPort)
  for (const socket of sockets) socket.end(String(socket.localPort))
  const texts = await Promise.all(sockets.map((socket) => textOf(socket)))
  for (const [index, text] of texts.entries()) {
    expect(text).toBe(`${index}:${'x'.repeat(index % 100)};${ports[index]}`)
  }
  expect(listener.waiting).toBe(0)
})

test('10,000 sockets that wait to be accepted are all served', async () => {
  const count = 10_000
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'late')
  const sockets = await Promise.all(Array.from({ length: count }, () => client.dial('', 'late')))
  expect(listener.waiting).toBe(count)
  listener.on('connection', (socket) => socket.end(String(socket.remotePort)))
  for (const socket of sockets) {
    const { localPort } = socket
    expect(await textOf(socket)).toBe(String(localPort))
  }
})
