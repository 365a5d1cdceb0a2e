import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { twoNodes } from './two-nodes.js'

/** A proxy: a client asks it by CONNECT for the way to a service that only the proxy's node may dial. */
await using nodes = await twoNodes()
const echo = await nodes.server.bind('', 'echo')
echo.on('connection', (socket) => socket.pipe(socket))

const proxy = createServer()
proxy.on('connect', (incoming, socket, head) => {
  const upstream = nodes.server.httpConnect('', incoming.url ?? '')
  upstream.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
  })
  upstream.once('error', () => socket.destroy())
  socket.once('error', () => upstream.destroy())
})
await nodes.server.serve('proxy', proxy)

const call = request({ agent: nodes.client.httpAgent(), host: 'proxy', method: 'CONNECT', path: 'echo:80' })
call.end()
const [response, socket] = (await once(call, 'connect')) as [IncomingMessage, Socket]
socket.end('there and back')
let text = ''
for await (const chunk of socket) text += String(chunk)
console.log(response.statusCode, text)

// Upgrade, to a protocol of one's own.
const upgraded = createServer()
upgraded.on('upgrade', (_, connection) => {
  connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
  connection.pipe(connection)
})
await nodes.server.serve('upgraded', upgraded)
const headers = { Connection: 'Upgrade', Upgrade: 'echo' }
const upgrade = request({ agent: nodes.client.httpAgent(), host: 'upgraded', headers })
upgrade.end()
const [switched, own] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket]
own.end('and again')
text = ''
for await (const chunk of own) text += String(chunk)
console.log(switched.statusCode, text)
