import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { twoNodes } from './two-nodes.js'

/** Two programs that speak TCP and know nothing of AstraNet. */
await using nodes = await twoNodes()
const server = createServer((socket) => socket.end('hello from TCP'))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

// On the server's machine: the name leads to the local port.
await using published = await nodes.server.publish('greeter', `tcp://127.0.0.1:${port}`)
// On the client's machine: the local port leads to the name.
await using forward = await nodes.client.forward('127.0.0.1:0', 'greeter')

const socket = connect(Number(forward.local.split(':')[1]), '127.0.0.1')
let text = ''
for await (const chunk of socket) text += String(chunk)
console.log(text, `(${published.inspect().accepted} connection)`)

// Both proxies reset what is open when they close, so the last connection ends first.
await new Promise((resolve) => server.close(resolve))
