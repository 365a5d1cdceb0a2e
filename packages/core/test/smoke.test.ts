import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'

test('a name bound on one node is dialed on another', async () => {
  await using a = new AstraNet()
  await using b = new AstraNet()
  const endpoint = await a.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await a.bind('', 'echo')
  listener.on('connection', (socket) => socket.pipe(socket))
  await b.join('tcp4', endpoint.address)
  const socket = await b.dial('', 'echo')
  socket.end('hello')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  expect(text).toBe('hello')
})
