import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import { createServer } from 'node:http'
import { twoNodes } from './two-nodes.js'

await using nodes = await twoNodes()
const http = createServer()
const sockets = new WebSocketServer({ server: http })
sockets.on('connection', (socket, request) => {
  socket.on('message', (data) => socket.send(`${request.url}: ${String(data as Buffer)}`))
})
await nodes.server.serve('chat', http)

// The client of ws takes an agent.
const agent = nodes.client.httpAgent()
const socket = new WebSocket('ws://chat/room', { agent })
await once(socket, 'open')
socket.send('hello from ws')
const [answer] = (await once(socket, 'message')) as [Buffer]
console.log(String(answer))
socket.close()
await once(socket, 'close')

// The WebSocket that browsers have.
const standard = nodes.client.webSocket('ws://chat/lobby')
standard.addEventListener('open', () => standard.send('hello from a WebSocket'))
const message = await new Promise<unknown>((resolve) => {
  standard.addEventListener('message', ({ data }) => resolve(data), { once: true })
})
console.log(message)
standard.close()
sockets.close()
